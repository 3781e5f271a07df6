import { z } from "@hono/zod-openapi";
import { BATCH_IMPORT_MAX, QTI_DOCUMENTS_MAX } from "../../domain/interchange/limits.ts";
import { REPORT_STATUSES } from "../../domain/interchange/report.ts";
import { DIFFICULTIES } from "../../domain/quizzes/quiz.ts";
import { shownAs } from "../http/route.ts";

/** What an import asks for, and what became of it. */

/** Of the quizzes that a GIFT text or the documents of QTI become; their limits are those of a quiz. */
const head = {
	title: z.string().optional().describe("Title of the quiz; absent: that of the test, or of the format"),
	description: z.string().optional().describe("What it is about"),
	tags: z.array(z.string()).optional().describe("Words to find it by"),
	difficulty: z.enum(DIFFICULTIES).optional().describe("For whom it is"),
	pass_percentage: z.int().optional().describe("What an attempt must reach to be passed, in per cent"),
};
const format = <F extends string>(name: F) => z.literal(name).describe("Format of the source");

/** A text alone, or with the name of its file, by which others refer to it. */
const qtiDocument = z.union([
	z.string().min(1),
	z.strictObject({
		name: z.string().min(1).describe("Path of the file"),
		text: z.string().min(1).describe("Its text"),
	}),
]);

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
						.array(qtiDocument)
						.min(1)
						.max(QTI_DOCUMENTS_MAX)
						.describe("Items of QTI 1.2 to 3.0 and tests, as XML; each test becomes a quiz"),
					...head,
				})
				.openapi("QtiImport", { description: "Quizzes as QTI" }),
		],
		{ error: ({ code }) => (code === "invalid_union" ? "must be json, gift or qti" : undefined) },
	)
	.openapi("QuizImport", {
		description: "What is imported",
		example: { format: "gift", title: "Capitals", text: "The capital of France is {~Rome =Paris ~Berlin}." },
	});

const reported = z
	.object({
		status: z.enum(REPORT_STATUSES).describe("Whether it came whole, with a loss, or not at all"),
		id: z.string().nullable().describe("Its id in the quiz; null where it is not there"),
		place: z.string().describe("Where it stands in the source"),
		name: z.string().nullable().describe("What the source calls it; null where it does not"),
		reason: z.string().nullable().describe("What was lost, or why it did not come; null where nothing was"),
	})
	.openapi("QuestionReport", { description: "What became of a question of the source" });

const importedQuiz = z
	.object({
		index: z.int().min(0).describe("Its place in the request, from 0"),
		status: z.enum(["created", "valid", "rejected"]).describe("What became of it; `valid`: it would be created"),
		file: z.string().optional().describe("The file that it is of, where files were sent"),
		quiz: z.string().optional().describe("The draft that was created"),
		title: z.string().optional().describe("Its title"),
		question_count: z.int().min(1).optional().describe("How many questions it has"),
		errors: z
			.array(
				z
					.object({
						pointer: z.string().describe("JSON pointer into the request"),
						detail: z.string().describe("What is wrong, for people"),
					})
					.openapi("ImportFault", { description: "What is wrong with a quiz that was rejected" }),
			)
			.optional()
			.describe("Why it was rejected"),
		questions: z
			.array(reported)
			.describe("What became of each question of the source; empty for JSON, which is taken whole"),
	})
	.openapi("ImportedQuiz", { description: "What became of a quiz of an import" });

export const importResult = z
	.object({
		items: z.array(importedQuiz).describe("The quizzes, in the order of the request"),
		created: z.int().min(0).describe("How many were created"),
		rejected: z.int().min(0).describe("How many were rejected"),
	})
	.openapi("QuizImportResult", { description: "What became of an import" });

/** What an upload may say that it is; what it holds is told from its bytes. */
export const UPLOAD_TYPES = [
	"application/zip",
	"application/x-zip-compressed",
	"application/octet-stream",
	"application/xml",
	"application/json",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"text/xml",
	"text/plain",
	"text/csv",
] as const;
