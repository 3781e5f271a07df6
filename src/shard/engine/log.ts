import { QUIET_KINDS } from "../../domain/attempts/events.ts";
import { utf8Bytes } from "../../domain/canonical.ts";
import { chainHash, genesisHash, hex, type LogRow } from "../../domain/log/chain.ts";
import type { EventBody, EventKind, Message } from "../../domain/log/events.ts";
import { EVENT_BODY_BYTES_MAX, MESSAGE_EVENTS_MAX } from "../../domain/log/limits.ts";
import { headColumnOf } from "../parts.ts";
import { messageOf, Tail } from "./message.ts";
import type { Sql } from "./sql.ts";

/** Whose shard it is and who acts, as the verified principal says. */
export interface Identity {
	user: string;
	tenant: string;
	actor: string;
}

/** Of a row: the latest one up to it that is an entry of the ledger, and that is a submitted attempt; 0 for none. */
export interface Heads {
	ledger_head: number;
	attempt_head: number;
}

export const NO_HEADS: Heads = { ledger_head: 0, attempt_head: 0 };

/** The heads of row `seq`, which is of this kind, by those of the row before it. */
export function headsAfter({ ledger_head, attempt_head }: Heads, kind: string, seq: number): Heads {
	const heads = { ledger_head, attempt_head };
	const own = headColumnOf(kind);
	if (own) heads[own] = seq;
	return heads;
}

type StoredRow = LogRow & Heads & { hash: ArrayBuffer };

/** A log row with its hash in hex, as the change feed shows it. */
export type FeedRow = LogRow & { hash: string };

interface Owner {
	user_id: string;
	tenant_id: string;
	opened_at: number;
}

interface Head extends Heads {
	seq: number;
	at: number;
	hash: ArrayBuffer | Uint8Array;
}

const COLUMNS = "seq, at, actor, kind, subject, body";
const VERIFICATION_PAGE_ROWS = 100;

/**
 * The shard's log: gapless from 1, hash-chained, append only. Its owner, its last row and the rows to be sent next are also
 * kept in memory, since every command asks for them and nobody else writes them.
 */
export class Log {
	readonly #sql: Sql;
	/** Undefined where they must be read. */
	#owner: Owner | null | undefined;
	#head: Head | null | undefined;
	readonly #tail = new Tail();
	/** The last row that was written since this object was loaded and that is to be sent at once. */
	#urgent = 0;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Must be called after a transaction was undone, and before one looks at what is stored. */
	forgetCache(): void {
		this.#owner = undefined;
		this.#urgent = 0;
		this.#head = undefined;
		this.#tail.clear();
	}

	/** Whether a row after `seq` is to be sent at once. */
	isUrgentAfter(seq: number): boolean {
		return this.#urgent > seq;
	}

	/** The rows up to this one need not be kept to be sent. */
	sent(seq: number): void {
		if (seq >= this.headSeq()) this.#tail.clear();
	}

	owner(): Owner | null {
		if (this.#owner === undefined) this.#owner = this.#sql.one("SELECT user_id, tenant_id, opened_at FROM shard");
		return this.#owner;
	}

	/** The last row, or null of a shard that was never opened. */
	head(): Head | null {
		if (this.#head === undefined) {
			this.#head = this.#sql.one("SELECT seq, at, hash, ledger_head, attempt_head FROM log ORDER BY seq DESC LIMIT 1");
		}
		return this.#head;
	}

	headSeq(): number {
		return this.head()?.seq ?? 0;
	}

	/** The row that the next event of a command will be: the first one of a shard comes after `shard.opened`. */
	nextSeq(): number {
		const head = this.headSeq();
		return head === 0 ? 2 : head + 1;
	}

	/** Never steps back behind the last row, whatever the caller's clock says: the log's times are in order. */
	clock(now: number): number {
		return Math.max(now, this.head()?.at ?? 0);
	}

	/** Appends one event and returns its row. Opens the shard with its first. Call within a transaction. */
	append<K extends EventKind>(who: Identity, at: number, kind: K, subject: string, body: EventBody<K>): number {
		if (!this.owner()) {
			this.#sql.run(
				"INSERT INTO shard (one, user_id, tenant_id, opened_at) VALUES (1, ?, ?, ?)",
				who.user,
				who.tenant,
				at,
			);
			this.#owner = { user_id: who.user, tenant_id: who.tenant, opened_at: at };
			this.#insert(who, at, "shard.opened", who.user, { user: who.user, tenant: who.tenant });
		}
		const seq = this.#insert(who, at, kind, subject, body);
		if (!QUIET_KINDS.includes(kind)) this.#urgent = seq;
		return seq;
	}

