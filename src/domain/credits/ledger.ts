import { DAY_MS } from "../units.ts";
import type { Intent } from "./generations.ts";
import { CREDIT_TOTAL_MAX } from "./limits.ts";
import type { Plan } from "./plan.ts";

/**
 * The ledger of one user. A **lot** is a grant and has five buckets; every credit of it is in exactly one of them. A
 * **posting** moves credits of one lot from bucket to bucket, so nothing can appear, vanish or change its lot, and the
 * conservation law `granted = available + held + consumed + expired + voided` holds for each lot and in total.
 * An **entry** is a list of postings with its reason; it is what the log records, and folding the log's entries with
 * {@link book} gives the account again.
 */

export const BUCKETS = ["available", "held", "consumed", "expired", "voided"] as const;
export type Bucket = (typeof BUCKETS)[number];

/** Where a posting may come from: a bucket, or the grant that brings a lot's credits into being. */
export const SIDES = ["granted", ...BUCKETS] as const;
type Side = (typeof SIDES)[number];

/** `[lot id, from, to, amount]` */
export type Posting = [lot: string, from: Side, to: Bucket, amount: number];

export type Totals = Record<Side, number>;

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
export type Lot = LotTerms &
	Totals & {
		/** When its rest was voided. What a hold gives back to it afterwards is voided too. */
		voided_at: number | null;
		/** Whether the log has said that it expires soon. */
		noticed: boolean;
	};

/** How much of which lot a hold holds, in the order in which they were taken. */
export type Slice = [lot: string, amount: number];

export interface OpenHold {
	id: string;
	amount: number;
	/** What the generation runs on; said again where the hold ends, so that usage is counted from that entry alone. */
	model: string | null;
	slices: Slice[];
	opened_at: number;
	expires_at: number;
}

/** What a user, and who grants to the user, have set. Null means off. */
export interface Terms {
	/** The log says so when the balance falls below. */
	low_balance_at: number | null;
	/** How long before a lot expires the log says so. Seconds. */
	expiring_notice_s: number | null;
	/** Most credits that may be charged or held within a day, UTC. */
	daily_cap: number | null;
}

/** What the ledger must know of a user to decide: lots that still have credits to move, and the holds that are open. */
export interface Account {
	totals: Totals;
	lots: Lot[];
	holds: OpenHold[];
	plan: Plan | null;
	terms: Terms;
	/** Charged on the day since the epoch, for the daily cap. */
	spent: { day: number; charged: number };
	/** Log row of the latest entry, 0 if there is none. Entries are chained by it. */
	last_entry: number;
}

const NOTHING: Totals = { granted: 0, available: 0, held: 0, consumed: 0, expired: 0, voided: 0 };

export const emptyAccount = (): Account => ({
	totals: { ...NOTHING },
	lots: [],
	holds: [],
	plan: null,
	last_entry: 0,
	spent: { day: 0, charged: 0 },
	terms: { low_balance_at: null, expiring_notice_s: null, daily_cap: null },
});

type Nothing = Record<never, unknown>;

/** What the provider of a generation used and took. */
export interface ProviderUsage {
	tokens_used?: number | undefined;
	cost_cents?: number | undefined;
	cost_parts?: number | undefined;
}

/** How a hold ended. */
interface Ending extends ProviderUsage {
	/** What the generation ran on. Absent in older rows. */
	model?: string | null | undefined;
	returned: number;
	lapsed: number;
}

export interface Settlement extends Ending {
	charged: number;
	shortfall: number;
	/** Whether the hold had run out before, and when. */
	late: boolean;
	expired_at?: number | null | undefined;
	units?: number | undefined;
	quiz?: string | undefined;
	conversation_digest?: string | null | undefined;
}

export interface Refund {
	reason: string | null;
	amount: number;
	/** How much of it came from lots that were voided. */
	voided?: number | undefined;
	/** Of the generation, and when its settlement was. Absent in older rows. */
	model?: string | null | undefined;
	settled_at?: number | null | undefined;
}

/** Every kind of entry, with what the records say of it beyond what it changes. All of it stands in the log. */
export interface EntryDetails {
	"credits.granted": Nothing;
	"credits.activated": Nothing;
	"credits.voided": { reason: string | null };
	"credits.lot_expired": Nothing;
	"credits.expiring_soon": { amount: number; expires_at: number };
	"credits.held": Intent;
	"credits.extended": { amount: number; ttl_s: number | null };
	"credits.settled": Settlement;
	"credits.released": Ending & { reason: string | null; error: string | null };
	"credits.hold_expired": Ending;
	"credits.refunded": Refund;
	"credits.plan_set": Nothing;
	"credits.plan_ended": { reason?: string | undefined };
	"credits.plan_renewed": Nothing;
	/** From which lot. */
	"credits.rolled_over": { from: string };
	"credits.terms_set": Nothing;
	"credits.low_balance": { available: number; threshold: number };
}
export type EntryKind = keyof EntryDetails;

