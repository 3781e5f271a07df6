import { utf8Bytes } from "../domain/canonical.ts";
import type { Message } from "../domain/events.ts";
import { RESEND_AFTER_MS, RESEND_BACKOFF_MS_MAX, TRACE_BYTES_MAX, TRACES_MAX } from "../domain/limits.ts";
import type { Log } from "./log.ts";
import type { Sql } from "./sql.ts";

/** Quotes and comma. */
const JSON_STRING_OVERHEAD_BYTES = 3;

interface Backoff {
	resends: number;
	resend_at: number;
}

/** The sender's half of the protocol of docs/replication.md: go-back-N with a cumulative acknowledgement, the catalog's cursor. */
export class Publisher {
	readonly #sql: Sql;
	readonly #log: Log;
	readonly #send: (message: Message) => Promise<unknown>;
	/** Last row sent since this object was loaded. Only a cache: what was lost on the way is found by the alarm. */
	#sent: number;
	#sending: Promise<void> | null = null;
	readonly #interval_ms: number;
	/** When the last message was sent, by this machine's clock. */
	#sentAt = 0;
	/** Which request wrote a row that has not been sent; for log lines only, so what is lost with the memory does no harm. */
	readonly #requests = new Map<number, string>();
	#backoff: Backoff | null;
	/** The cursor that was read last: if it has moved since, messages arrive, and there is nothing to back off from. */
	#applied: number | null = null;

	constructor(sql: Sql, log: Log, send: (message: Message) => Promise<unknown>, interval_ms: number) {
		this.#sql = sql;
		this.#log = log;
		this.#send = send;
		this.#interval_ms = interval_ms;
		this.#sent = log.headSeq();
		this.#backoff = sql.one("SELECT resends, resend_at FROM publisher");
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
		try {
			while (this.#sent < this.#log.headSeq()) {
				await this.#pause();
				const from = this.#sent;
				const next = this.#log.message(from);
				if (!next) return;
				this.#sentAt = Date.now();
				await this.#send(this.#traced(next));
				// Where the alarm has gone back to the catalog's cursor meanwhile, what follows that comes next.
				if (this.#sent === from) this.#sent = next.last;
				for (let seq = next.first; seq <= next.last; seq++) this.#requests.delete(seq);
				this.#log.sent(next.last);
			}
		} catch (error) {
			console.warn(JSON.stringify({ at: "publisher", failed: String(error), sent: this.#sent }));
		}
	}

	/** Until the interval after the last message is over; no longer, whatever the clock says. */
	async #pause(): Promise<void> {
		const since = Date.now() - this.#sentAt;
		if (since < 0 || since >= this.#interval_ms) return;
		await new Promise((resolve) => setTimeout(resolve, this.#interval_ms - since));
	}

	/** When the alarm should look after a row that was written now. */
	dueAfter(now: number): number {
		return this.#backoff?.resend_at ?? now + RESEND_AFTER_MS;
	}

	/**
	 * The alarm's part: compares the log with the catalog's cursor, sends again what is overdue, and says when to look
	 * again, null if all is applied.
	 * @param applied the catalog's cursor, or null where it could not be read
	 */
	review(applied: number | null, now: number): number | null {
		if (applied !== null && applied >= this.#log.headSeq()) {
			this.#forget();
			return null;
		}
		if (applied !== null) {
			if (this.#applied !== null && applied > this.#applied) this.#forget();
			this.#applied = applied;
		}
		if (applied !== null && !this.#backoff) {
			const due = (this.#log.row(applied + 1)?.at ?? 0) + RESEND_AFTER_MS;
			if (due > now) return due;
		}
		// The clock of the credits or the sweep may wake it before its time: that resend neither counts nor puts off the next.
		if (!this.#backoff || now >= this.#backoff.resend_at) this.#backoff = this.#laterThan(this.#backoff, now);
		const { resend_at } = this.#backoff;
		if (applied !== null) {
			this.#sent = applied;
			// Not waited for: while a shard is written to all the time, it may go on for long, and no alarm comes meanwhile.
			void this.publish();
		}
		return resend_at;
	}

	#laterThan(last: Backoff | null, now: number): Backoff {
		const resends = (last?.resends ?? 0) + 1;
		const resend_at = now + Math.min(RESEND_AFTER_MS * 2 ** Math.min(resends, 20), RESEND_BACKOFF_MS_MAX);
		this.#sql.run("INSERT OR REPLACE INTO publisher (one, resends, resend_at) VALUES (1, ?, ?)", resends, resend_at);
		return { resends, resend_at };
	}

	#forget(): void {
		if (!this.#backoff) return;
		this.#backoff = null;
		this.#sql.run("DELETE FROM publisher");
	}
}
