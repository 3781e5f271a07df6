import { sha256Hex } from "../../domain/canonical.ts";
import { IDEMPOTENCY_PERIOD_MS, KEYS_PER_PERIOD_MAX, PURGE_ROWS_MAX } from "../../domain/limits.ts";
import type { Asked } from "../../domain/requests.ts";
import { accepted, type Outcome, type RefusalCode, refused } from "../../domain/result.ts";
import type { Log } from "./log.ts";
import type { Sql } from "./sql.ts";

/** The outcome of a command, with the log row that a reader of it must have seen. */
export interface Reply<T> {
	outcome: Outcome<T>;
	seq: number;
	replayed: boolean;
}

/** How the value of an answer is kept where it stands in the shard anyway: `K` names it. */
export interface Keeping<T, K> {
	shorten(value: T): K;
	/** @param kept what shorten() made of the value; or the value, in records from before it was shortened */
	restore(kept: K | T): T;
}

/** A key, and whose it is: keys of different actors never meet. */
export interface Key {
	actor: string;
	key: string;
	/** The actor is here by a share. */
	visiting: boolean;
}

/** What was answered under a key, and how to keep the answer to a new one. */
export interface Opened<T> {
	earlier: Reply<T> | null;
	keep(reply: Reply<unknown>): void;
}

type RequestRow = Record<"period" | "seq", number> & Record<"key" | "fingerprint" | "outcome" | "digest", string>;
type KeptRow = Pick<RequestRow, "period" | "key" | "fingerprint" | "seq" | "outcome">;
/** The outcome as it is kept. Records of the release before do not say whose they are. */
type KeptOutcome = Outcome<unknown> & { actor?: string };

const COLUMNS = "period, key, fingerprint, seq, outcome, digest";

/**
 * Whether a refusal is kept under its key. Some say nothing about what the request did: the same one may succeed once the
 * request, or the quiz, is right. So whoever is refused on and on, each time under a new key, fills nothing.
 */
const IS_KEPT = {
	"attempt-already-submitted": false,
	"attempt-limit-reached": false,
	"capture-exceeds-hold": true,
	conflict: true,
	"deadline-passed": false,
	forbidden: false,
	unauthenticated: false,
	"hold-already-released": true,
	"hold-already-settled": true,
	"hold-expired": true,
	"idempotency-key-required": false,
	"idempotency-key-reused": true,
	"insufficient-credits": true,
	"invalid-request": false,
	"not-entitled": true,
	"not-found": false,
	"precondition-failed": false,
	"precondition-required": false,
	"quiz-not-open": false,
	"rate-limited": false,
	"share-exhausted": true,
	"share-expired": true,
	"share-revoked": true,
} satisfies Record<RefusalCode, boolean>;

/**
 * Answers already given, by actor and idempotency key; written in the transaction of their effect. A row's `key` is the plain
 * key, so that the release before finds it too, unless another actor's row has that: then it is the actor and the key, with a
 * blank between them, which no key has. A visitor's always is, so that nobody who has a code only takes a plain key.
 */
export class Requests {
	readonly #sql: Sql;
	readonly #log: Pick<Log, "row" | "headSeq">;
	/** How many keys each actor has in the period; null where that must be counted. */
	#counts: { period: number; of: Map<string, number> } | null = null;

	constructor(sql: Sql, log: Pick<Log, "row" | "headSeq">) {
		this.#sql = sql;
		this.#log = log;
	}

	/** Must be called after a transaction was undone. */
	forgetCache(): void {
		this.#counts = null;
	}

