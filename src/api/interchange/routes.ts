import { z } from "@hono/zod-openapi";
import { canonicalJson, type Json, sha256Hex } from "../../domain/canonical.ts";
import { REPORT_STATUSES } from "../../domain/interchange/report.ts";
import { EXPORT_FORMATS, exportQuiz } from "../../service/interchange/export-quiz.ts";
import { importQuizzes } from "../../service/interchange/import-quizzes.ts";
import { answer, valueIn } from "../http/answer.ts";
import { headersNamed } from "../http/answer-headers.ts";
import { ctxOf } from "../http/context.ts";
import { inOrder } from "../http/in-order.ts";
import { changed, keyedHeaders, needs, newApp, requestBody, route } from "../http/route.ts";
import { quizContent } from "../quizzes/schemas.ts";
import * as schemas from "../schemas.ts";
import { importBody } from "./schemas.ts";

const path = "/v1/users/{user}/quizzes";
const tag = "authoring";

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
		status: z.enum(["created", "rejected"]).describe("What became of it"),
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

const importResult = z
	.object({
		items: z.array(importedQuiz).describe("The quizzes, in the order of the request"),
		created: z.int().min(0).describe("How many were created"),
		rejected: z.int().min(0).describe("How many were rejected"),
	})
	.openapi("QuizImportResult", { description: "What became of an import" });

/** Quizzes from and to other formats. */
export const interchangeRoutes = newApp();

interchangeRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/imports`,
			tag,
			operationId: "importQuizzes",
			summary: "Import quizzes as drafts",
			...needs(
				"quizzes:write",
				"A quiz that is not right is rejected and the others are created. What is JSON, GIFT or QTI in name only is 400.",
			),
			request: { params: z.object({ user: schemas.userParam }), headers: keyedHeaders, body: requestBody(importBody) },
			responses: changed(200, importResult, "What became of each quiz"),
		},
		"idempotency-key-reused",
	),
	async (c) => {
		const { user } = c.req.valid("param");
		const input = { user, source: c.req.valid("json"), digest: sha256Hex(canonicalJson(await c.req.json<Json>())) };
		const { value, status } = await answer(c, await importQuizzes(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

const FILES = {
	json: { type: "application/json", ending: "json" },
	gift: { type: "text/plain; charset=utf-8", ending: "gift.txt" },
	qti: { type: "application/xml; charset=utf-8", ending: "qti.xml" },
} as const satisfies Record<(typeof EXPORT_FORMATS)[number], object>;

const file = (description: string, example: string) => ({ schema: z.string().describe(description), example });

interchangeRoutes.openapi(
	route({
		method: "get",
		path: `${path}/{quiz}/export`,
		tag,
		operationId: "exportQuiz",
		summary: "An own quiz as a file",
		...needs(
			"quizzes:write",
			"The draft, with its key. What GIFT or QTI cannot say stands in comments of the file; JSON says everything.",
		),
		request: {
			params: z.object({ user: schemas.userParam, quiz: schemas.quizId }),
			query: z.object({ format: z.enum(EXPORT_FORMATS).default("json").describe("Format of the file") }),
		},
		responses: {
			200: {
				description: "The file",
				headers: headersNamed(["Content-Disposition"]),
				content: {
					"application/json": { schema: quizContent },
					"text/plain": file("In GIFT format", "::1:: What is molten rock called?{ =Magma ~Basalt }\n"),
					"application/xml": file(
						"QTI 3.0: a test and its items",
						'<?xml version="1.0" encoding="UTF-8"?><qti-assessment-test/>',
					),
				},
			},
		},
	}),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { format } = c.req.valid("query");
		const written = valueIn(c, await exportQuiz(ctxOf(c), { user, quiz, format }));
		const text = format === "json" ? JSON.stringify(inOrder(quizContent, JSON.parse(written))) : written;
		const { type, ending } = FILES[format];
		const name = `attachment; filename="${quiz}.${ending}"`;
		return new Response(text, { headers: { "Content-Type": type, "Content-Disposition": name } });
	},
);
