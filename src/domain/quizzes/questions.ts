import { z } from "zod";
import { decimalText, parseDecimal } from "../decimal.ts";
import { MEDIA_ALT_CHARS_MAX } from "../media/limits.ts";
import {
	ACCEPTED_TEXTS_MAX,
	CHOICES_MAX,
	EXPLANATION_CHARS_MAX,
	FURTHER_NUMBERS_MAX,
	HINT_CHARS_MAX,
	MARK_PARTS,
	MARKS_MAX,
	MARKS_MIN,
	NUMERIC_DIGITS_MAX,
	OPTION_CHARS_MAX,
	OPTION_FEEDBACK_CHARS_MAX,
	OPTIONS_MAX,
	OPTIONS_MIN,
	QUESTION_ID_CHARS_MAX,
	QUESTION_TEXT_CHARS_MAX,
} from "./limits.ts";

/**
 * The types of questions. A question without `type` is a single choice, as in the import files: its content keeps the text
 * and the hash that it always had, so no further default is ever written into a content. `marks` always was. Answers say the type of all.
 */

export const line = (charsMax: number) => z.string().trim().min(1).max(charsMax);

const questionId = z
	.union([z.int().min(0), z.string().regex(/^[A-Za-z0-9_.-]+$/, "letters, digits and _ . - only")])
	.transform(String)
	.refine((id) => id !== "__proto__", "cannot be an id")
	.pipe(z.string().min(1).max(QUESTION_ID_CHARS_MAX));

/**
 * A list of bounded length. One that is too long is not looked into. A bare `max()` would also keep the checks around it
 * from running, and so hide other faults of the document.
 */
function listOf<S extends z.ZodType>(item: S, min: number, max: number) {
	const notTooLong = z.transform((list: z.input<S>[], context): z.input<S>[] => {
		if (Array.isArray(list) && list.length > max) {
			const limit = { code: "too_big" as const, origin: "array" as const, maximum: max, inclusive: true };
			context.issues.push({ ...limit, input: list, continue: true });
		}
		return list;
	});
	return z.pipe(notTooLong, z.array(item).min(min).max(max));
}

const texts = (max: number = OPTIONS_MAX) => listOf(line(OPTION_CHARS_MAX), OPTIONS_MIN, max);
const index = z.int().min(0);
/** How many there must be, where that is known, depends on other fields. */
const indices = listOf(index, 1, OPTIONS_MAX);

const A_NUMBER = `must be a number or its decimal text, with at most ${NUMERIC_DIGITS_MAX} digits before the point and ${NUMERIC_DIGITS_MAX} after it`;

/** Exact: kept as its decimal text. A JSON number has some 16 digits; more can be said in a text. */
const decimal = z.union([z.number(), z.string()], A_NUMBER).transform((value, context): string => {
	const parsed = parseDecimal(value);
	if (parsed) return decimalText(parsed);
	context.addIssue({ code: "custom", message: A_NUMBER });
	return z.NEVER;
});
const notNegative = decimal.refine((text) => !text.startsWith("-"), "must not be negative");

/** A medium by the SHA-256 of its bytes. */
export const mediaHash = z.string().regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a medium: 64 hex digits");

/** Two decimals at most; a binary fraction that is next to them is them. */
const marks = z
	.number()
	.min(MARKS_MIN)
	.max(MARKS_MAX)
	.transform((given, context): number => {
		const rounded = Math.round(given * MARK_PARTS) / MARK_PARTS;
		if (Math.abs(given - rounded) < MARKS_ERROR) return rounded;
		context.addIssue({ code: "custom", message: "must have at most two decimals" });
		return z.NEVER;
	});
const MARKS_ERROR = 1e-9;

const common = {
	id: questionId,
	question: line(QUESTION_TEXT_CHARS_MAX),
	marks: marks.default(1),
	/** Shown with the question. */
	hint: line(HINT_CHARS_MAX).optional(),
	/** Never shown before the key is. */
	explanation: line(EXPLANATION_CHARS_MAX).optional(),
	/** Shown with the question; `alt` says what it shows to those who do not see it. */
	image: z.strictObject({ media: mediaHash, alt: line(MEDIA_ALT_CHARS_MAX) }).optional(),
};

