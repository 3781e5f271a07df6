import { isDeepStrictEqual } from "node:util";
import type { EntryBody } from "../../../src/domain/credits/events.ts";
import type { Caller } from "../caller.ts";
import type { Violations } from "./violation.ts";

export interface LogRow {
	seq: number;
	at: number;
	actor: string;
	kind: string;
	subject: string;
	body: Record<string, unknown>;
	hash: string;
}

/** A user's whole log, with what was available after each of its rows. */
export interface UserLog {
	user: string;
	rows: LogRow[];
	/** By row: `available[seq]`. */
	available: number[];
	totals: Totals;
}

const SIDES = ["granted", "available", "held", "consumed", "expired", "voided"] as const;
type Side = (typeof SIDES)[number];
export type Totals = Record<Side, number>;

const PAGE_ROWS = 100;

/** Reads a log through the change feed, up to row `last`, and adds up for itself what it says. */
export async function readLog(
	caller: Caller,
	user: string,
	violations: Violations,
	last = Number.POSITIVE_INFINITY,
): Promise<UserLog> {
	const rows: LogRow[] = [];
	for (;;) {
		const path = `/v1/users/me/log?after=${rows.length}&limit=${PAGE_ROWS}`;
		const { items } = await caller.reader(user).get<{ items: LogRow[] }>(path);
		rows.push(...items);
		if (items.length < PAGE_ROWS || rows.length >= last) break;
	}
	if (rows.length > last) rows.length = last;
	checkChain(user, rows, violations);
	return { user, rows, ...addUp(user, rows, violations) };
}

/** Gapless from 1, times in order. That each hash is made of the one before, the verification says: those of the feed are keyed. */
function checkChain(user: string, rows: readonly LogRow[], violations: Violations): void {
	let [seq, at] = [0, 0];
	for (const row of rows) {
		const isNext = row.seq === seq + 1 && row.at >= at;
		if (!violations.require(isNext, "chain", () => `row ${row.seq} does not follow row ${seq}`, { user })) return;
		[seq, at] = [row.seq, row.at];
	}
}

/** Moves every posting of every entry, and compares with what the entries say of themselves. */
function addUp(user: string, rows: readonly LogRow[], violations: Violations): Pick<UserLog, "available" | "totals"> {
	const totals: Totals = { granted: 0, available: 0, held: 0, consumed: 0, expired: 0, voided: 0 };
	const available = [0];
	for (const { seq, kind, body } of rows) {
		if (kind.startsWith("credits.")) {
			// Rows of these kinds have this body: the product's own schema refuses any other.
			const entry = body as EntryBody;
			const before = totals.available;
			for (const [, from, to, amount] of entry.postings) {
				totals[from] += from === "granted" ? amount : -amount;
				totals[to] += amount;
			}
			const said = [entry.balance_before, entry.balance_after, ...entry.totals];
			const counted = [before, totals.available, ...SIDES.map((side) => totals[side])];
			const detail = () => `row ${seq} says ${said.join(" ")}, its postings add up to ${counted.join(" ")}`;
			violations.require(isDeepStrictEqual(said, counted), "ledger", detail, { user });
			const { granted, ...parts } = totals;
			const sum = Object.values(parts).reduce((all, part) => all + part, 0);
			const isConserved = sum === granted && Object.values(parts).every((part) => part >= 0);
			violations.require(isConserved, "conservation", () => `after row ${seq}: ${JSON.stringify(totals)}`, { user });
		}
		available[seq] = totals.available;
	}
	return { available, totals };
}
