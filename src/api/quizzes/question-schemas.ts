import { z } from "@hono/zod-openapi";
import { RESPONSE_TEXT_CHARS_MAX } from "../../domain/attempts/limits.ts";
import { MEDIA_ALT_CHARS_MAX } from "../../domain/media/limits.ts";
import {
	ACCEPTED_TEXTS_MAX,
	CHOICES_MAX,
	EXPLANATION_CHARS_MAX,
	FURTHER_NUMBERS_MAX,
	HINT_CHARS_MAX,
	MARKS_MAX,
	MARKS_MIN,
	NUMERIC_CHARS_MAX,
	NUMERIC_DIGITS_MAX,
	OPTION_CHARS_MAX,
	OPTION_FEEDBACK_CHARS_MAX,
	OPTIONS_MAX,
	OPTIONS_MIN,
	QUESTION_ID_CHARS_MAX,
	QUESTION_TEXT_CHARS_MAX,
} from "../../domain/quizzes/limits.ts";
import { mediaHash, SCORINGS, TOLERANCE_KINDS } from "../../domain/quizzes/questions.ts";

/** Questions and answers as they go over HTTP, by type. docs/questions.md says what they mean. */

/** A text that is not empty, nor nothing but white space. */
export const notBlank = (charsMax: number) => z.string().min(1).max(charsMax).regex(/\S/);
const text = (charsMax: number, description: string) =>
	notBlank(charsMax).describe(`${description}; plain text of at most ${charsMax.toLocaleString("en")} characters`);
const texts = (description: string, min = OPTIONS_MIN, max = OPTIONS_MAX) =>
	z.array(notBlank(OPTION_CHARS_MAX)).min(min).max(max).describe(description);
const index = (description: string) => z.int().min(0).describe(description);
const indices = (description: string) => z.array(z.int().min(0)).min(1).max(OPTIONS_MAX).describe(description);
const yes = (description: string) => z.boolean().optional().describe(`${description}; absent: no`);

export const imageHash = mediaHash.describe(
	"SHA-256 of an image of the author's, in hex; it lies at `/v1/media/{media}`",
);
const imageShape = { media: imageHash, alt: text(MEDIA_ALT_CHARS_MAX, "What it shows, for those who do not see it") };
const IMAGE = { description: "An image that is shown with a question" };
const image = z.object(imageShape).openapi("QuestionImage", IMAGE);

const MARKS = "Marks that it is worth, with at most two decimals";
const head = {
	id: z.string().describe("What answers name it by; unique in the quiz"),
	question: text(QUESTION_TEXT_CHARS_MAX, "What is asked"),
	marks: z.number().min(MARKS_MIN).max(MARKS_MAX).describe(MARKS),
	hint: text(HINT_CHARS_MAX, "Shown with the question").optional(),
	image: image.optional(),
};
const explanation = text(EXPLANATION_CHARS_MAX, "Why that is right; never shown before the key is").optional();

/** What a type shows to takers. */
const SHOWN = {
	single_choice: { options: texts("What can be chosen, of which one is right") },
	multiple_choice: {
		options: texts("What can be chosen, of which any number may be right"),
		scoring: z
			.enum(SCORINGS)
			.optional()
			.describe("Whether a part of the right options earns a part of the marks; absent: `all_or_nothing`"),
	},
	true_false: {},
	numeric: {},
	short_text: {
		case_sensitive: yes("Whether upper and lower case differ"),
		accent_sensitive: yes("Whether letters with and without accents differ"),
		whitespace_sensitive: yes("Whether the amount of white space within counts"),
	},
	ordering: { items: texts("What is to be put in order, as it is shown") },
	matching: {
		prompts: texts("What each gets a choice of"),
		choices: texts("What they are matched with; may be more than are right for a prompt", OPTIONS_MIN, CHOICES_MAX),
	},
};

/** @param decimal a number, as it goes in or comes out @param distance one that is not negative */
const rightNumber = <D extends z.ZodType>(decimal: D, distance: D) => ({
	correct: decimal.openapi({ description: "The right number" }),
	tolerance: distance.optional().openapi({ description: "How far from it is right too; absent: 0" }),
	tolerance_kind: z
		.enum(TOLERANCE_KINDS)
		.optional()
		.describe("Of what the tolerance is: a distance, or a share of the right number (0.05 is 5 %); absent: `absolute`"),
});

const optionFeedback = z
	.array(z.string().max(OPTION_FEEDBACK_CHARS_MAX))
	.min(OPTIONS_MIN)
	.max(OPTIONS_MAX)
	.optional()
	.describe("For each option what is said of it, or an empty text; never shown before the key is");

/** What its author says besides. @param decimal a number, as it goes in or comes out @param distance one that is not negative */
const keyOf = <D extends z.ZodType>(decimal: D, distance: D) => ({
	single_choice: {
		correctAnswer: index("Index of the right option, from 0"),
		option_feedback: optionFeedback,
	},
	multiple_choice: {
		correct_answers: indices("Indices of the right options, from 0, in any order"),
		option_feedback: optionFeedback,
	},
	true_false: { correct: z.boolean().describe("Whether it is true") },
	numeric: {
		...rightNumber(decimal, distance),
		also: z
			.array(z.object(rightNumber(decimal, distance)))
			.min(1)
			.max(FURTHER_NUMBERS_MAX)
			.optional()
			.describe("Further numbers that are right"),
	},
	short_text: {
		accepted: texts("Texts that are right", 1, ACCEPTED_TEXTS_MAX),
		wildcards: yes("Whether an asterisk in an accepted text stands for any text, and `\\*` for itself"),
	},
	ordering: { correct_order: indices("Indices of all items, from 0, in the right order") },
	matching: { correct_matches: indices("For each prompt the index of its choice, from 0") },
});

