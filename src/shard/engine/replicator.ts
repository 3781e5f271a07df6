import { OPENING_SENT_AFTER_MS } from "../../domain/attempts/limits.ts";
import { ALARM_AHEAD_MS_MIN, ALARM_OVERDUE_MS_MAX, RESEND_AFTER_MS } from "../../domain/log/limits.ts";
import { logLine, reason, stopwatch, word } from "../../log-line.ts";
import type { Anchor } from "../verification/verification.ts";
import type { Log } from "./log.ts";
import type { Publisher } from "./publisher.ts";

/**
 * Reads the catalog's cursor for a user: the last row of the shard's log that the catalog has applied, 0 for none; an older one
 * will do. Null where there is no use in asking just now.
 */
export type ReadCursor = (user: string) => Promise<number | null>;

/** Writes down what failed in a step of the alarm. */
export type Report = (step: string, error: unknown) => void;

/** What a shard must be given to speak to the catalog, and to the log. */
export interface Replication {
	readCursor: ReadCursor;
	/** Between two messages; what is written meanwhile goes together in the next. */
	sendIntervalMs: number;
	/** Of the commands, how many have a log line. */
	successShare: number;
	/** The time of the machine that the shard is on, which its alarms go by. Milliseconds since the epoch. */
	clock: () => number;
	/** A random number from 0 to below 1. */
	draw: () => number;
}

/** What is needed of the object's state. */
export interface AlarmState {
	storage: Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;
	waitUntil(promise: Promise<unknown>): void;
	blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
}

/** Does what the clock has made due, and says when something is due next. Does not throw. */
type Advance = (owner: { user_id: string; tenant_id: string }, now: number, report: Report) => number | null;

/** How a log stands against the catalog's cursor; `chain` is `shorter` if the log ends before it. */
export interface Reconciliation {
	head_seq: number;
	/** Time of the first row that the catalog has not applied, null if there is none. */
	waiting_since: number | null;
	chain: "same" | "different" | "shorter";
	/** Rows wait for longer than the caller's bound; the shard has been told to send them. */
	overdue: boolean;
}

/** Sees to it that the catalog hears of what was committed: the publisher at once, and the one alarm for what was lost. */
export class Replicator {
	readonly #ctx: AlarmState;
	readonly #log: Log;
	readonly #publisher: Publisher;
	readonly #replication: Pick<Replication, "readCursor" | "clock">;
	/** When the alarm is set for; a cache of getAlarm(). */
	#alarmAt: number | null = null;

	constructor(ctx: AlarmState, log: Log, publisher: Publisher, replication: Pick<Replication, "readCursor" | "clock">) {
		this.#ctx = ctx;
		this.#log = log;
		this.#publisher = publisher;
		this.#replication = replication;
		ctx.blockConcurrencyWhile(async () => {
			this.#alarmAt = await ctx.storage.getAlarm();
		});
	}

	/**
	 * Keeps the invariant "if the log is past the catalog's cursor, an alarm is armed". Call it in the same turn as the
	 * command, so that the alarm is in the same commit; then the publisher goes.
	 * @param before the head of the log before the command
	 * @param dueAt when the clock makes something due next, null if nothing
	 */
	committed(before: number, dueAt: number | null, { now, request_id }: { now: number; request_id: string }): void {
		const hasWritten = this.#log.headSeq() > before;
		const mayWait = !this.#log.isUrgentAfter(before);
		const sentAt = mayWait ? now + OPENING_SENT_AFTER_MS : this.#publisher.dueAfter(now);
		const next_at = Math.min(
			hasWritten ? sentAt : Infinity,
			dueAt ?? Infinity,
			// Whatever it was armed for is still to be done.
			this.#isLost() ? this.#replication.clock() : Infinity,
		);
		if (next_at < Infinity) this.#arm(next_at);
		if (!hasWritten) return;
		if (mayWait) this.#publisher.hold();
		else this.#publish(before, request_id);
	}

	#publish(before: number, request_id: string): void {
		this.#publisher.trace(before, request_id);
		this.#ctx.waitUntil(this.#publisher.publish());
	}

	/** One armed alarm serves a burst: it is only ever moved forward. None is set for now, since that may never fire. */
	#arm(at: number): void {
		const next_at = Math.max(at, this.#replication.clock() + ALARM_AHEAD_MS_MIN);
		if (this.#alarmAt !== null && this.#alarmAt <= next_at && !this.#isLost()) return;
		this.#alarmAt = next_at;
		void this.#ctx.storage.setAlarm(next_at);
	}

	/** The platform has not fired the alarm although it was due long ago. */
	#isLost(): boolean {
		return this.#alarmAt !== null && this.#alarmAt <= this.#replication.clock() - ALARM_OVERDUE_MS_MAX;
	}

	/** Makes timely what correctness does not depend on, and sends again what was lost. Never throws, always re-arms. */
	async alarm(advance: Advance): Promise<void> {
		this.#alarmAt = null;
		const owner = this.#log.owner();
		if (!owner) return;
		const now = this.#replication.clock();
		const request_id = crypto.randomUUID();
		const trace = { at: "alarm", request_id: word(request_id), user: word(owner.user_id) } as const;
		const elapsed = stopwatch();
		const report: Report = (step, error) => logLine("error", { ...trace, step: word(step), error: reason(error) });
		const before = this.#publisher.heldAfter() ?? this.#log.headSeq();
		const dueAt = advance(owner, now, report);
		if (this.#log.headSeq() > before) this.#publish(before, request_id);
		const applied = await this.#replication.readCursor(owner.user_id).catch((error) => {
			report("cursor", error);
			return null;
		});
		const lookAgainAt = this.#lookAgainAt(applied, before, report);
		const next_at = Math.min(lookAgainAt ?? Infinity, dueAt ?? Infinity);
		if (next_at < Infinity) this.#arm(next_at);
		const head = this.#log.headSeq();
		// Most alarms find that all is well, and have nothing to say. Infinity is null in JSON: nothing is due.
		if (applied === head && before === head) return;
		logLine("log", { ...trace, before, head, applied, next_at, duration_ms: elapsed() });
	}

	/** Null if all is applied. */
	#lookAgainAt(applied: number | null, before: number, report: Report): number | null {
		// The read may have taken seconds.
		const now = this.#replication.clock();
		try {
			return this.#publisher.review({ applied, before, now });
		} catch (error) {
			report("publisher", error);
			return now + RESEND_AFTER_MS;
		}
	}

	/**
	 * Compares the log with what the catalog has of it, and has the alarm look soon if rows are overdue. What the sweep
	 * calls: the alarm that should be armed may have been lost, whatever the object believes.
	 */
	reconcile(applied: Anchor, overdue_ms: number, now: number): Reconciliation {
		const head_seq = this.#log.headSeq();
		const waiting_since = this.#log.row(applied.seq + 1)?.at ?? null;
		const overdue = waiting_since !== null && waiting_since + overdue_ms <= now;
		if (overdue) {
			this.#alarmAt = null;
			this.#arm(this.#replication.clock());
		}
		return { head_seq, waiting_since, chain: this.#chainAt(applied, head_seq), overdue };
	}

	#chainAt(applied: Anchor, head_seq: number): Reconciliation["chain"] {
		if (applied.seq > head_seq) return "shorter";
		return this.#log.hashAt(applied.seq) === applied.hash ? "same" : "different";
	}
}
