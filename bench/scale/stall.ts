import { RESEND_AFTER_MS } from "../../src/domain/log/limits.ts";
import { uniform } from "../lib/load.ts";
import { Agenda } from "./agenda.ts";
import { Database } from "./database.ts";
import type { Rules } from "./rules.ts";

/**
 * What becomes of the system when D1 stands still for a while: shards with their alarms, requests that wait, the queue with
 * its retries and its dead letters, consumers, D1 and its replica, as a discrete-event simulation. Each row is of a shard of its own.
 */
export interface StallSetting {
	events_per_s: number;
	stall_s: number;
	/** How long it is looked at after the stall. */
	after_s: number;
	/** Whether cursors can be read from a replica, which goes on answering while the primary stands still. */
	hasReplica: boolean;
	/** Share of the requests that wait for the catalog, and for how long. */
	waiting_share: number;
	wait_s: number;
	/** In which shards and requests are, at random. */
	isolates: number;
	/** D1's time for a batch of the consumer, for each event in it, and for a query of one row. */
	batch_ms: number;
	event_ms: number;
	read_ms: number;
	round_trip_ms: number;
	/** Messages that a consumer takes at once. */
	batch_max: number;
	/** Queries that may wait at a database. */
	waiting_max: number;
}

/** The same system at a part of its size: as much less comes, and D1 is as much slower. A batch has as many events less, so it takes as long. */
export function partOf(setting: StallSetting, part: number): StallSetting {
	return {
		...setting,
		events_per_s: setting.events_per_s * part,
		isolates: Math.max(1, Math.round(setting.isolates * part)),
		event_ms: setting.event_ms / part,
		read_ms: setting.read_ms / part,
		batch_max: Math.max(1, Math.round(setting.batch_max * part)),
		waiting_max: Math.max(1, Math.round(setting.waiting_max * part)),
	};
}

export interface Stalled {
	/** From the end of the stall until no row has waited for longer than OVERDUE_S any more; null if that was not reached. */
	recovered_s: number | null;
	/** Rows that were not applied when the time was over. */
	waiting: number;
	messages_per_event: number;
	dead_letters: number;
	/** Reads of cursors by alarms and waiting requests for each event: of the primary, and of the replica. */
	primary_reads_per_event: number;
	replica_reads_per_event: number;
	/** Queries that D1 refused, as a share of all. */
	refused_share: number;
	/** Share of D1's time, in the last minute. */
	d1_busy: number;
	/** Requests that waited, and were answered 202: after their wait, and at once. */
	late_share: number;
	at_once_share: number;
}

/** As health sees it: REPLICATION_LAG_S_MAX in wrangler.toml. */
export const OVERDUE_S = 60;
/** Before the stall; and how long all must be well after it until nobody looks any further. */
const CALM_S = 30;
const CALM_MS = 120_000;
/** At the end, of which it is said how busy D1 is. */
const BUSY_S = 60;
/** Of wrangler.toml. */
const BATCH_WAIT_MS = 1_000;
const CONSUMERS = 4;
const DEAD_WAIT_MS = 5_000;
/** How long a query may wait at D1, and how far a replica is behind. Assumptions. */
const WAIT_MS_MAX = 10_000;
const REPLICA_BEHIND_MS = 200;
const LOOK_EVERY_MS = 1_000;

export function simulateStall(setting: StallSetting, rules: Rules): Stalled {
	return new Stall(setting, rules).run();
}

/** A row of a log that is a shard of its own. */
interface Row {
	at: number;
	applied: number;
	outlook: ReturnType<Rules["outlook"]>;
	resends: number;
	/** When it was first sent again in vain. */
	still_since: number;
}

interface Message {
	row: Row;
	/** Deliveries so far. */
	attempts: number;
	at: number;
}

class Stall {
	readonly #setting: StallSetting;
	readonly #rules: Rules;
	readonly #draw = uniform(11);
	readonly #agenda = new Agenda();
	readonly #primary: Database;
	readonly #replica: Database;
	readonly #outlooks: ReturnType<Rules["outlook"]>[];
	readonly #stall: { from: number; to: number };
	readonly #end: number;
	readonly #queue: Line<Message>;
	readonly #deadQueue: Line<Message>;
	#consumers = CONSUMERS;
	#deadConsumers = 1;
	readonly #rows: Row[] = [];
	/** Rows before it are applied. */
	#done = 0;
	#overdueAt = 0;
	#messages = 0;
	#deadLetters = 0;
	#reads = { primary: 0, replica: 0 };
	#waits = { all: 0, late: 0, atOnce: 0 };
	#users = 0;

	constructor(setting: StallSetting, rules: Rules) {
		this.#setting = setting;
		this.#rules = rules;
		const from = CALM_S * 1_000;
		this.#stall = { from, to: from + setting.stall_s * 1_000 };
		this.#end = this.#stall.to + setting.after_s * 1_000;
		const limits = { waiting_max: setting.waiting_max, wait_ms_max: WAIT_MS_MAX };
		this.#primary = new Database(this.#agenda, limits, this.#stall);
		const never = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
		this.#replica = setting.hasReplica ? new Database(this.#agenda, limits, never) : this.#primary;
		this.#outlooks = Array.from({ length: setting.isolates }, () => rules.outlook(this.#draw));
		this.#queue = new Line(setting.batch_max);
		this.#deadQueue = new Line(setting.batch_max);
	}