	#insert(who: Identity, at: number, kind: string, subject: string, body: object): number {
		const head = this.head();
		const text = JSON.stringify(body);
		const bytes = utf8Bytes(text);
		if (bytes > EVENT_BODY_BYTES_MAX) throw new Error(`${kind} of ${bytes} bytes is too long`);
		const row: LogRow = { seq: (head?.seq ?? 0) + 1, at, actor: who.actor, kind, subject, body: text };
		const hash = chainHash(head ? new Uint8Array(head.hash) : genesisHash(who.user), row);
		const { ledger_head, attempt_head } = headsAfter(head ?? NO_HEADS, kind, row.seq);
		this.#sql.run(
			`INSERT INTO log (${COLUMNS}, hash, ledger_head, attempt_head) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			row.seq,
			row.at,
			row.actor,
			row.kind,
			row.subject,
			row.body,
			hash,
			ledger_head,
			attempt_head,
		);
		this.#head = { seq: row.seq, at: row.at, hash, ledger_head, attempt_head };
		this.#tail.push({ ...row, hash });
		return row.seq;
	}

	row(seq: number): LogRow | null {
		return this.#sql.one(`SELECT ${COLUMNS} FROM log WHERE seq = ?`, seq);
	}

	/** The chain's hash at a row, in hex; empty where there is none. */
	hashAt(seq: number): string {
		const row = this.#sql.one<{ hash: ArrayBuffer }>("SELECT hash FROM log WHERE seq = ?", seq);
		return row ? hex(new Uint8Array(row.hash)) : "";
	}

	/** At most `limit` rows after row `after`, in order. */
	feed(after: number, limit: number): FeedRow[] {
		return [...this.#rows(after, limit)].map(({ ledger_head: _l, attempt_head: _a, ...row }) => ({
			...row,
			hash: hex(new Uint8Array(row.hash)),
		}));
	}

	#rows(after: number, limit: number): Generator<StoredRow> {
		const query = `SELECT ${COLUMNS}, hash, ledger_head, attempt_head FROM log WHERE seq > ? ORDER BY seq LIMIT ?`;
		return this.#sql.each<StoredRow>(query, after, limit);
	}

	/** The next message: the rows after `after`, as many as fit into one. Null if there is none. */
	message(after: number): Message | null {
		const owner = this.owner();
		if (!owner || after >= this.headSeq()) return null;
		// They are read one by one, until the message has as many as it may.
		return messageOf(owner.user_id, this.#tail.after(after) ?? this.#rows(after, MESSAGE_EVENTS_MAX + 1));
	}

	/** The last row that was written by the instant `at`, 0 for none; by bisection, since times never step back. */
	seqAt(at: number): number {
		let before = 0;
		let after = this.headSeq() + 1;
		while (after - before > 1) {
			const middle = Math.floor((before + after) / 2);
			if ((this.row(middle)?.at ?? 0) <= at) before = middle;
			else after = middle;
		}
		return before;
	}

	/** What the column says of the instant `at`, 0 where it says nothing. */
	headAt(column: keyof Heads, at: number): number {
		return this.#sql.one<Heads>(`SELECT ${column} FROM log WHERE seq = ?`, this.seqAt(at))?.[column] ?? 0;
	}

	/** Every row with its hash in hex, in order, read in pages. */
	*everything(): Generator<FeedRow & Heads> {
		for (let seq = 0; ; ) {
			const page = [...this.#rows(seq, VERIFICATION_PAGE_ROWS)];
			for (const row of page) {
				yield { ...row, hash: hex(new Uint8Array(row.hash)) };
				seq = row.seq;
			}
			if (page.length < VERIFICATION_PAGE_ROWS) return;
		}
	}
}
