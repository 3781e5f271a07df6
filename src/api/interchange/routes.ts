import { z } from "@hono/zod-openapi";
import { canonicalJson, type Json, sha256Hex } from "../../domain/canonical.ts";
import { EXPORT_FORMATS, exportQuiz } from "../../service/interchange/export-quiz.ts";
import type { ImportSource } from "../../service/interchange/import-items.ts";
import { importQuizzes } from "../../service/interchange/import-quizzes.ts";
import { answer, valueIn } from "../http/answer.ts";
import { headersNamed } from "../http/answer-headers.ts";
import { ctxOf } from "../http/context.ts";
import { inOrder } from "../http/in-order.ts";
import { changed, keyedHeaders, needs, newApp, requestBody, route } from "../http/route.ts";
import { quizContent } from "../quizzes/schemas.ts";
import * as schemas from "../schemas.ts";
import { importBody, importResult } from "./schemas.ts";

const path = "/v1/users/{user}/quizzes";
const tag = "authoring";

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
		const input = {
			user,
			source: sourceOf(c.req.valid("json")),
			digest: sha256Hex(canonicalJson(await c.req.json<Json>())),
		};
		const { value, status } = await answer(c, await importQuizzes(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

const sourceOf = (body: z.output<typeof importBody>): ImportSource => {
	if (body.format !== "qti") return body;
	return {
		...body,
		documents: body.documents.map((one) => (typeof one === "string" ? { name: null, text: one } : one)),
	};
};

const FILES = {
	json: { type: "application/json", ending: "json" },
	gift: { type: "text/plain; charset=utf-8", ending: "gift.txt" },
	qti: { type: "application/xml; charset=utf-8", ending: "qti.xml" },
	"qti-package": { type: "application/zip", ending: "qti.zip" },
	"qti-2.1": { type: "application/zip", ending: "qti-2.1.zip" },
	moodle: { type: "application/xml; charset=utf-8", ending: "moodle.xml" },
	csv: { type: "text/csv; charset=utf-8", ending: "csv" },
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
			"The draft, with its key, and with its images in packages of QTI and in Moodle's XML. What a format cannot say stands in comments of " +
				"the file, or in a column; JSON says everything.",
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
						"QTI 3.0: a test and its items; or Moodle's XML",
						'<?xml version="1.0" encoding="UTF-8"?><qti-assessment-test/>',
					),
					"text/csv": file("A table", "id,type,question,correct option,option 1,option 2\r\n"),
					"application/zip": { schema: { type: "string" as const, format: "binary" } },
				},
			},
		},
	}),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { format } = c.req.valid("query");
		const written = valueIn(c, await exportQuiz(ctxOf(c), { user, quiz, format }));
		const text = format === "json" ? JSON.stringify(inOrder(quizContent, JSON.parse(String(written)))) : written;
		const { type, ending } = FILES[format];
		const name = `attachment; filename="${quiz}.${ending}"`;
		return new Response(text, { headers: { "Content-Type": type, "Content-Disposition": name } });
	},
);
