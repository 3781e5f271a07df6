import { z } from "@hono/zod-openapi";
import * as limits from "../domain/limits.ts";
import { SCORINGS, TOLERANCE_KINDS } from "../domain/questions.ts";

/** Questions and answers as they go over HTTP, by type. docs/questions.md says what they mean. */

const texts = z.array(z.string());
const index = (of: string) => z.int().openapi({ description: `Index of ${of}, from 0` });
const indices = (description: string) => z.array(z.int()).openapi({ description });

/** What takers see of every type, and what its author sees besides. */
const image = z.object({
	media: z.string().openapi({ description: "SHA-256 of an image of the author's; it lies at /v1/media/{media}" }),
	alt: z.string(),
});
const head = {
	id: z.string(),
	question: z.string(),
	marks: z.int(),
	hint: z.string().optional(),
	image: image.optional(),
};
const explained = { explanation: z.string().optional() };

const shown = {
	single_choice: { ...head, type: z.literal("single_choice").optional(), options: texts },
	multiple_choice: {
		...head,
		type: z.literal("multiple_choice"),
		options: texts,
		scoring: z.enum(SCORINGS).optional(),
	},
	true_false: { ...head, type: z.literal("true_false") },
	numeric: { ...head, type: z.literal("numeric") },
	short_text: {
		...head,
		type: z.literal("short_text"),
		case_sensitive: z.boolean().optional(),
		accent_sensitive: z.boolean().optional(),
		whitespace_sensitive: z.boolean().optional(),
	},
	ordering: {
		...head,
		type: z.literal("ordering"),
		items: texts.openapi({ description: "In the order in which they are shown" }),
	},
	matching: { ...head, type: z.literal("matching"), prompts: texts, choices: texts },
};

/** A question without its key, as takers see it. */
export const shownQuestion = z
	.discriminatedUnion("type", [
		z.object(shown.single_choice),
		z.object(shown.multiple_choice),
		z.object(shown.true_false),
		z.object(shown.numeric),
		z.object(shown.short_text),
		z.object(shown.ordering),
		z.object(shown.matching),
	])
	.openapi("Question");

const decimal = z.string().openapi({ description: "A decimal number", example: "9.81" });

/** A question with its key, as its author sees it. */
export const keyedQuestion = z
	.discriminatedUnion("type", [
		z.object({ ...shown.single_choice, correctAnswer: index("the right option"), ...explained }),
		z.object({ ...shown.multiple_choice, correct_answers: indices("The right options, from 0"), ...explained }),
		z.object({ ...shown.true_false, correct: z.boolean(), ...explained }),
		z.object({
			...shown.numeric,
			correct: decimal,
			tolerance: decimal.optional(),
			tolerance_kind: z.enum(TOLERANCE_KINDS).optional(),
			...explained,
		}),
		z.object({ ...shown.short_text, accepted: texts, ...explained }),
		z.object({ ...shown.ordering, correct_order: indices("All items in the right order"), ...explained }),
		z.object({ ...shown.matching, correct_matches: indices("For each prompt its choice"), ...explained }),
	])
	.openapi("QuestionWithKey");

/** What any response is; the quiz's key decides which of these is one to which question, and says so. */
const response = z.union(
	[
		z.number().openapi({ description: "single_choice: the index of an option, from 0; numeric: the number" }),
		z.boolean().openapi({ description: "true_false" }),
		z
			.string()
			.max(limits.RESPONSE_TEXT_CHARS_MAX)
			.openapi({ description: "short_text: the text; numeric: the number as decimal text" }),
		z
			.array(z.int().nullable())
			.max(limits.OPTIONS_MAX)
			.openapi({
				description:
					"multiple_choice: the indices of the options; ordering: of all items, in order; " +
					"matching: for each prompt the index of its choice, or null",
			}),
	],
	"must be an index, a number, true or false, a text of at most " +
		`${limits.RESPONSE_TEXT_CHARS_MAX} characters, or a list of at most ${limits.OPTIONS_MAX} indices, as the question's type asks`,
);

const questionId = z
	.string()
	.max(limits.QUESTION_ID_CHARS_MAX)
	.regex(/^[A-Za-z0-9_.-]+$/);

export const answers = z
	.record(questionId, response)
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
