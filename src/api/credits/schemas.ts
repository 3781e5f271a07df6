import { z } from "@hono/zod-openapi";
import { BUCKETS, LOT_KINDS } from "../../domain/credits/ledger.ts";
import {
	EXPIRING_NOTICE_S_MAX,
	LOT_PRIORITY_DEFAULT,
	LOT_PRIORITY_MAX,
	PLAN_AMOUNT_MAX,
	REASON_CHARS_MAX,
	REFERENCE_CHARS_MAX,
	ROLLOVER_DAYS_MAX,
	TIER_CHARS_MAX,
} from "../../domain/credits/limits.ts";
import { LOT_STATUSES } from "../../domain/credits/lots.ts";
import { id, inputTime, time } from "../schemas.ts";
import { amount, anyAmount, credits, line } from "./fields.ts";

/** Shapes of the credits resources; those of holds are in hold-schemas.ts. */
export * from "./hold-schemas.ts";

export const lotId = id("lot", "lot_0000000305m5t8cfgq3nkw7r");

const totals = {
	available: credits("Credits that can be reserved or charged now"),
	held: credits("Credits that open holds have reserved"),
	granted: credits("Credits that were ever granted: the sum of the others"),
	consumed: credits("Credits that were charged, less refunds"),
	expired: credits("Credits that expired unused"),
	voided: credits("Credits that were taken back"),
};
const lotKind = z
	.enum(LOT_KINDS)
	.describe("What the credits are: they are spent in the order of expiry, then of priority");
const priority = z.int().min(0).max(LOT_PRIORITY_MAX);
const PRIORITY = "Which of several lots that expire together is spent first: the lowest";

export const grantBody = z
	.strictObject({
		amount: amount("Credits to grant"),
		kind: lotKind,
		priority: priority.default(LOT_PRIORITY_DEFAULT).describe(PRIORITY),
		effective_at: inputTime("From when on they can be spent; absent or past: from now on").optional(),
		expires_at: inputTime("When what is left of them expires; absent: never").optional(),
		reference: line(REFERENCE_CHARS_MAX, "What it is for, as in the number of an order").optional(),
	})
	.openapi("Grant", {
		description: "Credits to grant",
		example: { amount: 100, kind: "purchase", reference: "order 1042" },
	});

export const reasonBody = z
	.strictObject({ reason: line(REASON_CHARS_MAX, "Why, for the ledger").optional() })
	.openapi("Reason", { description: "Why it is done", example: { reason: "chargeback" } });

export const lot = z
	.object({
		id: z.string().describe("The lot"),
		status: z.enum(LOT_STATUSES).describe("Whether it is still to come, can be spent, or has nothing left"),
		kind: lotKind,
		amount: credits("Credits that were granted"),
		priority: priority.describe(PRIORITY),
		...totals,
		effective_at: time("From when on it can be spent"),
		expires_at: time("When what is left of it expires; null: never").nullable(),
		created_at: time("When it was granted"),
		voided_at: time(
			"When it was voided; null if it was not. A voided lot is `closed` once nothing of it is held",
		).nullable(),
		noticed: z.boolean().describe("Whether the log has said that it expires soon"),
		reference: z.string().nullable().describe("What it is for, as the grant says"),
	})
	.openapi("Lot", { description: "Credits that were granted together" });

const tier = z
	.string()
	.regex(/^[a-z0-9-]+$/, "lower-case letters, digits and - only")
	.max(TIER_CHARS_MAX)
	.describe("Name of the plan: lower-case letters, digits and -");
const anchorDay = z
	.int()
	.min(1)
	.max(31)
	.describe("Day of the month, UTC, on which a period begins; the last one where the month is shorter");
const ROLLOVER_CAP = "Unspent credits that go over into the next period at most";
const ROLLOVER_DAYS = "Days after which those expire";

export const planBody = z
	.strictObject({
		tier,
		amount: z.int().min(1).max(PLAN_AMOUNT_MAX).describe("Credits of each period"),
		anchor_day: anchorDay,
		rollover_cap: z.int().min(0).max(PLAN_AMOUNT_MAX).default(0).describe(ROLLOVER_CAP),
		rollover_days: z.int().min(1).max(ROLLOVER_DAYS_MAX).default(30).describe(ROLLOVER_DAYS),
	})
	.openapi("PlanTerms", {
		description: "What a monthly plan gives",
		example: { tier: "pro", amount: 500, anchor_day: 31, rollover_cap: 100, rollover_days: 60 },
	});

export const plan = z
	.object({
		tier,
		amount: credits("Credits of each period"),
		anchor_day: anchorDay,
		rollover_cap: credits(ROLLOVER_CAP),
		rollover_days: z.int().min(1).describe(ROLLOVER_DAYS),
		next_at: time("When the current period ends"),
		lot: z.string().describe("The lot of the current period"),
		rolled: z.boolean().describe("Whether what goes over into the next period has been booked"),
		ended: z.boolean().describe("Whether it ends with the current period"),
	})
	.openapi("Plan", { description: "The monthly plan" });

const LOW_BALANCE = "The log says `credits.low_balance` when less than so many credits are available";
const NOTICE = "Seconds before a lot expires at which the log says `credits.expiring_soon`";
const DAILY_CAP = "Most credits that may be charged or held within a day, UTC";