type QuestionType = keyof typeof SHOWN;
const TYPE = "What kind of question it is, which says what other fields it has";
const typed = <T extends QuestionType>(type: T) => ({ type: z.literal(type).describe(TYPE) });

/** As in `SingleChoiceQuestion`. */
function nameOf(type: QuestionType, suffix: string): string {
	const words = type.split("_").map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
	return `${words.join("")}${suffix}`;
}

const shown = <T extends QuestionType>(type: T) => {
	const { id, ...rest } = head;
	return z.object({ id, ...typed(type), ...rest, ...SHOWN[type] }).openapi(nameOf(type, "Question"));
};

/** A question without its key, as takers see it. */
export const shownQuestion = z
	.discriminatedUnion("type", [
		shown("single_choice"),
		shown("multiple_choice"),
		shown("true_false"),
		shown("numeric"),
		shown("short_text"),
		shown("ordering"),
		shown("matching"),
	])
	.openapi("Question", { description: "A question as takers see it: without its key" });

const decimal = z.string().openapi({ example: "9.81" });
const KEY = keyOf(decimal, decimal);

const keyed = <T extends QuestionType>(type: T) => {
	const { id, ...rest } = head;
	const shape = { id, ...typed(type), ...rest, ...SHOWN[type], ...KEY[type], explanation };
	return z.object(shape).openapi(nameOf(type, "QuestionWithKey"));
};

/** A question with its key, as its author sees it. */
export const keyedQuestion = z
	.discriminatedUnion("type", [
		keyed("single_choice"),
		keyed("multiple_choice"),
		keyed("true_false"),
		keyed("numeric"),
		keyed("short_text"),
		keyed("ordering"),
		keyed("matching"),
	])
	.openapi("QuestionWithKey", { description: "A question as its author sees it: with its key" });

/** The digits, which may be as many before the point as after it, are for the domain to count. */
const DIGITS = String.raw`(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?\s*$`;
const decimalText = (sign: string) =>
	z
		.string()
		.max(NUMERIC_CHARS_MAX)
		.regex(new RegExp(String.raw`^\s*${sign}?${DIGITS}`));
const BELOW = 10 ** NUMERIC_DIGITS_MAX;
const DRAFT_KEY = keyOf(
	z.union([z.number().gt(-BELOW).lt(BELOW), decimalText("[+-]")]),
	z.union([z.number().min(0).lt(BELOW), decimalText(String.raw`\+`)]),
);

const questionId = z
	.string()
	.max(QUESTION_ID_CHARS_MAX)
	.regex(/^(?!__proto__$)[A-Za-z0-9_.-]+$/);
const imageDraft = z.strictObject(imageShape).openapi("QuestionImageDraft", IMAGE);

const draft = <T extends QuestionType>(type: T) => {
	const { question, marks, hint } = head;
	const shape = {
		id: z
			.union([z.int().min(0), questionId])
			.describe("What answers name it by, unique in the quiz: letters, digits and _ . -; a number becomes its text"),
		type: z
			.literal(type)
			.describe(type === "single_choice" ? `${TYPE}; may be left out here, as in import files` : TYPE),
		question,
		hint,
		image: imageDraft.optional(),
		marks: marks.default(1).openapi({ description: MARKS }),
		...SHOWN[type],
		...DRAFT_KEY[type],
		explanation,
	};
	return z.strictObject(shape).openapi(nameOf(type, "QuestionDraft"));
};

/**
 * A question as its author writes it, for the document: what is read is the domain's `questionSchema`, which takes it. That one needs no
 * `type` of a single choice, of which code generators could make no union.
 */
export const draftQuestion = z
	.discriminatedUnion("type", [
		draft("single_choice"),
		draft("multiple_choice"),
		draft("true_false"),
		draft("numeric"),
		draft("short_text"),
		draft("ordering"),
		draft("matching"),
	])
	.openapi("QuestionDraft", { description: "A question as its author writes it" });

/** What any response is; the quiz's key decides which of these is one to which question, and says so. */
export const response = z.union(
	[
		z.number().openapi({ description: "single_choice: the index of an option, from 0; numeric: the number" }),
		z.boolean().openapi({ description: "true_false" }),
		z
			.string()
			.max(RESPONSE_TEXT_CHARS_MAX)
			.openapi({ description: "short_text: the text; numeric: the number as decimal text" }),
		z
			.array(z.int().nullable())
			.max(OPTIONS_MAX)
			.openapi({
				description:
					"multiple_choice: the indices of the options; ordering: of all items, in order; " +
					"matching: for each prompt the index of its choice, or null",
			}),
	],
	"must be an index, a number, true or false, a text of at most " +
		`${RESPONSE_TEXT_CHARS_MAX} characters, or a list of at most ${OPTIONS_MAX} indices, as the question's type asks`,
);

const answeredId = z
	.string()
	.max(QUESTION_ID_CHARS_MAX)
	.regex(/^[A-Za-z0-9_.-]+$/);

export const answers = z
	.record(answeredId, response)
	.openapi("Answers", { description: "Question id → response, as the type of the question asks" });

/** One of each, in the order of the types of responses. */
export const ANSWERS: z.output<typeof answers> = {
	"1": 1,
	"2": [0, 2],
	"3": true,
	"4": "1281.5",
	"5": "sicily",
	"6": [1, 2, 0],
	"7": [1, null],
};
