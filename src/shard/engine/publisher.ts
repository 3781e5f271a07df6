import { utf8Bytes } from "../../domain/canonical.ts";
import { resendPause } from "../../domain/log/backoff.ts";
import type { Message } from "../../domain/log/events.ts";
import { RESEND_AFTER_MS, TRACE_BYTES_MAX, TRACES_MAX } from "../../domain/log/limits.ts";
import { logLine, reason } from "../../log-line.ts";
import type { Log } from "./log.ts";
import type { Replication } from "./replicator.ts";
import type { Sql } from "./sql.ts";

/** Quotes and comma. */
const JSON_STRING_OVERHEAD_BYTES = 3;

/** Rows were sent again and the catalog's cursor has not moved since. */
interface Standstill {
	resends: number;
	resend_at: number;
	/** When they were first sent again; null where the release before this one wrote it down. */
	since: number | null;
	/** The furthest cursor that was read: a replica that is behind others says an older one. Null where none could be read. */
	applied: number | null;
}

/** What the alarm has found. */
interface Look {
	/** The catalog's cursor, or null where it could not be read. */
	applied: number | null;
	/** Rows after this one were written by this very alarm, and are being sent. */
	before: number;
	now: number;
}

/** The sender's half of the protocol of docs/replication.md: go-back-N with a cumulative acknowledgement, the catalog's cursor. */
export class Publisher {
	readonly #sql: Sql;
	readonly #log: Log;
	readonly #send: (message: Message) => Promise<unknown>;
	/** Last row sent since this object was loaded. Only a cache: what was lost on the way is found by the alarm. */
	#sent: number;
	#sending: Promise<void> | null = null;
	readonly #settings: Pick<Replication, "sendIntervalMs" | "clock" | "draw">;
	/** Rows that need no message of their own wait for the next one, or for the alarm. */
	#isHolding = false;
	/** When the last message was sent, by this machine's clock. */
	#sentAt = 0;
	/** Which request wrote a row that has not been sent; for log lines only, so what is lost with the memory does no harm. */
	readonly #requests = new Map<number, string>();
	#standstill: Standstill | null;

	constructor(
		sql: Sql,
		log: Log,
		send: (message: Message) => Promise<unknown>,
		settings: Pick<Replication, "sendIntervalMs" | "clock" | "draw">,
	) {
		this.#sql = sql;
		this.#log = log;
		this.#send = send;
		this.#settings = settings;
		this.#sent = log.headSeq();
		this.#standstill = sql.one("SELECT resends, resend_at, since, applied FROM publisher");
	}

	/** Remembers which request wrote the rows after `after`, until they are sent. */
	trace(after: number, request_id: string): void {
		if (this.#requests.size >= TRACES_MAX) this.#requests.clear();
		for (let seq = this.#log.headSeq(); seq > after && this.#requests.size < TRACES_MAX; seq--) {
			this.#requests.set(seq, request_id);
		}
	}

	/** The message with the requests that wrote its rows, as many as there is room for. */
	#traced(message: Message): Message {
		const request_ids: string[] = [];
		let bytes = 0;
		for (let seq = message.first; seq <= message.last; seq++) {
			const id = this.#requests.get(seq);
			if (id === undefined || request_ids.includes(id)) continue;
			bytes += utf8Bytes(id) + JSON_STRING_OVERHEAD_BYTES;
			if (bytes > TRACE_BYTES_MAX) break;
			request_ids.push(id);
		}
		return request_ids.length === 0 ? message : { ...message, request_ids };
	}

	/**
	 * Sends the rows that have not been sent: at once, or where a message has just been sent, a moment after it. What is written
	 * until then goes with them. Never rejects.
	 */
	publish(): Promise<void> {
		this.#sending ??= this.#sendAll().finally(() => {
			this.#sending = null;
		});
		return this.#sending;
	}

	async #sendAll(): Promise<void> {
		this.#isHolding = false;
		try {
			while (this.#sent < this.#log.headSeq()) {
				await this.#pause();
				const from = this.#sent;
				const next = this.#log.message(from);
				if (!next) return;
				this.#sentAt = this.#settings.clock();
				await this.#send(this.#traced(next));
				// Where the alarm has gone back to the catalog's cursor meanwhile, what follows that comes next.
				if (this.#sent === from) this.#sent = next.last;
				for (let seq = next.first; seq <= next.last; seq++) this.#requests.delete(seq);
				this.#log.sent(next.last);
			}
		} catch (error) {
			logLine("warn", { at: "publisher", failed: reason(error), sent: this.#sent });
		}
	}

	/** Until the interval after the last message is over; no longer, whatever the clock says. */
	async #pause(): Promise<void> {
		const { sendIntervalMs, clock } = this.#settings;
		const since = clock() - this.#sentAt;
		if (since < 0 || since >= sendIntervalMs) return;
		await new Promise((resolve) => setTimeout(resolve, sendIntervalMs - since));
	}

	/** Has the rows that were written now wait. */
	hold(): void {
		this.#isHolding = true;
	}

	/** The last row before those that wait; null where none do. What was held before the object was loaded again is sent as what was lost is. */
	heldAfter(): number | null {
		return this.#isHolding ? this.#sent : null;
	}

	/** When the alarm should look after a row that was written now; one who is there does not wait out a long pause. */
	dueAfter(now: number): number {
		return Math.min(this.#standstill?.resend_at ?? Infinity, now + RESEND_AFTER_MS);
	}

	/**
	 * The alarm's part: compares the log with the catalog's cursor, sends again what is overdue, and says when to look
	 * again, null if all is applied. The cursor may be of a replica, and so an older one.
	 */
	review({ applied, before, now }: Look): number | null {
		if (applied !== null) {
			if (applied >= this.#log.headSeq()) {
				this.#forget();
				return null;
			}
			// Where it has moved, messages arrive, and there is nothing to back off from.
			if (applied > (this.#standstill?.applied ?? applied)) this.#forget();
			if (!this.#standstill) {
				// What the clock has booked bears the time at which it was due, which may be long ago.
				const sent_at = applied >= before ? now : (this.#log.row(applied + 1)?.at ?? 0);
				if (sent_at + RESEND_AFTER_MS > now) return sent_at + RESEND_AFTER_MS;
			}
		}
		// The clock of the credits or the sweep may wake it before its time: that resend neither counts nor puts off the next.
		const standstill =
			this.#standstill && now < this.#standstill.resend_at ? this.#standstill : this.#backOff(applied, now);
		if (applied !== null) {
			this.#sent = applied;
			// Not waited for: while a shard is written to all the time, it may go on for long, and no alarm comes meanwhile.
			void this.publish();
		}
		return standstill.resend_at;
	}

	#backOff(applied: number | null, now: number): Standstill {
		const last = this.#standstill;
		const since = last?.since ?? now;
		const standstill: Standstill = {
			resends: (last?.resends ?? 0) + 1,
			resend_at: now + resendPause(now - since, this.#settings.draw()),
			since,
			applied: furthest(applied, last?.applied ?? null),
		};
		this.#sql.run(
			"INSERT OR REPLACE INTO publisher (one, resends, resend_at, since, applied) VALUES (1, ?, ?, ?, ?)",
			standstill.resends,
			standstill.resend_at,
			standstill.since,
			standstill.applied,
		);
		this.#standstill = standstill;
		return standstill;
	}

	#forget(): void {
		if (!this.#standstill) return;
		this.#standstill = null;
		this.#sql.run("DELETE FROM publisher");
	}
}

const furthest = (one: number | null, other: number | null): number | null =>
	one === null || other === null ? (one ?? other) : Math.max(one, other);