export const preferencesBody = z
	.strictObject({
		low_balance_at: anyAmount(LOW_BALANCE).nullable().optional(),
		expiring_notice_s: z.int().min(0).max(EXPIRING_NOTICE_S_MAX).nullable().optional().describe(NOTICE),
	})
	.openapi("CreditPreferences", {
		description: "Fields left out stay as they are; null turns one off",
		example: { low_balance_at: 10, expiring_notice_s: 604800 },
	});
export const limitsBody = z
	.strictObject({ daily_cap: amount(`${DAILY_CAP}; null for no limit`).nullable() })
	.openapi("CreditLimits", { description: "What limits the spending", example: { daily_cap: 200 } });
export const terms = z
	.object({
		low_balance_at: credits(`${LOW_BALANCE}; null: never`).nullable(),
		expiring_notice_s: z.int().min(0).nullable().describe(`${NOTICE}; null: never`),
		daily_cap: credits(`${DAILY_CAP}; null for no limit`).nullable(),
	})
	.openapi("CreditTerms", { description: "What the log says, and what limits the spending" });

const creditTotals = z.object(totals).openapi("CreditTotals", { description: "Sums over lots" });

export const balance = z
	.object({
		...totals,
		lots: z.array(lot).describe("Lots that have credits or are still to come, in the order in which they are spent"),
		closed: creditTotals.openapi({ description: "Part of the totals that lots without credits make up" }),
		expiring: z
			.array(
				z
					.object({
						at: time("When they expire"),
						lot: z.string().describe("The lot"),
						amount: credits("Credits that expire unless they are spent before"),
					})
					.openapi("Expiry", { description: "Credits that expire together" }),
			)
			.describe("What expires, soonest first"),
		plan: plan.nullable(),
		terms,
	})
	.openapi("Balance", { description: "What the user has now, in total and by lot" });

export const balanceAsOf = z
	.object({ ...totals, as_of: time("The instant that was asked for") })
	.openapi("BalanceAsOf", { description: "What the user had at a past instant" });

export const ledgerLine = z
	.object({
		seq: z.int().min(1).describe("The row of the user's log that holds it"),
		at: time("When it was booked"),
		actor: z.string().describe("Who did it: a user, a service, or `system` for what is due by the clock"),
		kind: z.string().describe("What happened, as in `credits.settled`"),
		subject: z.string().describe("The hold or lot that it is about"),
		balance_before: credits("Credits available before it"),
		balance_after: credits("Credits available after it"),
		postings: z
			.array(
				z
					.object({
						lot: z.string().describe("The lot"),
						from: z.enum(["granted", ...BUCKETS]).describe("Where they were; `granted` brings them into being"),
						to: z.enum(BUCKETS).describe("Where they are"),
						amount: credits("How many"),
					})
					.openapi("Posting", { description: "Credits of a lot that went from one state to another" }),
			)
			.describe("What went where; empty where nothing did"),
		details: z.record(z.string(), z.unknown()).describe("What the kind says besides"),
	})
	.openapi("LedgerEntry", { description: "An entry of the ledger" });

const ok = (description: string) => z.boolean().describe(description);
export const verification = z
	.object({
		ok: ok("Whether everything agrees"),
		conservation: z
			.object({
				...totals,
				ok: ok("Whether what was granted is the sum of the others, for each lot and in total"),
				lot_count: z.int().min(0).describe("Lots that there are"),
				hold_count: z.int().min(0).describe("Holds that there are"),
			})
			.describe("The sums, booked again from the log"),
		chain: z
			.object({
				ok: ok("Whether each row's hash is what it and the rows before it give"),
				rows: z.int().min(0).describe("Rows of the log"),
				head_hash: z.string().nullable().describe("Of the last row, as the change feed shows it; null without rows"),
				first_bad_seq: z.int().nullable().describe("The first row whose hash is another; null for none"),
				anchored_seq: z.int().nullable().describe("The last row whose hash the catalog has too; null for none"),
			})
			.describe("The log's chain of hashes"),
		records: z
			.object({
				ok: ok("Whether the stored records are what the log gives"),
				first_difference: z
					.object({
						table: z.string().describe("Table of the shard"),
						key: z.string().describe("Its row"),
						detail: z.string().describe("What is another, for people"),
					})
					.nullable()
					.describe("The first that is not; null for none"),
			})
			.describe("The stored records, compared with a replay of the log"),
	})
	.openapi("Verification", { description: "What a replay of the whole log found" });

const usageRow = z
	.object({
		day: z.string().nullable().describe("A date, UTC; null where the sums are by model"),
		model: z.string().nullable().describe("Empty where none was named; null where the sums are by day"),
		generations: z.int().min(0).describe("Generations that ended on the day, of any kind"),
		completed: z.int().min(0).describe("Of these, those that were settled"),
		failed: z.int().min(0).describe("Of these, those that were released or ran out"),
		credits: credits("Credits that they were charged, less what was refunded of it, whenever that was"),
		refunded: credits("Credits that were refunded of it"),
		tokens: z.int().min(0).describe("Tokens that the providers counted, for failures too; no refund takes them back"),
		cost_cents: z
			.number()
			.min(0)
			.describe("What the providers took, in cents with at most four decimals, for failures too"),
	})
	.openapi("UsageRow", { description: "Sums over the generations of a day or of a model" });

export const usage = z
	.object({
		items: z.array(usageRow).describe("By day or by model, as asked for"),
		truncated: z
			.literal(true)
			.optional()
			.describe("There where more rows than are looked at belong to it: the oldest have no part in the sums"),
	})
	.openapi("Usage", { description: "AI usage and cost" });