/** For each option what is said of it, or ''. Never shown before the key is. */
const optionFeedback = listOf(z.string().trim().max(OPTION_FEEDBACK_CHARS_MAX), OPTIONS_MIN, OPTIONS_MAX).optional();

const singleChoice = z.strictObject({
	...common,
	/** Whether it was said or not, it is not kept: equal questions are equal texts, and the first ones were written without. */
	type: z
		.literal("single_choice")
		.optional()
		.transform((): "single_choice" | undefined => undefined),
	options: texts(),
	/** Index of the right option. */
	correctAnswer: index,
	option_feedback: optionFeedback,
});

/** How a question with several right options is marked: all or nothing, or by how many of them were chosen. */
export const SCORINGS = ["all_or_nothing", "partial"] as const;

const multipleChoice = z.strictObject({
	...common,
	type: z.literal("multiple_choice"),
	options: texts(),
	/** Indices of the right options, in any order. */
	correct_answers: indices,
	/** Absent: `all_or_nothing`. */
	scoring: z.enum(SCORINGS).optional(),
	option_feedback: optionFeedback,
});

const trueFalse = z.strictObject({ ...common, type: z.literal("true_false"), correct: z.boolean() });

export const TOLERANCE_KINDS = ["absolute", "relative"] as const;
export type ToleranceKind = (typeof TOLERANCE_KINDS)[number];

const rightNumber = {
	correct: decimal,
	/** Absent: 0. */
	tolerance: notNegative.optional(),
	/** Absent: `absolute`. A relative one is a share of the right number: 0.05 is 5 %. */
	tolerance_kind: z.enum(TOLERANCE_KINDS).optional(),
};

const numeric = z.strictObject({
	...common,
	type: z.literal("numeric"),
	...rightNumber,
	/** Further numbers that are right, each with its own tolerance. */
	also: listOf(z.strictObject(rightNumber), 1, FURTHER_NUMBERS_MAX).optional(),
});

const shortText = z.strictObject({
	...common,
	type: z.literal("short_text"),
	accepted: listOf(line(OPTION_CHARS_MAX), 1, ACCEPTED_TEXTS_MAX),
	// Absent: false.
	case_sensitive: z.boolean().optional(),
	accent_sensitive: z.boolean().optional(),
	whitespace_sensitive: z.boolean().optional(),
	/** Whether an asterisk in an accepted text stands for any text; `\*` then stands for itself. Absent: false. */
	wildcards: z.boolean().optional(),
});

const ordering = z.strictObject({
	...common,
	type: z.literal("ordering"),
	/** In the order in which they are shown. */
	items: texts(),
	/** Indices of all items in the right order. */
	correct_order: indices,
});

const matching = z.strictObject({
	...common,
	type: z.literal("matching"),
	prompts: texts(),
	/** May be more than are right for a prompt; one may be right for several. */
	choices: texts(CHOICES_MAX),
	/** For each prompt the index of its choice. */
	correct_matches: indices,
});

export const QUESTION_TYPES = [
	"single_choice",
	"multiple_choice",
	"true_false",
	"numeric",
	"short_text",
	"ordering",
	"matching",
] as const;

export const questionSchema = z.discriminatedUnion(
	"type",
	[singleChoice, multipleChoice, trueFalse, numeric, shortText, ordering, matching],
	{
		error: ({ code }) =>
			code === "invalid_union" ? `must be one of ${QUESTION_TYPES.join(", ")}; absent, it is single_choice` : undefined,
	},
);

export type Question = z.output<typeof questionSchema>;
export type QuestionType = (typeof QUESTION_TYPES)[number];
/** The questions of one type; those of single choice may have no `type`. */
export type QuestionOf<T extends QuestionType> = Extract<Question, { type?: T | undefined }>;
