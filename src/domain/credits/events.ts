import { z } from "zod";
import { count, time } from "../log/event-fields.ts";
import type { EventBody } from "../log/events.ts";
import { LATE_SETTLES, OVER_CAPTURES } from "./holds.ts";
import { type Account, BUCKETS, type Entry, type EntryDetails, type EntryKind, LOT_KINDS, SIDES } from "./ledger.ts";

/** What log rows say of entries of the ledger. What stands in log/events.ts about changing these holds here too. */

const slice = z.tuple([z.string(), z.int().min(1)]);

const lotTerms = z.object({
	id: z.string(),
	kind: z.enum(LOT_KINDS),
	amount: z.int().min(1),
	priority: count,
	effective_at: time,
	expires_at: time.nullable(),
	created_at: time,
	reference: z.string().nullable(),
});

const openHold = z.object({
	opened_at: time,
	expires_at: time,
	id: z.string(),
	amount: z.int().min(1),
	model: z.string().nullable(),
	slices: z.array(slice),
});

const plan = z.object({
	tier: z.string(),
	amount: z.int().min(1),
	anchor_day: z.int().min(1).max(31),
	rollover_cap: count,
	rollover_days: count,
	next_at: time,
	lot: z.string(),
	rolled: z.boolean(),
	ended: z.boolean(),
});

const terms = z.object({
	low_balance_at: count.nullable(),
	expiring_notice_s: count.nullable(),
	daily_cap: count.nullable(),
});

const changes = {
	/** Log row of the entry before, 0 for the first: the ledger's entries are a list within the log. */
	previous: count,
	balance_before: count,
	balance_after: count,
	/** After the entry: granted, available, held, consumed, expired, voided. */
	totals: z.tuple([count, count, count, count, count, count]),
	postings: z.array(z.tuple([z.string(), z.enum(SIDES), z.enum(BUCKETS), z.int().min(1)])),
	opensLot: lotTerms.optional(),
	voidsLot: z.string().optional(),
	noticesLot: z.string().optional(),
	opensHold: openHold.optional(),
	closesHold: z.string().optional(),
	setsTerms: terms.optional(),
	setsPlan: plan.nullable().optional(),
};

/**
 * All entries share one shape but for their details. Of these, members that this code does not know are kept as they are: a
 * hold's record has them too.
 */
const entry = <K extends EntryKind>(detail: z.ZodType<EntryDetails[K]>) => z.object({ ...changes, detail });

/** What every entry says, whichever release wrote it; its details are left as they are. */
export const ANY_ENTRY = z.object({ ...changes, detail: z.unknown() });

const reason = z.string().nullable();
const ending = {
	model: z.string().nullable().optional(),
	returned: z.number(),
	lapsed: z.number(),
	tokens_used: z.number().optional(),
	cost_cents: z.number().optional(),
	cost_parts: z.number().optional(),
};
const digest = z.string().nullable();

const held = z.looseObject({
	over_capture: z.union([z.enum(OVER_CAPTURES), z.object({ overdraft: z.number() })]),
	late_settle: z.enum(LATE_SETTLES),
	unit_price: z.number().nullable(),
	purpose: z.string().nullable(),
	model: z.string().nullable(),
	prompt_digest: digest,
	conversation_digest: digest,
});

const settled = z.looseObject({
	...ending,
	charged: z.number(),
	shortfall: z.number(),
	late: z.boolean(),
	expired_at: z.number().nullable().optional(),
	units: z.number().optional(),
	quiz: z.string().optional(),
	conversation_digest: digest.optional(),
});

const refunded = z.looseObject({
	reason,
	amount: z.number(),
	voided: z.number().optional(),
	model: z.string().nullable().optional(),
	settled_at: z.number().nullable().optional(),
});

const nothing = z.looseObject({});

/** Bodies of the ledger's entries; a part of what a log row can say. */
export const LEDGER_BODIES = {
	"credits.granted": entry<"credits.granted">(nothing),
	"credits.activated": entry<"credits.activated">(nothing),
	"credits.voided": entry<"credits.voided">(z.looseObject({ reason })),
	"credits.lot_expired": entry<"credits.lot_expired">(nothing),
	"credits.expiring_soon": entry<"credits.expiring_soon">(
		z.looseObject({ amount: z.number(), expires_at: z.number() }),
	),
	"credits.held": entry<"credits.held">(held),
	"credits.extended": entry<"credits.extended">(z.looseObject({ amount: z.number(), ttl_s: z.number().nullable() })),
	"credits.settled": entry<"credits.settled">(settled),
	"credits.released": entry<"credits.released">(z.looseObject({ ...ending, reason, error: z.string().nullable() })),
	"credits.hold_expired": entry<"credits.hold_expired">(z.looseObject(ending)),
	"credits.refunded": entry<"credits.refunded">(refunded),
	"credits.plan_set": entry<"credits.plan_set">(nothing),
	"credits.plan_ended": entry<"credits.plan_ended">(z.looseObject({ reason: z.string().optional() })),
	"credits.plan_renewed": entry<"credits.plan_renewed">(nothing),
	"credits.rolled_over": entry<"credits.rolled_over">(z.looseObject({ from: z.string() })),
	"credits.terms_set": entry<"credits.terms_set">(nothing),
	"credits.low_balance": entry<"credits.low_balance">(z.looseObject({ available: z.number(), threshold: z.number() })),
} as const satisfies { [K in EntryKind]: z.ZodType<{ detail: EntryDetails[K] }> };

export type EntryBody = EventBody<EntryKind>;

/** The ledger entry that a row of the log recorded; the inverse of {@link entryBodyOf}. */
export function entryOf<K extends EntryKind>(kind: K, subject: string, body: EventBody<K>): Entry<K> {
	const { previous: _p, balance_before: _b, balance_after: _a, totals: _t, ...entry } = body;
	// zod writes optional members as `T | undefined`; JSON has no undefined, so a member that is there has a value.
	return { kind, subject, ...entry } as Entry<K>;
}

/** How an entry stands in the log: with the entry before it, and the balance and totals around it. */
export function entryBodyOf(
	{ kind: _kind, subject: _subject, ...entry }: Entry,
	before: Account,
	after: Account,
): EntryBody {
	const { granted, available, held, consumed, expired, voided } = after.totals;
	return {
		previous: before.last_entry,
		balance_before: before.totals.available,
		balance_after: available,
		totals: [granted, available, held, consumed, expired, voided],
		...entry,
	};
}
