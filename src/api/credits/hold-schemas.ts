import { z } from "@hono/zod-openapi";
import { isCost } from "../../domain/credits/costs.ts";
import { GENERATION_STATUSES } from "../../domain/credits/generations.ts";
import { HOLD_STATUSES, LATE_SETTLES, OVER_CAPTURES } from "../../domain/credits/holds.ts";
import {
	CONVERSATION_BYTES_MAX,
	COST_CENTS_MAX,
	ERROR_CHARS_MAX,
	HOLD_TTL_S_DEFAULT,
	HOLD_TTL_S_MAX,
	MODEL_CHARS_MAX,
	PROMPT_BYTES_MAX,
	PURPOSE_CHARS_MAX,
	REASON_CHARS_MAX,
	TOKENS_USED_MAX,
} from "../../domain/credits/limits.ts";
import { id, quizId, time } from "../schemas.ts";
import { amount, anyAmount, credits, line } from "./fields.ts";

/** Shapes of holds: the records of generations. */

export const holdId = id("hold", "hld_0000000405m5t8cfgq3nkw7r");

const overCapture = z
	.union([
		z.enum(OVER_CAPTURES),
		z.strictObject({ overdraft: amount("Credits above the hold's that may be charged, as far as they are available") }),
	])
	.openapi("OverCapture", {
		description:
			"What a settlement of more than is held does: it is refused, it charges what is held, or it charges more",
	});
const lateSettle = z
	.enum(LATE_SETTLES)
	.describe("What a settlement does after the hold has run out: it is refused, or charges what is available then");

const text = (bytesMax: number, description: string) =>
	z
		.string()
		.refine((value) => Buffer.byteLength(value) <= bytesMax, `must have at most ${bytesMax} bytes`)
		.describe(`${description}, at most ${bytesMax.toLocaleString("en")} bytes`);

const turn = z
	.strictObject({
		role: z.enum(["system", "user", "assistant", "tool"]).describe("Who speaks"),
		content: z.string().describe("What is said"),
	})
	.openapi("Turn", { description: "One turn of a conversation with a model" });

/** Stored as its JSON text. */
const conversation = z
	.array(turn)
	.refine(
		(turns) => Buffer.byteLength(JSON.stringify(turns)) <= CONVERSATION_BYTES_MAX,
		`must have at most ${CONVERSATION_BYTES_MAX} bytes as JSON`,
	)
	.describe(`The conversation with the model, at most ${CONVERSATION_BYTES_MAX.toLocaleString("en")} bytes as JSON`);

const MODEL = "What the generation runs on, as the provider calls it";
const PURPOSE = "What the credits are for";

export const reserveBody = z
	.strictObject({
		amount: amount("Credits to reserve"),
		ttl_s: z
			.int()
			.min(1)
			.max(HOLD_TTL_S_MAX)
			.default(HOLD_TTL_S_DEFAULT)
			.describe("Seconds until the hold runs out and its credits go back"),
		purpose: line(PURPOSE_CHARS_MAX, PURPOSE).optional(),
		model: line(MODEL_CHARS_MAX, MODEL).optional(),
		prompt: text(PROMPT_BYTES_MAX, "What the model is asked").optional(),
		conversation: conversation.optional(),
		unit_price: amount("Credits of one delivered unit, to settle by `units`").optional(),
		over_capture: overCapture.default("reject"),
		late_settle: lateSettle.default("reject"),
	})
	.openapi("Reservation", {
		description: "Credits to reserve before a generation",
		example: { amount: 5, ttl_s: 600, purpose: "quiz generation", model: "gpt-5-mini" },
	});

/** Of generations that came to something, and of those that came to nothing: both were paid for. */
const providerUsage = {
	tokens_used: z
		.int()
		.min(0)
		.max(TOKENS_USED_MAX)
		.optional()
		.describe("Tokens that the provider counted, in and out together"),
	cost_cents: z
		.number()
		.min(0)
		.max(COST_CENTS_MAX)
		.refine(isCost, "must have at most four decimals")
		.optional()
		.openapi({ description: "What the provider takes, in cents with at most four decimals", multipleOf: 0.0001 }),
};

export const settleBody = z
	.strictObject({
		amount: anyAmount("Credits to charge").optional(),
		units: anyAmount(
			"Delivered units, charged at the hold's `unit_price`; with an `amount` too, that is charged and the units are only recorded",
		).optional(),
		...providerUsage,
		quiz: quizId.optional().describe("The quiz that came of it"),
		conversation: conversation.optional(),
	})
	.refine((body) => body.amount !== undefined || body.units !== undefined, {
		path: ["amount"],
		message: "say `amount`, or `units` of a hold with a `unit_price`",
	})
	.openapi("Settlement", {
		description: "What a generation came to: an `amount`, or `units` of a hold with a `unit_price`",
		example: { amount: 4, tokens_used: 5321, cost_cents: 2.35 },
	});

