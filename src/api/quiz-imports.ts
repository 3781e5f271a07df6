import { z } from "@hono/zod-openapi";
import * as limits from "../domain/limits.ts";
import { DIFFICULTIES } from "../domain/quiz.ts";

/** What an import asks for. */

/** Of the one quiz that a GIFT text or the documents of QTI become; its limits are those of a quiz. */
const head = {
	title: z.string().optional().openapi({ description: "Absent: the title of the test, or of the format" }),
	description: z.string().optional(),
	tags: z.array(z.string()).optional(),
	difficulty: z.enum(DIFFICULTIES).optional(),
	pass_percentage: z.int().optional(),
};

export const importBody = z
	.discriminatedUnion(
		"format",
		[
			z.strictObject({
				format: z.literal("json"),
				quizzes: z
					.array(z.unknown().openapi({ type: "object", description: "A quiz, as it is for creating a draft" }))
					.min(1)
					.max(limits.BATCH_IMPORT_MAX),
			}),
			z.strictObject({
				format: z.literal("gift"),
				text: z.string().min(1).openapi({ description: "Questions in Moodle's GIFT format; they become one quiz" }),
				...head,
			}),
			z.strictObject({
				format: z.literal("qti"),
				documents: z
					.array(z.string().min(1))
					.min(1)
					.max(limits.QTI_DOCUMENTS_MAX)
					.openapi({ description: "Items of QTI 3.0 and at most one test, as XML; they become one quiz" }),
				...head,
			}),
		],
		{ error: ({ code }) => (code === "invalid_union" ? "must be json, gift or qti" : undefined) },
	)
	.openapi("QuizImport", {
		example: { format: "gift", title: "Capitals", text: "The capital of France is {~Rome =Paris ~Berlin}." },
	});
