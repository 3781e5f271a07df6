import { z } from "@hono/zod-openapi";
import * as limits from "../domain/limits.ts";
import { amount, anyAmount, credits, line } from "./credit-fields.ts";
import { id, quizId, time } from "./schemas.ts";

/** Shapes of holds: the records of generations. */

export const holdId = id("hold", "hld_0000000405m5t8cfgq3nkw7r");

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
		units: anyAmount.optional().openapi({
			description:
				"Delivered units, charged at the hold's `unit_price`; with an `amount` too, that is charged and the units are only recorded",
		}),
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