export const releaseBody = z
	.strictObject({
		reason: line(REASON_CHARS_MAX, "Why it is released").optional(),
		error: line(ERROR_CHARS_MAX, "What went wrong, as the provider says it").optional(),
		...providerUsage,
	})
	.openapi("Release", {
		description: "Why a generation came to nothing, and what the provider took nevertheless",
		example: { reason: "provider failed", error: "timeout after 30 s", tokens_used: 812 },
	});

export const extensionBody = z
	.strictObject({
		ttl_s: z
			.int()
			.min(1)
			.max(HOLD_TTL_S_MAX)
			.optional()
			.describe("Seconds from now until the hold runs out; never shortens it"),
		amount: amount("Credits to reserve besides").optional(),
	})
	.refine((body) => body.ttl_s !== undefined || body.amount !== undefined, {
		path: ["ttl_s"],
		message: "say `ttl_s`, `amount`, or both",
	})
	.openapi("Extension", { description: "More time, more credits, or both", example: { ttl_s: 600, amount: 2 } });

export const refundBody = z
	.strictObject({
		amount: amount("Credits to give back; absent: all that were charged and not refunded yet").optional(),
		reason: line(REASON_CHARS_MAX, "Why, for the ledger").optional(),
	})
	.openapi("Refund", {
		description: "What to give back of a settled hold",
		example: { amount: 2, reason: "half of the questions were wrong" },
	});

const slice = z
	.object({ lot: z.string().describe("The lot"), amount: credits("Credits of it") })
	.openapi("Slice", { description: "A part of a hold that is of one lot" });
const textOrNull = (description: string) => z.string().nullable().describe(description);

export const holdRecord = z
	.object({
		id: z.string().describe("The hold"),
		status: z.enum(HOLD_STATUSES).describe("Where it stands; all but `held` are for ever"),
		generation: z
			.enum(GENERATION_STATUSES)
			.describe("What became of the generation: completed if the hold was settled, failed if it ended otherwise"),
		amount: credits("Credits that were reserved"),
		slices: z.array(slice).describe("Of which lots, in the order in which they are used"),
		over_capture: overCapture,
		late_settle: lateSettle,
		unit_price: credits("Credits of one delivered unit; null where it is settled by amount").nullable(),
		purpose: textOrNull(PURPOSE),
		model: textOrNull(MODEL),
		prompt: textOrNull("What the model was asked"),
		conversation: z
			.array(
				z
					.object({ role: z.string().describe("Who speaks"), content: z.string().describe("What is said") })
					.openapi("SaidTurn", { description: "One turn of a conversation with a model" }),
			)
			.nullable()
			.describe("The conversation with the model"),
		opened_at: time("When it was reserved"),
		expires_at: time("When it runs out, unless it has ended"),
		ended_at: time("When it ended; null while it is `held`").nullable(),
		settled: credits("Credits that were charged"),
		used: z.array(slice).describe("Of which lots that was"),
		returned: credits("Credits that came back to their lots"),
		lapsed: credits("Credits that did not come back, since their lot expired or was voided under the hold"),
		shortfall: credits("Credits that a settlement asked for and could not charge"),
		refunded: credits("Of what was charged, credits that were given back since"),
		units: z.int().min(0).nullable().describe("Delivered units, as the settlement says"),
		tokens_used: z
			.int()
			.min(0)
			.nullable()
			.describe("Tokens that the provider counted, also where the generation failed"),
		cost_cents: z
			.number()
			.min(0)
			.nullable()
			.describe("What the provider took, in cents with at most four decimals, also for a failure"),
		quiz: textOrNull("The quiz that came of it"),
		reason: textOrNull("Why it was released"),
		error: textOrNull("What went wrong, as the release says"),
	})
	.openapi("HoldRecord", { description: "A hold: the record of a generation" });

/** Lists leave the texts out; one hold has them. */
export const holdSummary = holdRecord
	.omit({ prompt: true, conversation: true })
	.openapi("HoldSummary", { description: "A hold without its prompt and conversation" });

export const hold = holdRecord
	.extend({ available: credits("Credits that the user has besides it, after the change") })
	.openapi("Hold", { description: "A hold after a change, and what is available then" });
