import type { LogRow } from "../domain/chain.ts";
import { type Hold, type HoldStatus, nextDue } from "../domain/credits.ts";
import { bodyOf, type EntryBody } from "../domain/events.ts";
import { seqOfId } from "../domain/ids.ts";
import { type Account, book, type Entry, emptyAccount, isClosed, type OpenHold, type Slice } from "../domain/ledger.ts";
import { SCAN_ROWS_MAX } from "../domain/limits.ts";
import type { Identity, Log } from "./log.ts";
import type { Bindable, Sql } from "./sql.ts";

/** A hold's record: what was reserved, for which generation, and how it ended. */
export interface HoldRecord extends Hold {
	/** How much of which lot, in the order in which it was taken. */
	slices: { lot: string; amount: number }[];
	purpose: string | null;
	model: string | null;
	prompt: string | null;
	opened_at: number;
	expires_at: number;
	returned: number;
	/** Credits that did not come back, because their lot expired under the hold. */
	lapsed: number;
	shortfall: number;
	tokens_used: number | null;
	cost_cents: number | null;
	quiz: string | null;
	reason: string | null;
}

/** One line of the ledger, as clients read it. */
export interface LedgerLine {
	seq: number;
	at: number;
	actor: string;
	kind: string;
	subject: string;
	balance_before: number;
	balance_after: number;
	postings: { lot: string; from: string; to: string; amount: number }[];
	/** JSON text: the type of a call's result cannot be a recursive one. */
	detail: string;
}

type HoldRow = Omit<HoldRecord, "slices" | "over_capture"> & { seq: number; slices: string; over_capture: string };

interface AccountRow extends Record<string, number | string> {
	last_entry: number;
	lots: string;
	holds: string;
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

