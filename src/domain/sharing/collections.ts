import { z } from "zod";
import { ID_PATTERNS } from "../ids.ts";
import { line } from "../quizzes/questions.ts";
import { VISIBILITIES } from "../quizzes/quiz.ts";
import { COLLECTION_DESCRIPTION_CHARS_MAX, COLLECTION_QUIZZES_MAX, COLLECTION_TITLE_CHARS_MAX } from "./limits.ts";

/** An ordered list of quizzes. The order is the list's; a reader sees those of them that the reader may see. */
export const collectionSchema = z.strictObject({
	title: line(COLLECTION_TITLE_CHARS_MAX).describe("Title"),
	description: z.string().trim().max(COLLECTION_DESCRIPTION_CHARS_MAX).default("").describe("What it is for"),
	visibility: z
		.enum(VISIBILITIES)
		.default("private")
		.describe("Who may see it: its owner alone, everybody of the tenant, or everybody"),
	quizzes: z
		.array(z.string().regex(ID_PATTERNS.quiz, "must be the id of a quiz, like quz_0000000205m5t8cfgq3nkw7r"))
		.max(COLLECTION_QUIZZES_MAX)
		.superRefine((quizzes, context) => {
			if (quizzes.length > COLLECTION_QUIZZES_MAX) return;
			quizzes.forEach((quiz, index) => {
				const first = quizzes.indexOf(quiz);
				if (first === index) return;
				context.addIssue({ code: "custom", path: [index], message: `This quiz already stands at ${first}.` });
			});
		})
		.default([])
		.describe("Ids of its quizzes, anybody's, in order and each once"),
});

export type CollectionContent = z.output<typeof collectionSchema>;
