import { z } from "@hono/zod-openapi";
import { LOT_KINDS } from "../domain/ledger.ts";
import * as limits from "../domain/limits.ts";
import { amount, anyAmount, credits, line } from "./credit-fields.ts";
import { id, inputTime, time } from "./schemas.ts";

/** Shapes of the credits resources; those of holds are in hold-schemas.ts. */
export * from "./hold-schemas.ts";

export const lotId = id("lot", "lot_0000000305m5t8cfgq3nkw7r");

const totals = {
	available: credits,
	held: credits,
	granted: credits,
	consumed: credits,
	expired: credits,
	voided: credits,
};

export const grantBody = z
	.strictObject({
		amount,
		kind: z.enum(LOT_KINDS),
		priority: z.int().min(0).max(limits.LOT_PRIORITY_MAX).default(limits.LOT_PRIORITY_DEFAULT),
		effective_at: inputTime.optional(),
		expires_at: inputTime.optional(),
		reference: line(limits.REFERENCE_CHARS_MAX).optional(),
	})
	.openapi("Grant", { example: { amount: 100, kind: "purchase", reference: "order 1042" } });

export const reasonBody = z
	.strictObject({ reason: line(limits.REASON_CHARS_MAX).optional() })
	.openapi("Reason", { example: { reason: "chargeback" } });

export const lot = z
	.object({
		id: z.string(),
		kind: z.enum(LOT_KINDS),
		status: z.enum(["scheduled", "active", "closed"]),
		amount: credits,
		priority: z.int(),
		...totals,
		effective_at: time,
		expires_at: time.nullable(),
		created_at: time,
		voided_at: time.nullable().openapi({
			description: "When the lot was voided; null if it was not. A voided lot is `closed` once nothing of it is held",
		}),
		noticed: z.boolean(),
		reference: z.string().nullable(),
	})
	.openapi("Lot");

const planTerms = {
	tier: z
		.string()
		.regex(/^[a-z0-9-]+$/, "lower-case letters, digits and - only")
		.max(limits.TIER_CHARS_MAX),
	amount: z.int().min(1).max(limits.PLAN_AMOUNT_MAX),
	anchor_day: z.int().min(1).max(31),
	rollover_cap: z.int().min(0).max(limits.PLAN_AMOUNT_MAX).default(0),
	rollover_days: z.int().min(1).max(limits.ROLLOVER_DAYS_MAX).default(30),
};
export const planBody = z.strictObject(planTerms).openapi("PlanTerms", {
	example: { tier: "pro", amount: 500, anchor_day: 31, rollover_cap: 100, rollover_days: 60 },
});

export const plan = z
	.object({
		tier: z.string(),
		amount: credits,
		anchor_day: z.int(),
		rollover_cap: credits,
		rollover_days: z.int(),
		next_at: time,
		lot: z.string(),
		rolled: z.boolean(),
		ended: z.boolean(),
	})
	.openapi("Plan");

const lowBalance = anyAmount.nullable();
const notice = z.int().min(0).max(limits.EXPIRING_NOTICE_S_MAX).nullable();
export const preferencesBody = z
	.strictObject({ low_balance_at: lowBalance.optional(), expiring_notice_s: notice.optional() })
	.openapi("CreditPreferences", {
		description: "Fields left out stay as they are; null turns one off.",
		example: { low_balance_at: 10, expiring_notice_s: 604800 },
	});
export const limitsBody = z
	.strictObject({ daily_cap: amount.nullable() })
	.openapi("CreditLimits", { example: { daily_cap: 200 } });
export const terms = z
	.object({
		low_balance_at: credits.nullable(),
		expiring_notice_s: z.int().nullable(),
		daily_cap: credits.nullable(),
	})
	.openapi("CreditTerms");

export const balance = z
	.object({
		...totals,
		lots: z.array(lot),
		closed: z.object(totals).openapi({ description: "Part of the totals that lots without credits make up" }),
		expiring: z.array(z.object({ at: time, lot: z.string(), amount: credits })),
		plan: plan.nullable(),
		terms,
	})
	.openapi("Balance");

export const balanceAsOf = z.object({ ...totals, as_of: time }).openapi("BalanceAsOf");

export const ledgerLine = z
	.object({
		seq: z.int(),
		at: time,
		actor: z.string(),
		kind: z.string(),
		subject: z.string(),
		balance_before: credits,
		balance_after: credits,
		postings: z.array(z.object({ lot: z.string(), from: z.string(), to: z.string(), amount: credits })),
		details: z.record(z.string(), z.unknown()),
	})
	.openapi("LedgerEntry");

export const verification = z
	.object({
		ok: z.boolean(),
		conservation: z.object({ ...totals, ok: z.boolean(), lot_count: z.int(), hold_count: z.int() }),
		chain: z.object({
			ok: z.boolean(),
			rows: z.int(),
			head_hash: z.string().nullable(),
			first_bad_seq: z.int().nullable(),
			anchored_seq: z.int().nullable(),
		}),
		records: z.object({
			ok: z.boolean(),
			first_difference: z.object({ table: z.string(), key: z.string(), detail: z.string() }).nullable(),
		}),
	})
	.openapi("Verification");

const sum = (description: string) => ({ description });

export const usage = z
	.object({
		items: z.array(
			z.object({
				day: z.string().nullable().openapi(sum("A date, UTC; null where the sums are by model")),
				model: z.string().nullable().openapi(sum("Empty where none was named; null where the sums are by day")),
				generations: z.int().openapi(sum("That ended on the day, of any kind")),
				completed: z.int().openapi(sum("Of these, those that were settled")),
				failed: z.int().openapi(sum("Of these, those that were released or ran out")),
				credits: z.int().openapi(sum("What they were charged, less what was refunded of it, whenever that was")),
				refunded: z.int().openapi(sum("What was refunded of it")),
				tokens: z.int().openapi(sum("Tokens that the providers counted, for failures too; no refund takes them back")),
				cost_cents: z
					.number()
					.openapi(sum("What the providers took, in cents with at most four decimals, for failures too")),
			}),
		),
		truncated: z.literal(true).optional().openapi({
			description: "There where more rows than are looked at belong to it: the oldest have no part in the sums",
		}),
	})
	.openapi("Usage");
