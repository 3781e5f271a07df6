import { z } from "@hono/zod-openapi";
import { compareVersions } from "../../service/quizzes/compare-versions.ts";
import { listVersions } from "../../service/quizzes/list-versions.ts";
import { readVersion } from "../../service/quizzes/read-version.ts";
import { restoreVersion } from "../../service/quizzes/restore-version.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { requiredIfMatch } from "../http/preconditions.ts";
import { changed, needs, newApp, route, shows } from "../http/route.ts";
import { keyedConditional, path, quizParams, tag } from "./params.ts";
import * as shapes from "./schemas.ts";

const versionsPath = `${path}/{quiz}/versions`;
const versionParams = quizParams.extend({ n: shapes.versionParam });
const numberCursor = z.int().min(1);

/** What was published of an own quiz. */
export const versionRoutes = newApp();

versionRoutes.openapi(
	route({
		method: "get",
		path: versionsPath,
		tag,
		operationId: "listQuizVersions",
		summary: "Versions of an own quiz, newest first",
		...needs("quizzes:write", "Each publication of a new content made one; they never change."),
		request: { params: quizParams, query: pageQuery },
		responses: shows(pageSchema(shapes.versionHead, "QuizVersionHeadPage"), "A page of versions"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { ...c.req.valid("param"), before: cursorIn(c, numberCursor, cursor), limit };
		const { items, next } = valueIn(c, await listVersions(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

versionRoutes.openapi(
	route({
		method: "get",
		path: `${versionsPath}/{n}`,
		tag,
		operationId: "getQuizVersion",
		summary: "A version with its whole content",
		...needs("quizzes:write"),
		request: { params: versionParams },
		responses: shows(shapes.version, "The version", "ETag"),
	}),
	async (c) => {
		const { user, quiz, n: number } = c.req.valid("param");
		const value = valueIn(c, await readVersion(ctxOf(c), { user, quiz, number }));
		c.header("ETag", `"${value.version_number}"`);
		return c.json(value, 200);
	},
);

versionRoutes.openapi(
	route(
		{
			method: "post",
			path: `${versionsPath}/{n}/restoration`,
			tag,
			operationId: "restoreQuizVersion",
			summary: "Make a version the draft again",
			...needs("quizzes:write", "What is published stays as it is until the draft is published."),
			request: { params: versionParams, headers: keyedConditional },
			responses: changed(200, shapes.authoredQuiz, "The draft", "ETag"),
		},
		...(["conflict", "precondition-failed", "precondition-required", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { user, quiz, n: number } = c.req.valid("param");
		const input = { user, quiz, number, etag: requiredIfMatch(c, "Changes of a draft need") };
		const { value, status } = await answer(c, await restoreVersion(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

versionRoutes.openapi(
	route({
		method: "get",
		path: `${versionsPath}/{n}/diff`,
		tag,
		operationId: "compareQuizVersions",
		summary: "What changed since a version",
		...needs("quizzes:write", "Names fields and questions, which both contents have whole."),
		request: { params: versionParams, query: shapes.diffQuery },
		responses: shows(shapes.quizDiff, "The difference"),
	}),
	async (c) => {
		const { user, quiz, n: from } = c.req.valid("param");
		const { against } = c.req.valid("query");
		const input = { user, quiz, from, to: against === "draft" ? null : against };
		return c.json(valueIn(c, await compareVersions(ctxOf(c), input)), 200);
	},
);
