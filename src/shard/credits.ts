import { sha256Hex } from "../domain/canonical.ts";
import type { HoldStatus } from "../domain/credits.ts";
import { lowBalanceNotice, nextDue } from "../domain/due.ts";
import { bodyOf } from "../domain/events.ts";
import { type Generation, generationStatus, recordAfter } from "../domain/generations.ts";
import { mintId, seqOfId } from "../domain/ids.ts";
import { type Account, book, type Entry, emptyAccount, isClosed, type Lot } from "../domain/ledger.ts";
import { SCAN_ROWS_MAX } from "../domain/limits.ts";
import { type HoldRecord, type HoldRow, recordColumns, recordOf } from "./hold-rows.ts";
import type { Identity, Log } from "./log.ts";
import type { Sql } from "./sql.ts";

interface AccountRow extends Record<string, number | string> {
	last_entry: number;
	lots: string;
	holds: string;
	plan: string;
	terms: string;
	spent: string;
	digest: string;
}

/** Texts of a generation; they stay in the shard's tables. */
export interface Texts {
	prompt?: string | undefined;
	conversation?: string | undefined;
}

/** The SQL of the ledger, and the one place where an entry is booked: log row and state in the same transaction. */
export class Credits {
	readonly #sql: Sql;
	readonly #log: Log;
	/** When the clock alone changes something next; undefined where it must be computed anew. A cache. */
	#nextDueAt: number | null | undefined;

	constructor(sql: Sql, log: Log) {
		this.#sql = sql;
		this.#log = log;
	}

	/** @throws if the row is not as it was written: nothing must act on it */
	account(): Account {
		const row = this.#sql.one<AccountRow>("SELECT * FROM account");
		if (!row) return emptyAccount();
		const { one: _, digest, ...columns } = row;
		if (digest !== sha256Hex(JSON.stringify(Object.values(columns)))) throw new Error("the account's row is damaged");
		const { last_entry, lots, holds, plan, terms, spent, ...totals } = columns;
		// The columns are those of Totals, by the table's definition; the JSON is what #save wrote.
		const read = { lots: JSON.parse(lots), holds: JSON.parse(holds), plan: JSON.parse(plan) };
		const totalsOf = totals as unknown as Account["totals"];
		return { ...read, totals: totalsOf, last_entry, terms: JSON.parse(terms), spent: JSON.parse(spent) };
	}

	/** The account with these lots in it, closed ones too. */
	accountWith(lots: readonly string[]): Account {
		const account = this.account();
		const live = new Set(account.lots.map((lot) => lot.id));
		const closed = lots.filter((id) => !live.has(id)).flatMap((id) => this.closedLot(id) ?? []);
		return { ...account, lots: [...account.lots, ...closed] };
	}

	closedLot(id: string): Lot | null {
		const row = this.#sql.one<{ lot: string }>("SELECT lot FROM closed_lots WHERE seq = ? AND id = ?", seqOfId(id), id);
		return row && JSON.parse(row.lot);
	}

	nextDueAt(): number | null {
		if (this.#nextDueAt === undefined) this.#nextDueAt = nextDue(this.account())?.at ?? null;
		return this.#nextDueAt;
	}

	/** Must be called after a transaction was undone. */
	forgetCache(): void {
		this.#nextDueAt = undefined;
	}

	/** Books everything that is due by `now`, in due order, each at the instant when it was due. */
	advance(user: string, tenant: string, now: number): void {
		const dueAt = this.nextDueAt();
		if (dueAt === null || dueAt > now) return;
		const system = { user, tenant, actor: "system" };
		for (let due = nextDue(this.account()); due && due.at <= now; due = nextDue(this.account())) {
			const id = mintId("lot", this.#log.nextSeq(), crypto.getRandomValues(new Uint8Array(10)));
			// Terms that were set later can make something due in the past; the log's times do not step back.
			this.book(system, this.#log.clock(due.at), due.entry(id));
		}
	}

	/**
	 * Appends the entry to the log and carries it out, and the notice that it may call for.
	 * @returns the account afterwards
	 */
	book(who: Identity, at: number, entry: Entry, texts: Texts = {}): Account {
		const before = this.accountWith(entry.postings.map(([lot]) => lot));
		const after = this.#bookOne(who, at, entry, before, texts);
		const notice = lowBalanceNotice(before, after, who.user);
		return notice ? this.#bookOne(who, at, notice, after, {}) : after;
	}

	#bookOne(who: Identity, at: number, entry: Entry, before: Account, texts: Texts): Account {
		const seq = this.#log.nextSeq();
		const after = book(before, entry, seq, at);
		if (this.#log.append(who, at, entry.kind, entry.subject, bodyOf(entry, before, after)) !== seq) {
			throw new Error("the log moved under an entry");
		}
		this.#save(before, after);
		const record = recordAfter(this.hold(entry.subject), entry, at);
		if (record) this.#saveHold(record, texts);
		return after;
	}

	#save(before: Account, after: Account): void {
		for (const lot of after.lots.filter(isClosed)) {
			const query = "INSERT OR REPLACE INTO closed_lots (seq, id, lot) VALUES (?, ?, ?)";
			this.#sql.run(query, seqOfId(lot.id), lot.id, JSON.stringify(lot));
		}
		const live = after.lots.filter((lot) => !isClosed(lot));
		const wereClosed = new Set(before.lots.filter(isClosed).map((lot) => lot.id));
		for (const { id } of live) {
			if (wereClosed.has(id)) this.#sql.run("DELETE FROM closed_lots WHERE seq = ?", seqOfId(id));
		}
		const { granted, available, held, consumed, expired, voided } = after.totals;
		const columns = [
			...[granted, available, held, consumed, expired, voided, after.last_entry],
			...[live, after.holds, after.plan, after.terms, after.spent].map((value) => JSON.stringify(value)),
		];
		this.#sql.run(
			`INSERT INTO account VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET
			granted = excluded.granted, available = excluded.available, held = excluded.held, consumed = excluded.consumed,
			expired = excluded.expired, voided = excluded.voided, last_entry = excluded.last_entry, lots = excluded.lots,
			holds = excluded.holds, plan = excluded.plan, terms = excluded.terms, spent = excluded.spent,
			digest = excluded.digest`,
			...columns,
			sha256Hex(JSON.stringify(columns)),
		);
		this.#nextDueAt = undefined;
	}

