import { sha256Hex } from "../../domain/canonical.ts";
import { nextDue } from "../../domain/credits/due.ts";
import { entryOf } from "../../domain/credits/events.ts";
import { type Generation, recordAfter } from "../../domain/credits/generations.ts";
import {
	type Account,
	book,
	conserves,
	type Entry,
	type EntryKind,
	emptyAccount,
	isClosed,
	type Lot,
	lotsOf,
	SIDES,
	type Totals,
} from "../../domain/credits/ledger.ts";
import { seqOfId } from "../../domain/ids.ts";
import type { LogEvent } from "../../domain/log/events.ts";
import { type Part, partOf, type Stored } from "../engine/part.ts";
import { GUARD, values } from "../engine/table.ts";
import { Difference, readable, same, sameJson } from "../verification/difference.ts";
import { HOLD_COLUMNS, type HoldRow, recordOf, TEXTS } from "./holds.ts";
import { CreditsStore } from "./store.ts";

/** What the log says of credits: every entry is booked again. */
interface CreditsState {
	account: Account;
	closed: Map<string, Lot>;
	holds: Map<string, Generation>;
}

export const creditsPart: Part<EntryKind, CreditsState, { credits: CreditsStore }> = partOf({
	tables: {
		account: {
			key: ["one"],
			columns: {
				...values("one", "granted", "available", "held", "consumed", "expired", "voided", "last_entry"),
				lots: "json",
				holds: "json",
				plan: "json",
				terms: "json",
				spent: "json",
				digest: GUARD,
			},
		},
		closed_lots: { key: ["seq"], columns: { ...values("seq", "id"), lot: "json" } },
		holds: {
			key: ["seq"],
			columns: {
				...values("seq", "id", "status", "amount", "settled", "refunded", "returned", "lapsed", "shortfall"),
				...values("opened_at", "expires_at", "ended_at"),
				record: "json",
				prompt: { field: "prompt" },
				conversation: { field: "conversation" },
			},
		},
	},
	head: "ledger_head",
	stores: (sql, log) => ({ credits: new CreditsStore(sql, log) }),
	timed: ({ credits }) => credits,
	begin: () => ({ account: emptyAccount(), closed: new Map(), holds: new Map() }),
	rows: {
		"credits.granted": bookAgain,
		"credits.activated": bookDue,
		"credits.voided": bookAgain,
		"credits.lot_expired": bookDue,
		"credits.expiring_soon": bookDue,
		"credits.held": bookAgain,
		"credits.extended": bookAgain,
		"credits.settled": bookAgain,
		"credits.released": bookAgain,
		"credits.hold_expired": bookDue,
		"credits.refunded": bookAgain,
		"credits.plan_set": bookAgain,
		// By command, and by the clock after that.
		"credits.plan_ended": bookAgain,
		"credits.plan_renewed": bookDue,
		"credits.rolled_over": bookDue,
		"credits.terms_set": bookAgain,
		// By the entry before it.
		"credits.low_balance": bookAgain,
	},
	compare(stored, state) {
		compareLedger(stored, state);
		compareHolds(stored, state);
	},
});

function bookAgain(state: CreditsState, { kind, subject, body, seq, at }: LogEvent<EntryKind>): void {
	const { account, closed, holds } = state;
	const entry = entryOf(kind, subject, body);
	const reopened = lotsOf(entry).flatMap((lot) => closed.get(lot) ?? []);
	for (const { id } of reopened) closed.delete(id);
	const before = { ...account, lots: [...account.lots, ...reopened] };
	const after = book(before, entry, seq, at);
	same("log", seq, "previous", body.previous, before.last_entry);
	same("log", seq, "balance_before", body.balance_before, before.totals.available);
	same("log", seq, "balance_after", body.balance_after, after.totals.available);
	for (const lot of after.lots.filter(isClosed)) closed.set(lot.id, lot);
	state.account = { ...after, lots: after.lots.filter((lot) => !isClosed(lot)) };
	const record = recordAfter(holds.get(subject) ?? null, entry, at);
	if (record) holds.set(record.id, record);
}

/** What the clock alone books must be what was due. */
function bookDue(state: CreditsState, event: LogEvent<EntryKind>): void {
	wasDue(state.account, entryOf(event.kind, event.subject, event.body), event);
	bookAgain(state, event);
}

function wasDue(account: Account, entry: Entry, row: { seq: number; at: number }): void {
	const due = nextDue(account);
	if (!due || due.at > row.at) throw new Difference("log", row.seq, `${entry.kind} was not due`);
	const { kind, subject, postings } = due.entry(entry.opensLot?.id ?? "");
	sameJson(
		"log",
		row.seq,
		{ kind: entry.kind, subject: entry.subject, postings: entry.postings },
		{ kind, subject, postings },
	);
}

/** Account and closed lots. */
function compareLedger({ sql, credits }: Stored, state: CreditsState): void {
	sameJson(
		"account",
		1,
		readable("account", 1, () => credits.account()),
		state.account,
	);
	const closed = sql.all<{ seq: number; id: string; lot: string }>("SELECT seq, id, lot FROM closed_lots ORDER BY seq");
	for (const { seq, id, lot } of closed) {
		same("closed_lots", id, "seq", seq, seqOfId(id));
		sameJson(
			"closed_lots",
			id,
			readable("closed_lots", id, () => JSON.parse(lot)),
			state.closed.get(id),
		);
	}
	same("closed_lots", "all", "number of rows", closed.length, state.closed.size);
}

function compareHolds({ sql, retention }: Stored, state: CreditsState): void {
	const removed_until = retention.removedUntil("prompts");
	let rows = 0;
	for (const row of sql.each<HoldRow>(`SELECT ${HOLD_COLUMNS} FROM holds ORDER BY seq`)) {
		rows++;
		same("holds", row.id, "seq", row.seq, seqOfId(row.id));
		const record = readable("holds", row.id, () => recordOf(row));
		sameJson("holds", row.id, record, state.holds.get(row.id));
		for (const text of TEXTS) {
			// It may be kept no longer.
			if (row[text] === null && row.opened_at <= removed_until) continue;
			const digest = row[text] === null ? null : sha256Hex(row[text]);
			same("holds", row.id, `digest of ${text}`, digest, record[`${text}_digest`]);
		}
	}
	same("holds", "all", "number of rows", rows, state.holds.size);
}

/** The sums of all lots, and whether every credit of every lot is in one place. */
export interface Conservation extends Totals {
	ok: boolean;
	lots: number;
	holds: number;
}

/** @param state what the log says, whatever is stored */
export function conservationOf({ account, closed, holds }: CreditsState): Conservation {
	const { totals } = account;
	const lots = [...account.lots, ...closed.values()];
	const ok = conserves(totals) && lots.every(conserves) && addUp(lots, totals);
	return { ...totals, ok, lots: lots.length, holds: holds.size };
}

const addUp = (lots: readonly Lot[], totals: Totals): boolean =>
	SIDES.every((side) => lots.reduce((sum, lot) => sum + lot[side], 0) === totals[side]);