	run(): Stalled {
		this.#agenda.at(this.#gap(), () => this.#write());
		const ends = () =>
			this.#agenda.now >= this.#end || this.#agenda.now >= Math.max(this.#stall.to, this.#overdueAt) + CALM_MS;
		const worked_ms: number[] = [];
		for (let now = 0; !ends(); now += LOOK_EVERY_MS) {
			this.#agenda.runUntil(now);
			this.#look(now);
			worked_ms.push(this.#primary.worked_ms);
		}
		const events = this.#rows.length;
		const isOverdue = this.#overdueAt + 2 * LOOK_EVERY_MS > this.#agenda.now;
		const [busyFrom = 0, busyTo = 0] = [worked_ms.at(-1 - BUSY_S), worked_ms.at(-1)];
		return {
			recovered_s: isOverdue ? null : Math.max(0, this.#overdueAt - this.#stall.to) / 1_000,
			waiting: this.#rows.filter(({ applied }) => applied === Number.POSITIVE_INFINITY).length,
			messages_per_event: this.#messages / events,
			dead_letters: this.#deadLetters,
			primary_reads_per_event: this.#reads.primary / events,
			replica_reads_per_event: this.#reads.replica / events,
			refused_share: this.#primary.refused / this.#primary.queries,
			d1_busy: (busyTo - busyFrom) / (BUSY_S * 1_000),
			late_share: this.#waits.late / this.#waits.all,
			at_once_share: this.#waits.atOnce / this.#waits.all,
		};
	}

	#gap(): number {
		return (-Math.log(1 - this.#draw()) * 1_000) / this.#setting.events_per_s;
	}

	/** Remembers when a row was last seen that has waited for too long. */
	#look(now: number): void {
		let oldest = this.#rows[this.#done];
		while (oldest && oldest.applied < Number.POSITIVE_INFINITY) oldest = this.#rows[++this.#done];
		if (oldest && oldest.at < now - OVERDUE_S * 1_000) this.#overdueAt = now;
	}

	#write(): void {
		const { now } = this.#agenda;
		const outlook = this.#outlooks[Math.floor(this.#draw() * this.#outlooks.length)];
		if (!outlook) throw new Error("no isolate");
		const row: Row = { at: now, applied: Number.POSITIVE_INFINITY, outlook, resends: 0, still_since: 0 };
		this.#rows.push(row);
		this.#send(row);
		this.#agenda.at(now + RESEND_AFTER_MS, () => this.#alarm(row));
		if (this.#draw() < this.#setting.waiting_share) this.#wait(row);
		this.#agenda.at(now + this.#gap(), () => this.#write());
	}

	// The sender

	#alarm(row: Row): void {
		const began = this.#agenda.now;
		this.#readForAlarm(row, (applied) => {
			if (applied === true) return;
			if (row.resends === 0) row.still_since = began;
			row.resends++;
			const pause = this.#rules.resendPause(began - row.still_since, row.resends, this.#draw());
			if (applied === false) this.#send(row);
			this.#agenda.at(Math.max(began + pause, this.#agenda.now), () => this.#alarm(row));
		});
	}

	/** Null where it could not be read. */
	#readForAlarm(row: Row, done: (applied: boolean | null) => void): void {
		this.#read(row, "replica", (near) => {
			if (near === false && this.#rules.alarmAsksPrimary) this.#read(row, "primary", done);
			else done(near);
		});
	}

	#read(row: Row, where: "primary" | "replica", done: (applied: boolean | null) => void): void {
		const { outlook } = row;
		if (!outlook.mayRead(this.#agenda.now)) {
			done(null);
			return;
		}
		const isReplica = where === "replica" && this.#setting.hasReplica;
		this.#reads[isReplica ? "replica" : "primary"]++;
		const asked = this.#agenda.now;
		let isOver = false;
		const over = (applied: boolean | null) => {
			if (isOver) return;
			isOver = true;
			if (applied === null) outlook.failed(this.#agenda.now);
			else outlook.answered(this.#agenda.now - asked, this.#agenda.now);
			done(applied);
		};
		this.#query(isReplica ? this.#replica : this.#primary, this.#setting.read_ms, (ok) => {
			const seen = this.#agenda.now - (isReplica ? REPLICA_BEHIND_MS : 0);
			over(ok ? row.applied <= seen : null);
		});
		const { cursorRead_ms_max } = this.#rules;
		if (cursorRead_ms_max < Number.POSITIVE_INFINITY) {
			this.#agenda.at(this.#agenda.now + cursorRead_ms_max, () => over(null));
		}
	}

	/** There and back. */
	#query(database: Database, work_ms: number, answered: (ok: boolean) => void): void {
		const half = this.#setting.round_trip_ms / 2;
		const back = (ok: boolean) => this.#agenda.at(this.#agenda.now + half, () => answered(ok));
		this.#agenda.at(this.#agenda.now + half, () => database.ask(work_ms, back));
	}

	// Who waits

	#wait(row: Row): void {
		const { outlook } = row;
		const rules = this.#rules;
		const user = String(this.#users++);
		const wait_ms = this.#setting.wait_s * 1_000;
		const deadline = row.at + wait_ms;
		this.#waits.all++;
		if (outlook.isInVain(wait_ms, row.at)) {
			this.#waits.atOnce++;
			return;
		}
		let looks = 0;
		const pause = () => {
			const { now } = this.#agenda;
			if (now >= deadline) {
				this.#waits.late++;
				outlook.late(user, wait_ms, now);
				return;
			}
			this.#agenda.at(Math.min(now + rules.lookPause(looks++, this.#draw()), deadline), look);
		};
		const look = () => {
			this.#read(row, rules.waiterAsksPrimary ? "primary" : "replica", (applied) => {
				if (applied !== true) return pause();
				outlook.reached();
			});
		};
		if (rules.waiterLooksAtOnce) look();
		else pause();
	}

	// The queue and its consumers

	#send(row: Row): void {
		this.#messages++;
		this.#enqueue({ row, attempts: 0, at: 0 });
	}

	#enqueue(message: Message): void {
		message.at = this.#agenda.now;
		this.#queue.push(message);
		this.#agenda.at(this.#agenda.now + BATCH_WAIT_MS, () => this.#deliver());
		this.#deliver();
	}

	#deliver(): void {
		if (this.#consumers === 0) return;
		const batch = this.#queue.take(this.#agenda.now - BATCH_WAIT_MS);
		if (!batch) return;
		this.#consumers--;
		for (const message of batch) message.attempts++;
		const over = (ok: boolean) => {
			if (!ok) for (const message of batch) this.#retry(message);
			this.#consumers++;
			this.#deliver();
		};
		const { batch_ms, event_ms, read_ms } = this.#setting;
		this.#query(this.#primary, read_ms, (ok) => {
			if (!ok) return over(false);
			const rows = new Set(batch.map(({ row }) => row).filter(({ applied }) => applied === Number.POSITIVE_INFINITY));
			if (rows.size === 0) return over(true);
			this.#query(this.#primary, batch_ms + event_ms * rows.size, (committed) => {
				if (committed) for (const row of rows) row.applied = Math.min(row.applied, this.#agenda.now);
				over(committed);
			});
		});
	}

	#retry(message: Message): void {
		if (message.attempts > this.#rules.messageRetries_max) {
			this.#deadLetters++;
			this.#enqueueDead({ ...message, attempts: 0 });
			return;
		}
		const delay_s = this.#rules.messageRetry_s(message.attempts, this.#draw());
		if (delay_s !== null) this.#agenda.at(this.#agenda.now + delay_s * 1_000, () => this.#enqueue(message));
	}

	/** What was given up is written down. */
	#enqueueDead(message: Message): void {
		message.at = this.#agenda.now;
		this.#deadQueue.push(message);
		this.#agenda.at(this.#agenda.now + DEAD_WAIT_MS, () => this.#deliverDead());
		this.#deliverDead();
	}

	#deliverDead(): void {
		if (this.#deadConsumers === 0) return;
		const batch = this.#deadQueue.take(this.#agenda.now - DEAD_WAIT_MS);
		if (!batch) return;
		this.#deadConsumers--;
		const { batch_ms, event_ms } = this.#setting;
		this.#query(this.#primary, batch_ms + event_ms * batch.length, (ok) => {
			this.#deadConsumers++;
			for (const message of ok ? [] : batch) {
				if (++message.attempts > this.#rules.deadRetries_max) continue;
				const delay_s = this.#rules.deadRetry_s(message.attempts, this.#draw());
				this.#agenda.at(this.#agenda.now + delay_s * 1_000, () => this.#enqueueDead(message));
			}
			this.#deliverDead();
		});
	}
}

/** Messages in order, handed out in batches. */
class Line<T extends { at: number }> {
	readonly #batch_max: number;
	#waiting: T[] = [];
	#taken = 0;

	constructor(batch_max: number) {
		this.#batch_max = batch_max;
	}

	push(item: T): void {
		this.#waiting.push(item);
	}

	/** A batch, if there is a full one or if the oldest has been here since before `since`. */
	take(since: number): T[] | null {
		const oldest = this.#waiting[this.#taken];
		const size = Math.min(this.#batch_max, this.#waiting.length - this.#taken);
		if (!oldest || (size < this.#batch_max && oldest.at > since)) return null;
		const batch = this.#waiting.slice(this.#taken, this.#taken + size);
		this.#taken += size;
		if (this.#taken > 10_000) {
			this.#waiting = this.#waiting.slice(this.#taken);
			this.#taken = 0;
		}
		return batch;
	}
}
