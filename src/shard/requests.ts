import { canonicalJson, type Json, sha256Hex } from "../domain/canonical.ts";
import { IDEMPOTENCY_PERIOD_MS, PURGE_ROWS_MAX } from "../domain/limits.ts";
import { accepted, type Outcome, type Refusal, refused } from "../domain/result.ts";
import type { Sql } from "./sql.ts";

/** The outcome of a command, with the log row that a reader of it must have seen. */
export interface Reply<T> {
	outcome: Outcome<T>;
	seq: number;
	replayed: boolean;
}

/** Values that never change and are stored under an id of theirs: a record of an answer holds the id. */
export interface StoredValue<T> {
	idOf(value: T): string;
	get(id: string): T | null;
}

/** The reply with the id of its value in place of the value. */
export function named<T>(reply: Reply<T>, { idOf }: StoredValue<T>): Reply<unknown> {
	return reply.outcome.ok ? { ...reply, outcome: accepted(idOf(reply.outcome.value)) } : reply;
}

/** The outcome with its value again. Records from before values were named hold them. @throws if it is not stored */
export function restored<T>(outcome: Outcome<T | string>, { get }: StoredValue<T>): Outcome<T> {
	if (!outcome.ok) return outcome;
	const { value } = outcome;
	if (typeof value !== "string") return accepted(value);
	const found = get(value);
	if (found === null) throw new Error(`${value} of an earlier answer is not stored`);
	return accepted(found);
}

type RequestRow = Record<"period" | "seq", number> & Record<"key" | "fingerprint" | "outcome" | "digest", string>;

const COLUMNS = "period, key, fingerprint, seq, outcome, digest";

/** Refusals that say nothing about the shard's state: the same request may succeed once the request, or the quiz, is right. */
const NOT_KEPT: ReadonlySet<Refusal["code"]> = new Set([
	...(["invalid-request", "not-found", "precondition-failed", "rate-limited"] as const),
]);

/** Answers already given, by idempotency key; written in the transaction of their effect. */
export class Requests {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** The earlier answer to the same request; a refusal if the key was used for another one; null if the key is new. */
	find<T>(key: string, operation: string, input: Json, now: number): Reply<T> | null {
		const period = periodOf(now);
		const query = "SELECT fingerprint, seq, outcome FROM requests WHERE period IN (?, ?) AND key = ?";
		const earlier = this.#sql.one<{ fingerprint: string; seq: number; outcome: string }>(
			query,
			period,
			period - 1,
			key,
		);
		if (!earlier) return null;
		if (earlier.fingerprint !== fingerprint(operation, input)) {
			const detail = "This Idempotency-Key was used for another request. Send a new key with a new request.";
			return { outcome: refused({ code: "idempotency-key-reused", detail }), seq: earlier.seq, replayed: false };
		}
		// The text is what keep() stored for the same operation, so it has the operation's type.
		return { outcome: JSON.parse(earlier.outcome) as Outcome<T>, seq: earlier.seq, replayed: true };
	}

	keep(key: string, operation: string, input: Json, reply: Reply<unknown>, now: number): void {
		if (!reply.outcome.ok && NOT_KEPT.has(reply.outcome.refusal.code)) return;
		const row = [periodOf(now), key, fingerprint(operation, input), reply.seq, JSON.stringify(reply.outcome)];
		const query = `INSERT INTO requests (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`;
		this.#sql.run(query, ...row, digestOf(row));
	}

	/** The key of the first record that is not as it was written, if any. */
	firstDamaged(): string | null {
		for (const row of this.#sql.each<RequestRow>(`SELECT ${COLUMNS} FROM requests ORDER BY period, key`)) {
			if (row.digest !== digestOf([row.period, row.key, row.fingerprint, row.seq, row.outcome])) return row.key;
		}
		return null;
	}

	/** Forgets keys that are no longer honoured, a bounded number at a time. */
	purge(now: number): void {
		const stale = "SELECT period, key FROM requests WHERE period < ? ORDER BY period LIMIT ?";
		const query = `DELETE FROM requests WHERE (period, key) IN (${stale})`;
		this.#sql.run(query, periodOf(now) - 1, PURGE_ROWS_MAX);
	}
}

const periodOf = (now: number) => Math.floor(now / IDEMPOTENCY_PERIOD_MS);

const digestOf = (row: (number | string)[]) => sha256Hex(JSON.stringify(row));

const fingerprint = (operation: string, input: Json) => sha256Hex(`${operation} ${canonicalJson(input)}`).slice(0, 32);
