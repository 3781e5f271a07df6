import { sha256Hex } from "../../domain/canonical.ts";
import { lowBalanceNotice, nextDue } from "../../domain/credits/due.ts";
import { entryBodyOf } from "../../domain/credits/events.ts";
import { recordAfter } from "../../domain/credits/generations.ts";
import {
	type Account,
	book,
	type Entry,
	emptyAccount,
	isClosed,
	type Lot,
	lotsOf,
} from "../../domain/credits/ledger.ts";
import { mintId, seqOfId } from "../../domain/ids.ts";
import type { Identity, Log } from "../engine/log.ts";
import type { Sql } from "../engine/sql.ts";
import { type GenerationTexts, type HoldRecord, Holds } from "./holds.ts";

interface AccountRow extends Record<string, number | string> {
	last_entry: number;
	lots: string;
	holds: string;
	plan: string;
	terms: string;
	spent: string;
	digest: string;
}

/** What the digest of the account's row goes over, in this order. A column that is added later is no part of it. */
const ACCOUNT_COLUMNS = [
	"granted",
	"available",
	"held",
	"consumed",
	"expired",
	"voided",
	"last_entry",
	"lots",
	"holds",
	"plan",
	"terms",
	"spent",
] as const;

export interface Booked {
	account: Account;
	hold: HoldRecord | null;
}

/** The SQL of the ledger, and the one place where an entry is booked: log row and state in the same transaction. */
export class CreditsStore {
	readonly holds: Holds;
	readonly #sql: Sql;
	readonly #log: Log;
	/** As the transaction under way has read or written it; undefined where it must be read. */
	#account: Account | undefined;
	/** The row that was written last, and what it says. */
	#written: { row: unknown[]; account: Account } | undefined;
	/** When the clock alone changes something next; undefined where it must be computed anew. A cache. */
	#nextDueAt: number | null | undefined;

	constructor(sql: Sql, log: Log) {
		this.#sql = sql;
		this.#log = log;
		this.holds = new Holds(sql);
	}

	/** @throws if the row is not as it was written: nothing must act on it */
	account(): Account {
		this.#account ??= this.#read();
		return this.#account;
	}

	/** A row that is what was written last needs no second look at its digest, nor to be parsed. */
	#read(): Account {
		const row = this.#sql.one<AccountRow>(`SELECT ${ACCOUNT_COLUMNS.join(", ")}, digest FROM account WHERE one = 1`);
		if (!row) return emptyAccount();
		const { digest, ...columns } = row;
		const written = this.#written;
		if (written && Object.values(row).every((value, index) => value === written.row[index])) return written.account;
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
		this.#account = undefined;
		this.#written = undefined;
		this.#nextDueAt = undefined;
	}

	/** Books everything that is due by `now`, in due order, each at the instant when it was due. */
	advance(user: string, tenant: string, now: number): void {
		// Each transaction reads the row itself, and checks that it is as it was written.
		this.#account = undefined;
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
	 * @returns the account afterwards, and the hold if the entry is about one
	 */
	book(who: Identity, at: number, entry: Entry, texts: GenerationTexts = {}): Booked {
		const before = this.accountWith(lotsOf(entry));
		const booked = this.#bookOne(who, at, entry, before, texts);
		const notice = lowBalanceNotice(before, booked.account, who.user);
		if (!notice) return booked;
		return { ...this.#bookOne(who, at, notice, booked.account, {}), hold: booked.hold };
	}

	#bookOne(who: Identity, at: number, entry: Entry, before: Account, texts: GenerationTexts): Booked {
		const seq = this.#log.nextSeq();
		const after = book(before, entry, seq, at);
		if (this.#log.append(who, at, entry.kind, entry.subject, entryBodyOf(entry, before, after)) !== seq) {
			throw new Error("the log moved under an entry");
		}
		this.#save(before, after);
		const record = recordAfter(this.holds.get(entry.subject), entry, at);
		return { account: after, hold: record && this.holds.save(record, texts) };
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
		const values = [
			granted,
			available,
			held,
			consumed,
			expired,
			voided,
			after.last_entry,
			...[live, after.holds, after.plan, after.terms, after.spent].map((value) => JSON.stringify(value)),
		];
		const row = [...values, sha256Hex(JSON.stringify(values))];
		this.#sql.run(
			`INSERT INTO account (one, ${ACCOUNT_COLUMNS.join(", ")}, digest) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (one) DO UPDATE SET
			granted = excluded.granted, available = excluded.available, held = excluded.held, consumed = excluded.consumed,
			expired = excluded.expired, voided = excluded.voided, last_entry = excluded.last_entry, lots = excluded.lots,
			holds = excluded.holds, plan = excluded.plan, terms = excluded.terms, spent = excluded.spent,
			digest = excluded.digest`,
			...row,
		);
		this.#account = { ...after, lots: live };
		this.#written = { row, account: this.#account };
		this.#nextDueAt = undefined;
	}
}