	account(): Account {
		const row = this.#sql.one<AccountRow>("SELECT * FROM account");
		if (!row) return emptyAccount();
		const { one: _, last_entry, lots, holds, ...totals } = row;
		// The columns are those of Totals, by the table's definition; the JSON is what #save wrote.
		return {
			totals: totals as unknown as Account["totals"],
			last_entry,
			lots: JSON.parse(lots),
			holds: JSON.parse(holds),
		};
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
			const entry = due.entry();
			this.book(system, due.at, entry);
			if (entry.closesHold)
				this.#expire(entry.closesHold, due.at, entry.detail as { returned: number; expired: number });
		}
	}

	/** Appends the entry to the log and carries it out. Returns the account after it and its log row. */
	book(who: Identity, at: number, entry: Entry): { account: Account; seq: number } {
		const before = this.account();
		const seq = this.#log.nextSeq();
		const account = book(before, entry, seq);
		const body = bodyOf(entry, before.last_entry, before.totals.available, account.totals.available);
		if (this.#log.append(who, at, entry.kind, entry.subject, body) !== seq) throw new Error("log moved under an entry");
		this.#save(account);
		return { account, seq };
	}

	#save(account: Account): void {
		for (const lot of account.lots.filter(isClosed)) {
			const query = "INSERT OR REPLACE INTO closed_lots (seq, id, lot) VALUES (?, ?, ?)";
			this.#sql.run(query, seqOfId(lot.id), lot.id, JSON.stringify(lot));
		}
		const { granted, available, held, consumed, expired, voided } = account.totals;
		this.#sql.run(
			`INSERT INTO account VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET
			granted = excluded.granted, available = excluded.available, held = excluded.held, consumed = excluded.consumed,
			expired = excluded.expired, voided = excluded.voided, last_entry = excluded.last_entry, lots = excluded.lots,
			holds = excluded.holds`,
			...[granted, available, held, consumed, expired, voided, account.last_entry],
			...[JSON.stringify(account.lots.filter((lot) => !isClosed(lot))), JSON.stringify(account.holds)],
		);
		this.#nextDueAt = undefined;
	}

	insertHold(seq: number, hold: NewHold): void {
		this.#sql.run(
			`INSERT INTO holds (seq, id, status, amount, slices, over_capture, late_settle, purpose, model, prompt, opened_at,
			expires_at) VALUES (?, ?, 'held', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			...[seq, hold.id, hold.amount, JSON.stringify(hold.slices), JSON.stringify(hold.over_capture), hold.late_settle],
			...[hold.purpose, hold.model, hold.prompt, hold.opened_at, hold.expires_at],
		);
	}

	endHold(id: string, end: HoldEnd, at: number): void {
		const bindings: Bindable[] = [end.status, end.settled, end.returned, end.lapsed, end.shortfall];
		this.#sql.run(
			`UPDATE holds SET status = ?, settled = ?, returned = ?, lapsed = ?, shortfall = ?, tokens_used = ?, cost_cents = ?,
			quiz = ?, reason = ?, ended_at = ? WHERE seq = ?`,
			...[...bindings, end.tokens_used, end.cost_cents, end.quiz, end.reason, at, seqOfId(id)],
		);
	}

	#expire(id: string, at: number, { returned, expired }: { returned: number; expired: number }): void {
		this.endHold(id, { ...NO_END, status: "expired", returned, lapsed: expired }, at);
	}

	hold(id: string): HoldRecord | null {
		const row = this.#sql.one<HoldRow>("SELECT * FROM holds WHERE seq = ?", seqOfId(id));
		return row?.id === id ? holdOf(row) : null;
	}

	/** Newest first, those before row `before`. Looks at no more than SCAN_ROWS_MAX rows; `next` is null at the end. */
	listHolds(
		status: HoldStatus | undefined,
		before: number,
		limit: number,
	): { items: HoldRecord[]; next: number | null } {
		const query = `SELECT * FROM (SELECT * FROM holds WHERE seq < ? ORDER BY seq DESC LIMIT ?)
			WHERE ?3 IS NULL OR status = ?3 LIMIT ?4`;
		const scan = status ? SCAN_ROWS_MAX : limit + 1;
		const rows = this.#sql.all<HoldRow>(query, before, scan, status ?? null, limit + 1);
		const items = rows.slice(0, limit).map(holdOf);
		if (rows.length > limit) return { items, next: rows[limit - 1]?.seq ?? null };
		const oldest = this.#sql.one<{ seq: number }>(
			"SELECT seq FROM holds WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
			...[before, scan - 1],
		);
		return { items, next: oldest?.seq ?? null };
	}

	/** The ledger, newest first: follows the chain of entries back from row `from`, or from the latest. */
	entries(from: number | undefined, limit: number): { items: LedgerLine[]; next: number | null } {
		const items: LedgerLine[] = [];
		let seq = from ?? this.account().last_entry;
		while (seq > 0 && items.length < limit) {
			const row = this.#log.row(seq);
			if (!row?.kind.startsWith("credits.")) break;
			// Rows of these kinds have this body: book() above wrote them.
			const body = JSON.parse(row.body) as EntryBody;
			items.push(lineOf(row, body));
			seq = body.previous;
		}
		return { items, next: seq > 0 ? seq : null };
	}
}

export type NewHold = Pick<HoldRecord, "over_capture" | "late_settle" | "purpose" | "model" | "prompt"> & OpenHold;

export type HoldEnd = Pick<
	HoldRecord,
	"settled" | "returned" | "lapsed" | "shortfall" | "tokens_used" | "cost_cents" | "quiz" | "reason"
> & { status: HoldStatus };

export const NO_END = {
	...{ settled: 0, returned: 0, lapsed: 0, shortfall: 0 },
	...{ tokens_used: null, cost_cents: null, quiz: null, reason: null },
} as const;

function holdOf({ seq: _, slices, over_capture, ...row }: HoldRow): HoldRecord {
	// The column holds what insertHold() wrote.
	const taken = JSON.parse(slices) as Slice[];
	return { ...row, slices: taken.map(([lot, amount]) => ({ lot, amount })), over_capture: JSON.parse(over_capture) };
}

function lineOf({ seq, at, actor, kind, subject }: LogRow, body: EntryBody): LedgerLine {
	const { balance_before, balance_after } = body;
	const postings = body.postings.map(([lot, from, to, amount]) => ({ lot, from, to, amount }));
	const detail = JSON.stringify(body.detail);
	return { seq, at, actor, kind, subject, balance_before, balance_after, postings, detail };
}
