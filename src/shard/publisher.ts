import type { Message } from "../domain/events.ts";
import { RESEND_AFTER_MS, RESEND_BACKOFF_MS_MAX } from "../domain/limits.ts";
import type { Log } from "./log.ts";
import type { Sql } from "./sql.ts";

/** The sender's half of the protocol of docs/architecture.md: go-back-N with a cumulative acknowledgement, the catalog's cursor. */
export class Publisher {
	readonly #sql: Sql;
	readonly #log: Log;
	readonly #send: (message: Message) => Promise<unknown>;
	/** Last row sent since this object was loaded. Only a cache: what was lost on the way is found by the alarm. */
	#sent: number;
	#sending: Promise<void> | null = null;
	#backoff: { resends: number; resend_at: number } | null;

	constructor(sql: Sql, log: Log, send: (message: Message) => Promise<unknown>) {
		this.#sql = sql;
		this.#log = log;
		this.#send = send;
		this.#sent = log.headSeq();
		this.#backoff = sql.one("SELECT resends, resend_at FROM publisher");
	}

	/**
	 * Sends the rows that have not been sent. While one send is under way, later rows wait and go together in the next.
	 * Never rejects.
	 */
	publish(): Promise<void> {
		this.#sending ??= this.#sendAll().finally(() => {
			this.#sending = null;
		});
		return this.#sending;
	}

	async #sendAll(): Promise<void> {
		try {
			for (let next = this.#log.message(this.#sent); next; next = this.#log.message(this.#sent)) {
				await this.#send(next);
				this.#sent = next.last;
			}
		} catch (error) {
			console.warn(JSON.stringify({ at: "publisher", failed: String(error), sent: this.#sent }));
		}
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
	async review(applied: number | null, now: number): Promise<number | null> {
		if (applied !== null && applied >= this.#log.headSeq()) {
			this.#forget();
			return null;
		}
		if (applied !== null && !this.#backoff) {
			const due = (this.#log.row(applied + 1)?.at ?? 0) + RESEND_AFTER_MS;
			if (due > now) return due;
		}
		const resends = (this.#backoff?.resends ?? 0) + 1;
		const resend_at = now + Math.min(RESEND_AFTER_MS * 2 ** Math.min(resends, 20), RESEND_BACKOFF_MS_MAX);
		this.#backoff = { resends, resend_at };
		this.#sql.run("INSERT OR REPLACE INTO publisher (one, resends, resend_at) VALUES (1, ?, ?)", resends, resend_at);
		if (applied !== null) {
			await this.#sending;
			this.#sent = applied;
			await this.publish();
		}
		return resend_at;
	}

	#forget(): void {
		if (!this.#backoff) return;
		this.#backoff = null;
		this.#sql.run("DELETE FROM publisher");
	}
}