	/**
	 * The earlier answer to the same request, or the refusal of a key that was used for another one, or that is one too many.
	 * Call keep() in the same transaction.
	 */
	open<T>(key: Key, asked: Asked, now: number): Opened<T> {
		const period = periodOf(now);
		const full = `${key.actor} ${key.key}`;
		const names = key.visiting ? [full] : [key.key, full];
		const query = `SELECT period, key, fingerprint, seq, outcome FROM requests
			WHERE period IN (?, ?) AND key IN (${names.map(() => "?").join(", ")}) ORDER BY period DESC`;
		const rows = this.#sql.all<KeptRow>(query, period, period - 1, ...names);
		const free = names.find((name) => !rows.some((row) => row.period === period && row.key === name)) ?? full;
		const own = rows.find((row) => this.#isOf(row, key.actor, asked));
		return {
			earlier: own ? replyOf<T>(own, asked) : this.#refused(key.actor, period),
			keep: (reply) => this.#keep(key.actor, [period, free, asked.fingerprint], reply),
		};
	}

	/** A record of the release before is of who wrote the row of the log that it names, if it is of the same request. */
	#isOf({ key, fingerprint, seq, outcome }: KeptRow, actor: string, asked: Asked): boolean {
		const { actor: said }: KeptOutcome = JSON.parse(outcome);
		if (said !== undefined) return said === actor;
		return key.includes(" ") || (isSame(fingerprint, asked) && this.#log.row(seq)?.actor === actor);
	}

	#refused(actor: string, period: number): Reply<never> | null {
		if (this.#count(actor, period) < KEYS_PER_PERIOD_MAX) return null;
		const detail = `At most ${KEYS_PER_PERIOD_MAX} Idempotency-Keys of one actor are kept in a day.`;
		const retry_at = (period + 1) * IDEMPOTENCY_PERIOD_MS;
		const rule = { rule: "idempotency-keys", limit: KEYS_PER_PERIOD_MAX, retry_at };
		return { outcome: refused({ code: "rate-limited", detail, ...rule }), seq: this.#log.headSeq(), replayed: false };
	}

	#count(actor: string, period: number): number {
		if (this.#counts?.period !== period) {
			const query = "SELECT outcome ->> '$.actor' AS actor, count(*) AS n FROM requests WHERE period = ? GROUP BY 1";
			const rows = this.#sql.all<{ actor: string | null; n: number }>(query, period);
			this.#counts = { period, of: new Map(rows.map(({ actor, n }) => [actor ?? "", n])) };
		}
		return this.#counts.of.get(actor) ?? 0;
	}

	#keep(actor: string, [period, name, print]: [number, string, string], { outcome, seq }: Reply<unknown>): void {
		if (!outcome.ok && !IS_KEPT[outcome.refusal.code]) return;
		const kept: KeptOutcome = { actor, ...outcome };
		const row = [period, name, print, seq, JSON.stringify(kept)];
		const count = this.#count(actor, period);
		this.#sql.run(`INSERT INTO requests (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`, ...row, digestOf(row));
		this.#counts?.of.set(actor, count + 1);
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

/** What was answered, or that the key was used for another request. */
function replyOf<T>({ fingerprint, seq, outcome }: KeptRow, asked: Asked): Reply<T> {
	if (!isSame(fingerprint, asked)) {
		const detail = "This Idempotency-Key was used for another request. Send a new key with a new request.";
		return { outcome: refused({ code: "idempotency-key-reused", detail }), seq, replayed: false };
	}
	const { actor: _, ...kept }: KeptOutcome = JSON.parse(outcome);
	// The text is what keep() stored for the same operation, so it has the operation's type.
	return { outcome: kept as Outcome<T>, seq, replayed: true };
}

/** The reply as it is kept. */
export function shortened<T, K>(reply: Reply<T>, keeping: Keeping<T, K> | undefined): Reply<T | K> {
	const { outcome } = reply;
	return keeping && outcome.ok ? { ...reply, outcome: accepted(keeping.shorten(outcome.value)) } : reply;
}

/** The reply with its value again. */
export function restored<T, K>(reply: Reply<T | K>, keeping: Keeping<T, K> | undefined): Reply<T> {
	const { outcome } = reply;
	if (keeping && outcome.ok && reply.replayed) return { ...reply, outcome: accepted(keeping.restore(outcome.value)) };
	// Without a keeping the value is kept as it is.
	return reply as Reply<T>;
}

export const periodOf = (now: number) => Math.floor(now / IDEMPOTENCY_PERIOD_MS);

const digestOf = (row: (number | string)[]) => sha256Hex(JSON.stringify(row));

const isSame = (kept: string, { fingerprint, before }: Asked): boolean => kept === fingerprint || kept === before;
