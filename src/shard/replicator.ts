import { RESEND_AFTER_MS } from "../domain/limits.ts";
import type { Log } from "./log.ts";
import type { Publisher } from "./publisher.ts";
import type { Anchor } from "./verification.ts";

/**
 * Reads the catalog's cursor for a user: the last row of the shard's log that the catalog has applied, 0 for none. It may be read
 * where it is cheapest as long as it says that row `head` is applied.
 */
export type ReadCursor = (user: string, head: number) => Promise<number>;

/** Writes down what failed in a step of the alarm. */
export type Report = (step: string, error: unknown) => void;

/** What a shard must be given to speak to the catalog, and to the log. */
export interface Replication {
	readCursor: ReadCursor;
	/** Between two messages; what is written meanwhile goes together in the next. */
	sendIntervalMs: number;
	/** Of the commands, how many have a log line. */
	successShare: number;
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
	readonly #ctx: DurableObjectState;
	readonly #log: Log;
	readonly #publisher: Publisher;
	readonly #readCursor: ReadCursor;
	/** When the alarm is set for; a cache of getAlarm(). */
	#alarmAt: number | null = null;

	constructor(ctx: DurableObjectState, log: Log, publisher: Publisher, readCursor: ReadCursor) {
		this.#ctx = ctx;
		this.#log = log;
		this.#publisher = publisher;
		this.#readCursor = readCursor;
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
		if (this.#log.headSeq() > before) {
			this.#publisher.trace(before, request_id);
			this.#arm(Math.min(this.#publisher.dueAfter(now), dueAt ?? Infinity));
			this.#ctx.waitUntil(this.#publisher.publish());
		} else if (dueAt !== null) this.#arm(dueAt);
	}

	/** One armed alarm serves a burst: it is only ever moved forward. */
	#arm(at: number): void {
		if (this.#alarmAt !== null && this.#alarmAt <= at) return;
		this.#alarmAt = at;
		void this.#ctx.storage.setAlarm(at);
	}

	/** Makes timely what correctness does not depend on, and sends again what was lost. Never throws, always re-arms. */
	async alarm(advance: Advance): Promise<void> {
		this.#alarmAt = null;
		const owner = this.#log.owner();
		if (!owner) return;
		const now = Date.now();
		const trace = { at: "alarm", request_id: crypto.randomUUID(), user: owner.user_id };
		const report: Report = (step, error) => console.error(JSON.stringify({ ...trace, step, error: String(error) }));
		const before = this.#log.headSeq();
		const dueAt = advance(owner, now, report);
		this.#publisher.trace(before, trace.request_id);
		const applied = await this.#readCursor(owner.user_id, this.#log.headSeq()).catch((error) => {
			report("cursor", error);
			return null;
		});
		const lookAgainAt = this.#lookAgainAt(applied, now, report);
		const next_at = Math.min(lookAgainAt ?? Infinity, dueAt ?? Infinity);
		if (next_at < Infinity) this.#arm(next_at);
		const head = this.#log.headSeq();
		// Most alarms find that all is well, and have nothing to say. Infinity is null in JSON: nothing is due.
		if (applied === head && before === head) return;
		console.log(JSON.stringify({ ...trace, before, head, applied, next_at }));
	}

	/** Null if all is applied. */
	#lookAgainAt(applied: number | null, now: number, report: Report): number | null {
		try {
			return this.#publisher.review(applied, now);
		} catch (error) {
			report("publisher", error);
			return now + RESEND_AFTER_MS;
		}
	}

	/**
	 * Compares the log with what the catalog has of it, and has the alarm look at once if rows are overdue. What the sweep
	 * calls: the alarm that should be armed may have been lost.
	 */
	reconcile(applied: Anchor, overdue_ms: number, now: number): Reconciliation {
		const head_seq = this.#log.headSeq();
		const waiting_since = this.#log.row(applied.seq + 1)?.at ?? null;
		const overdue = waiting_since !== null && waiting_since + overdue_ms <= now;
		if (overdue) {
			this.#alarmAt = now;
			void this.#ctx.storage.setAlarm(now);
		}
		return { head_seq, waiting_since, chain: this.#chainAt(applied, head_seq), overdue };
	}

	#chainAt(applied: Anchor, head_seq: number): Reconciliation["chain"] {
		if (applied.seq > head_seq) return "shorter";
		return this.#log.hashAt(applied.seq) === applied.hash ? "same" : "different";
	}
}
