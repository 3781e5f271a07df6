import { utf8Bytes } from "../domain/canonical.ts";
import { chainHash, genesisHash, hex, type LogRow } from "../domain/chain.ts";
import type { EventBody, EventKind, Message, WireRow } from "../domain/events.ts";
import { isEntryKind, MESSAGE_VERSION } from "../domain/events.ts";
import { EVENT_BODY_BYTES_MAX, MESSAGE_BYTES_MAX, MESSAGE_EVENTS_MAX, TRACE_BYTES_MAX } from "../domain/limits.ts";
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

type StoredRow = LogRow & Heads & { hash: ArrayBuffer };

/** A log row with its hash in hex, as the change feed shows it. */
export type FeedRow = LogRow & { hash: string };

const COLUMNS = "seq, at, actor, kind, subject, body";
/** Of a message, apart from its rows: its envelope, and the requests that wrote the rows. */
const WIRE_OVERHEAD_BYTES = 300 + TRACE_BYTES_MAX;
const VERIFICATION_PAGE_ROWS = 100;

/** The shard's log: gapless from 1, hash-chained, append only. */
export class Log {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	owner(): { user_id: string; tenant_id: string; opened_at: number } | null {
		return this.#sql.one("SELECT user_id, tenant_id, opened_at FROM shard");
	}

	/** The last row, or null of a shard that was never opened. */
	head(): (Heads & { seq: number; at: number; hash: ArrayBuffer }) | null {
		return this.#sql.one("SELECT seq, at, hash, ledger_head, attempt_head FROM log ORDER BY seq DESC LIMIT 1");
	}

	headSeq(): number {
		return this.#sql.one<{ seq: number | null }>("SELECT max(seq) AS seq FROM log")?.seq ?? 0;
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
			this.#sql.run("INSERT INTO shard VALUES (1, ?, ?, ?)", who.user, who.tenant, at);
			this.#insert(who, at, "shard.opened", who.user, { user: who.user, tenant: who.tenant });
		}
		return this.#insert(who, at, kind, subject, body);
	}

	#insert(who: Identity, at: number, kind: string, subject: string, body: object): number {
		const head = this.head();
		const text = JSON.stringify(body);
		if (utf8Bytes(text) > EVENT_BODY_BYTES_MAX) throw new Error(`${kind} of ${text.length} characters is too long`);
		const row: LogRow = { seq: (head?.seq ?? 0) + 1, at, actor: who.actor, kind, subject, body: text };
		const hash = chainHash(head ? new Uint8Array(head.hash) : genesisHash(who.user), row);
		const ledger_head = isEntryKind(kind) ? row.seq : (head?.ledger_head ?? 0);
		const attempt_head = kind === "attempt.submitted" ? row.seq : (head?.attempt_head ?? 0);
		this.#sql.run(
			`INSERT INTO log (${COLUMNS}, hash, ledger_head, attempt_head) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			...[row.seq, row.at, row.actor, row.kind, row.subject, row.body, hash, ledger_head, attempt_head],
		);
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
		const rows: WireRow[] = [];
		let hash = "";
		let bytes = WIRE_OVERHEAD_BYTES;
		for (const { hash: digest, ledger_head: _l, attempt_head: _a, ...row } of this.#rows(after, MESSAGE_EVENTS_MAX)) {
			const wire = { ...row, body: JSON.parse(row.body) };
			bytes += utf8Bytes(JSON.stringify(wire)) + 1;
			if (rows.length > 0 && bytes > MESSAGE_BYTES_MAX) break;
			rows.push(wire);
			hash = hex(new Uint8Array(digest));
		}
		if (!owner || rows.length === 0) return null;
		return { v: MESSAGE_VERSION, shard: owner.user_id, first: after + 1, last: after + rows.length, hash, rows };
	}

	/** The ledger's latest entry up to the instant `at`, 0 if there is none; by bisection, since times never step back. */
	ledgerHeadAt(at: number): number {
		let before = 0;
		let after = this.headSeq() + 1;
		while (after - before > 1) {
			const middle = Math.floor((before + after) / 2);
			if ((this.row(middle)?.at ?? 0) <= at) before = middle;
			else after = middle;
		}
		const query = "SELECT ledger_head FROM log WHERE seq = ?";
		return this.#sql.one<{ ledger_head: number }>(query, before)?.ledger_head ?? 0;
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
