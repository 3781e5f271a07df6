import { CREDIT_TOTAL_MAX } from "./limits.ts";

/**
 * The ledger of one user. A **lot** is a grant and has five buckets; every credit of it is in exactly one of them. A
 * **posting** moves credits of one lot from bucket to bucket, so nothing can appear, vanish or change its lot, and the
 * conservation law `granted = available + held + consumed + expired + voided` holds for each lot and in total.
 * An **entry** is a list of postings with its reason; it is what the log records, and folding the log's entries with
 * {@link book} gives the account again.
 */

export const BUCKETS = ["available", "held", "consumed", "expired", "voided"] as const;
export type Bucket = (typeof BUCKETS)[number];

/** `[lot id, from, to, amount]`. A posting from `granted` brings a lot's credits into being. */
export type Posting = [lot: string, from: Bucket | "granted", to: Bucket, amount: number];

export type Totals = Record<Bucket | "granted", number>;

export const LOT_KINDS = ["plan", "purchase", "bonus", "refund"] as const;
export type LotKind = (typeof LOT_KINDS)[number];

export interface LotTerms {
	id: string;
	kind: LotKind;
	amount: number;
	/** 0 is spent first. */
	priority: number;
	effective_at: number;
	expires_at: number | null;
	created_at: number;
	reference: string | null;
}

/** A lot whose `granted` is 0 is scheduled: its credits come into being at `effective_at`. */
export type Lot = LotTerms & Totals;

/** How much of which lot a hold holds, in the order in which they were taken. */
export type Slice = [lot: string, amount: number];

export interface OpenHold {
	id: string;
	amount: number;
	slices: Slice[];
	opened_at: number;
	expires_at: number;
}

/** What the ledger must know of a user to decide: lots that still have credits to move, and the holds that are open. */
export interface Account {
	totals: Totals;
	lots: Lot[];
	holds: OpenHold[];
	/** Log row of the latest entry, 0 if there is none. Entries are chained by it. */
	last_entry: number;
}

const NOTHING: Totals = { granted: 0, available: 0, held: 0, consumed: 0, expired: 0, voided: 0 };

export const emptyAccount = (): Account => ({ totals: { ...NOTHING }, lots: [], holds: [], last_entry: 0 });

/** What an entry says beside its postings. `opens` and `closes` are what it does to lots and holds. */
export interface Entry<Detail = unknown> {
	kind: EntryKind;
	/** Id of the lot or hold that it is about. */
	subject: string;
	postings: Posting[];
	opensLot?: LotTerms;
	opensHold?: OpenHold;
	closesHold?: string;
	detail: Detail;
}

export const ENTRY_KINDS = [
	"credits.granted",
	"credits.activated",
	"credits.held",
	"credits.settled",
	"credits.released",
	"credits.hold_expired",
	"credits.lot_expired",
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/**
 * The account after an entry that stands in log row `seq`. Does not change its argument.
 * @throws if a posting names an unknown lot, is not a positive integer, or takes more than there is: that is a bug, and
 *   the throw undoes the whole command.
 */
export function book(account: Account, entry: Entry, seq: number): Account {
	const totals = { ...account.totals };
	const lots = new Map(account.lots.map((lot) => [lot.id, lot]));
	if (entry.opensLot) lots.set(entry.opensLot.id, { ...entry.opensLot, ...NOTHING });
	for (const [id, from, to, amount] of entry.postings) {
		const lot = lots.get(id);
		if (!lot) throw new Error(`posting to unknown lot ${id}`);
		const moved = { ...lot };
		for (const side of [moved, totals]) post(side, from, to, amount);
		lots.set(id, moved);
	}
	const holds = account.holds.filter((hold) => hold.id !== entry.closesHold);
	if (entry.opensHold) holds.push(entry.opensHold);
	const next = { totals, lots: [...lots.values()], holds, last_entry: seq };
	assertConserved(next);
	return next;
}

function post(side: Totals, from: Posting[1], to: Bucket, amount: number): void {
	if (!Number.isSafeInteger(amount) || amount <= 0) throw new Error(`posting of ${amount}`);
	if (from === "granted") side.granted += amount;
	else {
		if (side[from] < amount) throw new Error(`posting of ${amount} from ${from} ${side[from]}`);
		side[from] -= amount;
	}
	side[to] += amount;
}

const conserves = (side: Totals): boolean =>
	BUCKETS.every((bucket) => Number.isSafeInteger(side[bucket]) && side[bucket] >= 0) &&
	side.granted === BUCKETS.reduce((sum, bucket) => sum + side[bucket], 0);

/** Stays on in production: a command that would break the law fails and changes nothing. @throws if it is broken. */
export function assertConserved(account: Account): void {
	if (!conserves(account.totals)) throw new Error("conservation broken in total");
	if (account.totals.granted > CREDIT_TOTAL_MAX) throw new Error("more granted than amounts can count");
	for (const lot of account.lots) if (!conserves(lot)) throw new Error(`conservation broken in ${lot.id}`);
	const held = account.holds.reduce((sum, hold) => sum + hold.amount, 0);
	if (held !== account.totals.held) throw new Error("open holds do not add up to what is held");
}

/** A lot that nothing can move any more; its record can leave the account. */
export const isClosed = (lot: Lot): boolean => lot.granted > 0 && lot.available === 0 && lot.held === 0;

const PAID: ReadonlySet<LotKind> = new Set(["purchase", "refund"]);

/** Order of use: priority, then earliest expiry, then free before paid, then oldest (its id begins with its log row). */
export function byOrderOfUse(a: LotTerms, b: LotTerms): number {
	return (
		a.priority - b.priority ||
		(a.expires_at ?? Number.POSITIVE_INFINITY) - (b.expires_at ?? Number.POSITIVE_INFINITY) ||
		Number(PAID.has(a.kind)) - Number(PAID.has(b.kind)) ||
		a.created_at - b.created_at ||
		(a.id < b.id ? -1 : 1)
	);
}

/** Takes `amount` from what is available, in order of use. The caller has checked that there is enough. */
export function takeSlices(lots: readonly Lot[], amount: number): Slice[] {
	const slices: Slice[] = [];
	let rest = amount;
	for (const lot of [...lots].sort(byOrderOfUse)) {
		const part = Math.min(rest, lot.available);
		if (part > 0) slices.push([lot.id, part]);
		rest -= part;
	}
	return slices;
}

/** Splits slices after their first `amount` credits: what is used, first in first out, and what goes back, last in. */
export function splitSlices(slices: readonly Slice[], amount: number): { used: Slice[]; rest: Slice[] } {
	const used: Slice[] = [];
	const rest: Slice[] = [];
	let left = amount;
	for (const [lot, size] of slices) {
		const part = Math.min(left, size);
		if (part > 0) used.push([lot, part]);
		if (size > part) rest.push([lot, size - part]);
		left -= part;
	}
	return { used, rest };
}