	#saveHold(record: Generation, { prompt, conversation }: Texts): void {
		this.#sql.run(
			`INSERT INTO holds (seq, id, status, amount, settled, refunded, returned, lapsed, shortfall, opened_at, expires_at,
				ended_at, record, prompt, conversation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (seq) DO UPDATE SET status = excluded.status, amount = excluded.amount, settled = excluded.settled,
				refunded = excluded.refunded, returned = excluded.returned, lapsed = excluded.lapsed,
				shortfall = excluded.shortfall, expires_at = excluded.expires_at, ended_at = excluded.ended_at,
				record = excluded.record, conversation = coalesce(excluded.conversation, conversation)`,
			...recordColumns(record),
			...[prompt ?? null, conversation ?? null],
		);
	}

	/** The record without its texts. */
	hold(id: string): Generation | null {
		const query = `SELECT ${WITHOUT_TEXTS} FROM holds WHERE seq = ?`;
		const row = this.#sql.one<HoldRow>(query, seqOfId(id));
		return row?.id === id ? recordOf(row) : null;
	}

	/** The record with its texts, as clients read it. */
	holdView(id: string): HoldRecord | null {
		const row = this.#sql.one<HoldRow>("SELECT * FROM holds WHERE seq = ?", seqOfId(id));
		return row?.id === id ? viewOf(row) : null;
	}

	/** Newest first and without their texts, those before row `before`. Looks at no more than SCAN_ROWS_MAX rows; `next` is null at the end. */
	listHolds(
		status: HoldStatus | undefined,
		before: number,
		limit: number,
	): { items: HoldSummary[]; next: number | null } {
		const query = `SELECT * FROM (SELECT ${WITHOUT_TEXTS} FROM holds WHERE seq < ? ORDER BY seq DESC LIMIT ?)
			WHERE ?3 IS NULL OR status = ?3 LIMIT ?4`;
		const scan = status ? SCAN_ROWS_MAX : limit + 1;
		const rows = this.#sql.all<HoldRow>(query, before, scan, status ?? null, limit + 1);
		const items = rows.slice(0, limit).map((row) => summaryOf(viewOf(row)));
		if (rows.length > limit) return { items, next: rows[limit - 1]?.seq ?? null };
		const oldest = this.#sql.one<{ seq: number }>(
			"SELECT seq FROM holds WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
			...[before, scan - 1],
		);
		return { items, next: oldest?.seq ?? null };
	}
}

function viewOf(row: HoldRow): HoldRecord {
	const { slices, used, ...record } = recordOf(row);
	const shown = (list: Generation["slices"]) => list.map(([lot, amount]) => ({ lot, amount }));
	const generation = generationStatus(record);
	const { prompt, conversation } = row;
	return { ...record, generation, slices: shown(slices), used: shown(used), prompt, conversation };
}

const WITHOUT_TEXTS = `seq, id, status, amount, settled, refunded, returned, lapsed, shortfall, opened_at, expires_at,
	ended_at, record, NULL AS prompt, NULL AS conversation`;

export type HoldSummary = Omit<HoldRecord, "prompt" | "conversation">;

const summaryOf = ({ prompt: _p, conversation: _c, ...summary }: HoldRecord): HoldSummary => summary;
