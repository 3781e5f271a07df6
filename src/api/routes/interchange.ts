import { z } from "@hono/zod-openapi";
import { canonicalJson, type Json, sha256Hex } from "../../domain/canonical.ts";
import { writeGift } from "../../domain/interchange/gift-write.ts";
import { writeQti } from "../../domain/interchange/qti-write.ts";
import { REPORT_STATUSES, rejected } from "../../domain/interchange/report.ts";
import { type QuizContent, questionsOf } from "../../domain/quiz.ts";
import type { InputFault } from "../../domain/result.ts";
import { answer, found } from "../answer.ts";
import { type ImportItem, importBody, importItems } from "../quiz-imports.ts";
import { bodyOf, changed, keyedHeaders, needs, newApp, route } from "../route.ts";
import * as schemas from "../schemas.ts";
import { userCall } from "../user-call.ts";

const path = "/v1/users/{user}/quizzes";
const tag = "authoring";

const importResult = z
	.object({
		items: z.array(
			z.object({
				index: z.int(),
				status: z.enum(["created", "rejected"]),
				quiz: z.object({ id: z.string(), title: z.string(), questions: z.int() }).optional(),
				errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
				questions: z
					.array(
						z.object({
							status: z.enum(REPORT_STATUSES),
							id: z.string().nullable(),
							place: z.string(),
							name: z.string().nullable(),
							reason: z.string().nullable(),
						}),
					)
					.openapi({ description: "What became of each question of the source; empty for JSON, which is taken whole" }),
			}),
		),
		created: z.int(),
		rejected: z.int(),
	})
	.openapi("QuizImportResult");

/** Quizzes from and to other formats. */
export const interchange = newApp();

interchange.openapi(
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
			request: { params: z.object({ user: schemas.userParam }), headers: keyedHeaders, body: bodyOf(importBody) },
			responses: changed(200, importResult, "What became of each quiz"),
		},
		"idempotency-key-reused",
	),
	async (c) => {
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const items = importItems(c.req.valid("json"));
		const digest = sha256Hex(canonicalJson(await c.req.json<Json>()));
		const contents = items.flatMap(({ content }) => (content ? [content] : []));
		const { value, status } = await answer(c, call, await shard.quizzes.import(call, digest, contents), 200);
		return c.json(resultOf(items, value), status);
	},
);

/** @param drafts of those items that have a content, in order: the id, or what was wrong */
function resultOf(
	items: readonly ImportItem[],
	drafts: readonly (string | InputFault)[],
): z.input<typeof importResult> {
	let next = 0;
	const results = items.map(({ at, content, errors, questions }, index) => {
		if (content === null) return { index, status: "rejected" as const, errors, questions };
		const draft = drafts[next++];
		if (draft === undefined) throw new Error(`nothing is known of the content of item ${index}`);
		if (typeof draft !== "string") {
			const error = { ...draft, pointer: at + draft.pointer };
			return { index, status: "rejected" as const, errors: [error], questions: rejected(questions) };
		}
		const quiz = { id: draft, title: content.title, questions: questionsOf(content).length };
		return { index, status: "created" as const, quiz, questions };
	});
	const created = results.filter(({ status }) => status === "created").length;
	return { items: results, created, rejected: results.length - created };
}

const FORMATS = {
	json: { type: "application/json", ending: "json", write: (content: QuizContent) => JSON.stringify(content) },
	gift: { type: "text/plain; charset=utf-8", ending: "gift.txt", write: writeGift },
	qti: { type: "application/xml; charset=utf-8", ending: "qti.xml", write: writeQti },
} as const;

const file = (description: string) => ({ schema: z.string().openapi({ description }) });

interchange.openapi(
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
			query: z.object({ format: z.enum(["json", "gift", "qti"]).default("json") }),
		},
		responses: {
			200: {
				description: "The file",
				content: {
					"application/json": { schema: schemas.quizContent },
					"text/plain": file("In GIFT format"),
					"application/xml": file("QTI 3.0: a test and its items"),
				},
			},
		},
	}),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { type, ending, write } = FORMATS[c.req.valid("query").format];
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const { content } = found(await shard.quizzes.get(call, quiz), "quiz");
		const name = `attachment; filename="${quiz}.${ending}"`;
		return new Response(write(content), { headers: { "Content-Type": type, "Content-Disposition": name } });
	},
);
