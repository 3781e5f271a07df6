import { z } from "@hono/zod-openapi";
import { LOT_KINDS } from "../domain/ledger.ts";
import * as limits from "../domain/limits.ts";
import { id, inputTime, quizId, time } from "./schemas.ts";

/** Shapes of the credits resources. */

export const holdId = id("hold", "hld_0000000405m5t8cfgq3nkw7r");
export const lotId = id("lot", "lot_0000000305m5t8cfgq3nkw7r");

const credits = z.int().min(0);
const amount = z.int().min(1).max(limits.CREDIT_AMOUNT_MAX);
const anyAmount = z.int().min(0).max(limits.CREDIT_AMOUNT_MAX);
const line = (charsMax: number) => z.string().min(1).max(charsMax);

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
		...{ id: z.string(), kind: z.enum(LOT_KINDS), status: z.enum(["scheduled", "active", "closed"]) },
		...{ amount: credits, priority: z.int(), ...totals },
		...{ effective_at: time, expires_at: time.nullable(), created_at: time },
		voided_at: time.nullable().openapi({
			description: "When the lot was voided; null if it was not. A voided lot is `closed` once nothing of it is held",
		}),
		...{ noticed: z.boolean(), reference: z.string().nullable() },
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
		...{ tier: z.string(), amount: credits, anchor_day: z.int(), rollover_cap: credits, rollover_days: z.int() },
		...{ next_at: time, lot: z.string(), rolled: z.boolean() },
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
		...{ low_balance_at: credits.nullable(), expiring_notice_s: z.int().nullable(), daily_cap: credits.nullable() },
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

const overCapture = z.union([z.enum(["reject", "cap"]), z.strictObject({ overdraft: amount })]);

const text = (bytesMax: number) =>
	z.string().refine((value) => Buffer.byteLength(value) <= bytesMax, `must have at most ${bytesMax} bytes`);

/** Stored as its JSON text. */
const conversation = z
	.array(z.strictObject({ role: z.enum(["system", "user", "assistant", "tool"]), content: z.string() }))
	.refine(
		(turns) => Buffer.byteLength(JSON.stringify(turns)) <= limits.CONVERSATION_BYTES_MAX,
		`must have at most ${limits.CONVERSATION_BYTES_MAX} bytes as JSON`,
	);

export const reserveBody = z
	.strictObject({
		amount,
		ttl_s: z.int().min(1).max(limits.HOLD_TTL_S_MAX).default(limits.HOLD_TTL_S_DEFAULT),
		purpose: line(limits.PURPOSE_CHARS_MAX).optional(),
		model: line(limits.MODEL_CHARS_MAX).optional(),
		prompt: text(limits.PROMPT_BYTES_MAX).optional(),
		conversation: conversation.optional(),
		unit_price: amount.optional().openapi({ description: "Credits of one delivered unit, to settle by `units`" }),
		over_capture: overCapture.default("reject"),
		late_settle: z.enum(["reject", "charge"]).default("reject"),
	})
	.openapi("Reservation", { example: { amount: 5, ttl_s: 600, purpose: "quiz generation", model: "gpt-5-mini" } });

export const settleBody = z
	.strictObject({
		amount: anyAmount.optional(),
		units: anyAmount.optional().openapi({ description: "Delivered units, charged at the hold's `unit_price`" }),
		tokens_used: z.int().min(0).max(limits.TOKENS_USED_MAX).optional(),
		cost_cents: z.int().min(0).max(limits.COST_CENTS_MAX).optional(),
		quiz: quizId.optional(),
		conversation: conversation.optional(),
	})
	.refine((body) => body.amount !== undefined || body.units !== undefined, {
		path: ["amount"],
		message: "say `amount`, or `units` of a hold with a `unit_price`",
	})
	.openapi("Settlement", { example: { amount: 4, tokens_used: 5321, cost_cents: 2 } });

export const releaseBody = z
	.strictObject({
		reason: line(limits.REASON_CHARS_MAX).optional(),
		error: line(limits.ERROR_CHARS_MAX).optional(),
	})
	.openapi("Release", { example: { reason: "provider failed", error: "timeout after 30 s" } });

export const extensionBody = z
	.strictObject({ ttl_s: z.int().min(1).max(limits.HOLD_TTL_S_MAX).optional(), amount: amount.optional() })
	.refine((body) => body.ttl_s !== undefined || body.amount !== undefined, {
		path: ["ttl_s"],
		message: "say `ttl_s`, `amount`, or both",
	})
	.openapi("Extension", { example: { ttl_s: 600, amount: 2 } });

export const refundBody = z
	.strictObject({ amount: amount.optional(), reason: line(limits.REASON_CHARS_MAX).optional() })
	.openapi("Refund", { example: { amount: 2, reason: "half of the questions were wrong" } });

export const HOLD_STATUSES = ["held", "settled", "released", "expired"] as const;

const slices = z.array(z.object({ lot: z.string(), amount: credits }));

export const holdRecord = z
	.object({
		...{ id: z.string(), status: z.enum(HOLD_STATUSES), generation: z.enum(["pending", "completed", "failed"]) },
		...{ amount: credits, slices, over_capture: overCapture, late_settle: z.enum(["reject", "charge"]) },
		unit_price: credits.nullable(),
		...{ purpose: z.string().nullable(), model: z.string().nullable(), prompt: z.string().nullable() },
		conversation: z.array(z.object({ role: z.string(), content: z.string() })).nullable(),
		...{ prompt_digest: z.string().nullable(), conversation_digest: z.string().nullable() },
		...{ opened_at: time, expires_at: time, ended_at: time.nullable() },
		...{ settled: credits, used: slices, returned: credits, lapsed: credits, shortfall: credits, refunded: credits },
		...{ units: z.int().nullable(), tokens_used: z.int().nullable(), cost_cents: z.int().nullable() },
		...{ quiz: z.string().nullable(), reason: z.string().nullable(), error: z.string().nullable() },
	})
	.openapi("HoldRecord");

/** Lists leave the texts out; one hold has them. */
export const holdSummary = holdRecord.omit({ prompt: true, conversation: true }).openapi("HoldSummary");

export const hold = holdRecord.extend({ available: credits }).openapi("Hold");

export const ledgerLine = z
	.object({
		...{ seq: z.int(), at: time, actor: z.string(), kind: z.string(), subject: z.string() },
		...{ balance_before: credits, balance_after: credits },
		postings: z.array(z.object({ lot: z.string(), from: z.string(), to: z.string(), amount: credits })),
		detail: z.record(z.string(), z.unknown()),
	})
	.openapi("LedgerEntry");

export const verification = z
	.object({
		ok: z.boolean(),
		conservation: z.object({ ...totals, ok: z.boolean(), lots: z.int(), holds: z.int() }),
		chain: z.object({
			...{ ok: z.boolean(), rows: z.int(), head_hash: z.string().nullable(), first_bad_seq: z.int().nullable() },
		}),
		records: z.object({
			ok: z.boolean(),
			first_difference: z.object({ table: z.string(), key: z.string(), detail: z.string() }).nullable(),
		}),
	})
	.openapi("Verification");

export const usage = z
	.object({
		items: z.array(
			z.object({
				...{ day: z.string().nullable(), model: z.string().nullable() },
				...{ generations: z.int(), completed: z.int(), failed: z.int(), credits: z.int() },
				...{ tokens: z.int(), cost_cents: z.int() },
			}),
		),
	})
	.openapi("Usage");