/** What an entry changes. */
interface EntryChanges {
	postings: Posting[];
	opensLot?: LotTerms;
	/** Lot whose rest is voided, from `at` on. */
	voidsLot?: string;
	noticesLot?: string;
	/** A hold that is opened, or replaces the one of the same id. */
	opensHold?: OpenHold;
	closesHold?: string;
	setsTerms?: Terms;
	setsPlan?: Plan | null;
}

/** One line of the ledger: postings, and what else changes with them. `subject` is the lot or hold that it is about, or the user. */
export type Entry<K extends EntryKind = EntryKind> = {
	[P in K]: EntryChanges & { kind: P; subject: string; detail: EntryDetails[P] };
}[K];

/**
 * The account after an entry that stands in log row `seq`. Does not change its argument.
 * @param at of the log row, milliseconds since the epoch
 * @throws if a posting names an unknown lot, is not a positive integer, or takes more than there is: that is a bug, and
 *   the throw undoes the whole command.
 */
export function book(account: Account, entry: Entry, seq: number, at: number): Account {
	const totals = { ...account.totals };
	const lots = new Map(account.lots.map((lot) => [lot.id, lot]));
	const { opensLot, voidsLot, noticesLot, opensHold, closesHold } = entry;
	if (opensLot) lots.set(opensLot.id, { ...opensLot, ...NOTHING, voided_at: null, noticed: false });
	for (const [id, from, to, amount] of entry.postings) {
		const moved = { ...lotIn(lots, id) };
		for (const side of [moved, totals]) post(side, from, to, amount);
		lots.set(id, moved);
	}
	if (voidsLot) lots.set(voidsLot, { ...lotIn(lots, voidsLot), voided_at: at });
	if (noticesLot) lots.set(noticesLot, { ...lotIn(lots, noticesLot), noticed: true });
	const holds = account.holds.filter(({ id }) => id !== closesHold && id !== opensHold?.id);
	if (opensHold) holds.push(opensHold);
	const next: Account = {
		totals,
		lots: [...lots.values()],
		holds,
		last_entry: seq,
		plan: entry.setsPlan === undefined ? account.plan : entry.setsPlan,
		terms: entry.setsTerms ?? account.terms,
		spent: spentAfter(account, entry, at),
	};
	assertConserved(next);
	return next;
}

function lotIn(lots: ReadonlyMap<string, Lot>, id: string): Lot {
	const lot = lots.get(id);
	if (!lot) throw new Error(`entry on unknown lot ${id}`);
	return lot;
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

function spentAfter({ spent }: Account, entry: Entry, at: number): Account["spent"] {
	if (entry.kind !== "credits.settled") return spent;
	const day = Math.floor(at / DAY_MS);
	return { day, charged: (spent.day === day ? spent.charged : 0) + postedTo(entry, "consumed") };
}

/** The lots that an entry changes, as far as there are any yet. Of a lot that has nothing left, its record must be looked up. */
export const lotsOf = ({ postings, voidsLot }: Entry): string[] => [
	...new Set([...postings.map(([lot]) => lot), ...(voidsLot === undefined ? [] : [voidsLot])]),
];

/** How many credits an entry moves into a bucket. */
export const postedTo = (entry: Pick<Entry, "postings">, bucket: Bucket): number =>
	entry.postings.reduce((sum, [, , to, amount]) => sum + (to === bucket ? amount : 0), 0);

export const conserves = (side: Totals): boolean =>
	BUCKETS.every((bucket) => Number.isSafeInteger(side[bucket]) && side[bucket] >= 0) &&
	side.granted === BUCKETS.reduce((sum, bucket) => sum + side[bucket], 0);

/** Stays on in production: a command that would break the law fails and changes nothing. @throws if it is broken. */
function assertConserved(account: Account): void {
	if (!conserves(account.totals)) throw new Error("conservation broken in total");
	if (account.totals.granted > CREDIT_TOTAL_MAX) throw new Error("more granted than amounts can count");
	for (const lot of account.lots) if (!conserves(lot)) throw new Error(`conservation broken in ${lot.id}`);
	const held = account.holds.reduce((sum, hold) => sum + hold.amount, 0);
	if (held !== account.totals.held) throw new Error("open holds do not add up to what is held");
}

/** A lot that nothing moves any more, unless a refund comes back to it; its record can leave the account. */
export const isClosed = (lot: Lot): boolean => lot.granted > 0 && lot.available === 0 && lot.held === 0;
