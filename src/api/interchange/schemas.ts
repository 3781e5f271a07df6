import { z } from "@hono/zod-openapi";
import { BATCH_IMPORT_MAX, QTI_DOCUMENTS_MAX } from "../../domain/interchange/limits.ts";
import { DIFFICULTIES } from "../../domain/quizzes/quiz.ts";
import { shownAs } from "../http/route.ts";

/** What an import asks for. */

/** Of the one quiz that a GIFT text or the documents of QTI become; its limits are those of a quiz. */
const head = {
	title: z.string().optional().describe("Title of the quiz; absent: that of the test, or of the format"),
	description: z.string().optional().describe("What it is about"),
	tags: z.array(z.string()).optional().describe("Words to find it by"),
	difficulty: z.enum(DIFFICULTIES).optional().describe("For whom it is"),
	pass_percentage: z.int().optional().describe("What an attempt must reach to be passed, in per cent"),
};
const format = <F extends string>(name: F) => z.literal(name).describe("Format of the source");

export const importBody = z
	.discriminatedUnion(
		"format",
		[
			z
				.strictObject({
					format: format("json"),
					quizzes: z
						.array(shownAs("QuizDraft", z.unknown()))
						.min(1)
						.max(BATCH_IMPORT_MAX)
						.describe("The quizzes, as for creating drafts"),
				})
				.openapi("JsonImport", { description: "Quizzes as JSON" }),
			z
				.strictObject({
					format: format("gift"),
					text: z.string().min(1).describe("Questions in Moodle's GIFT format; they become one quiz"),
					...head,
				})
				.openapi("GiftImport", { description: "A quiz as GIFT" }),
			z
				.strictObject({
					format: format("qti"),
					documents: z
						.array(z.string().min(1))
						.min(1)
						.max(QTI_DOCUMENTS_MAX)
						.describe("Items of QTI 3.0 and at most one test, as XML; they become one quiz"),
					...head,
				})
				.openapi("QtiImport", { description: "A quiz as QTI 3.0" }),
		],
		{ error: ({ code }) => (code === "invalid_union" ? "must be json, gift or qti" : undefined) },
	)
	.openapi("QuizImport", {
		description: "What is imported",
		example: { format: "gift", title: "Capitals", text: "The capital of France is {~Rome =Paris ~Berlin}." },
	});
