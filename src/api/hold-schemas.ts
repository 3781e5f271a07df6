import { z } from "@hono/zod-openapi";
import { isCost } from "../domain/costs.ts";
import { HOLD_STATUSES, LATE_SETTLES, OVER_CAPTURES } from "../domain/credits.ts";
import * as limits from "../domain/limits.ts";
import { amount, anyAmount, credits, line } from "./credit-fields.ts";
import { id, quizId, time } from "./schemas.ts";

/** Shapes of holds: the records of generations. */

export const holdId = id("hold", "hld_0000000405m5t8cfgq3nkw7r");

const overCapture = z.union([z.enum(OVER_CAPTURES), z.strictObject({ overdraft: amount })]);

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
		late_settle: z.enum(LATE_SETTLES).default("reject"),
	})
	.openapi("Reservation", { example: { amount: 5, ttl_s: 600, purpose: "quiz generation", model: "gpt-5-mini" } });

/** Of generations that came to something, and of those that came to nothing: both were paid for. */
const providerUsage = {
	tokens_used: z
		.int()
		.min(0)
		.max(limits.TOKENS_USED_MAX)
		.optional()
		.openapi({ description: "Tokens that the provider counted, in and out together" }),
	cost_cents: z
		.number()
		.min(0)
		.max(limits.COST_CENTS_MAX)
		.refine(isCost, "must have at most four decimals")
		.optional()
		.openapi({ description: "What the provider takes, in cents with at most four decimals", multipleOf: 0.0001 }),
};

export const settleBody = z
	.strictObject({
		amount: anyAmount.optional(),
		units: anyAmount.optional().openapi({
			description:
				"Delivered units, charged at the hold's `unit_price`; with an `amount` too, that is charged and the units are only recorded",
		}),
		...providerUsage,
		quiz: quizId.optional(),
		conversation: conversation.optional(),
	})
	.refine((body) => body.amount !== undefined || body.units !== undefined, {
		path: ["amount"],
		message: "say `amount`, or `units` of a hold with a `unit_price`",
	})
	.openapi("Settlement", { example: { amount: 4, tokens_used: 5321, cost_cents: 2.35 } });

export const releaseBody = z
	.strictObject({
		reason: line(limits.REASON_CHARS_MAX).optional(),
		error: line(limits.ERROR_CHARS_MAX).optional(),
		...providerUsage,
	})
	.openapi("Release", { example: { reason: "provider failed", error: "timeout after 30 s", tokens_used: 812 } });

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

const slices = z.array(z.object({ lot: z.string(), amount: credits }));

const of = (description: string) => ({ description });
const textOrNull = z.string().nullable();

export const holdRecord = z
	.object({
		id: z.string(),
		status: z.enum(HOLD_STATUSES),
		generation: z
			.enum(["pending", "completed", "failed"])
			.openapi(of("Completed if it was settled, failed if it ended otherwise")),
		amount: credits.openapi(of("What was reserved")),
		slices: slices.openapi(of("Of which lots, in the order in which they are used")),
		over_capture: overCapture,
		late_settle: z.enum(LATE_SETTLES),
		unit_price: credits.nullable().openapi(of("Credits of one delivered unit")),
		purpose: textOrNull,
		model: textOrNull.openapi(of("What the generation ran on, as the reservation says")),
		prompt: textOrNull,
		conversation: z.array(z.object({ role: z.string(), content: z.string() })).nullable(),
		opened_at: time,
		expires_at: time.openapi(of("When it runs out, unless it has ended; milliseconds since the epoch")),
		ended_at: time.nullable(),
		settled: credits.openapi(of("What was charged")),
		used: slices.openapi(of("Of which lots that was")),
		returned: credits.openapi(of("What came back to its lots")),
		lapsed: credits.openapi(of("What did not come back, since its lot expired or was voided under the hold")),
		shortfall: credits.openapi(of("What a settlement asked for and could not charge")),
		refunded: credits.openapi(of("Of what was charged, what was given back since")),
		units: z.int().nullable().openapi(of("Delivered units, as the settlement says")),
		tokens_used: z.int().nullable().openapi(of("Tokens that the provider counted, also where the generation failed")),
		cost_cents: z
			.number()
			.nullable()
			.openapi(of("What the provider took, in cents with at most four decimals, also for a failure")),
		quiz: textOrNull.openapi(of("The quiz that came of it")),
		reason: textOrNull.openapi(of("Why it was released")),
		error: textOrNull.openapi(of("What went wrong, as the release says")),
	})
	.openapi("HoldRecord");

/** Lists leave the texts out; one hold has them. */
export const holdSummary = holdRecord.omit({ prompt: true, conversation: true }).openapi("HoldSummary");

export const hold = holdRecord.extend({ available: credits }).openapi("Hold");
