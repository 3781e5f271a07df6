import { z } from "@hono/zod-openapi";
import { answer, found } from "../answer.ts";
import * as shapes from "../authoring-schemas.ts";
import { shownQuiz, shownVersion } from "../own-quizzes.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { keyedConditional, path, quizParams, requiredIfMatch, tag } from "../quiz-routes.ts";
import { changed, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { userCall } from "../user-call.ts";

const versionsPath = `${path}/{quiz}/versions`;
const versionParams = quizParams.extend({ n: shapes.versionParam });
const numberCursor = z.int().min(1);

/** What was published of an own quiz. */
export const versions = newApp();

versions.openapi(
	route({
		method: "get",
		path: versionsPath,
		tag,
		operationId: "listQuizVersions",
		summary: "Versions of an own quiz, newest first",
		...needs("quizzes:write", "Each publication of a new content made one; they never change."),
		request: { params: quizParams, query: pageQuery },
		responses: shows(pageOf(shapes.versionHead), "A page of versions"),
	}),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { limit, cursor } = c.req.valid("query");
		const before = cursorIn(c, numberCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const rows = found(await shard.versions.list(call, quiz, before, limit + 1), "quiz");
		const items = rows.slice(0, limit).map((version) => shownVersion(quiz, version));
		const next = rows.length > limit ? (items.at(-1)?.number ?? null) : null;
		return c.json(page(c, items, next), 200);
	},
);

versions.openapi(
	route({
		method: "get",
		path: `${versionsPath}/{n}`,
		tag,
		operationId: "getQuizVersion",
		summary: "A version with its whole content",
		...needs("quizzes:write"),
		request: { params: versionParams },
		responses: shows(shapes.version, "The version"),
	}),
	async (c) => {
		const { user, quiz, n } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const value = found(await shard.versions.get(call, quiz, n), "version");
		c.header("ETag", `"${value.number}"`);
		return c.json(shownVersion(quiz, value), 200);
	},
);

versions.openapi(
	route(
		{
			method: "post",
			path: `${versionsPath}/{n}/restoration`,
			tag,
			operationId: "restoreQuizVersion",
			summary: "Make a version the draft again",
			...needs("quizzes:write", "What is published stays as it is until the draft is published."),
			request: { params: versionParams, headers: keyedConditional },
			responses: changed(200, schemas.authoredQuiz, "The draft"),
		},
		...(["conflict", "precondition-failed", "precondition-required", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { user, quiz, n } = c.req.valid("param");
		const etag = requiredIfMatch(c);
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const reply = await shard.versions.restore(call, quiz, n, etag);
		const { value, status } = await answer(c, call, reply, 200);
		const draft = shownQuiz(value);
		c.header("ETag", draft.etag);
		return c.json(draft, status);
	},
);

versions.openapi(
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
		const { user, quiz, n } = c.req.valid("param");
		const { against } = c.req.valid("query");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		return c.json(
			found(await shard.versions.diff(call, quiz, n, against === "draft" ? null : against), "version"),
			200,
		);
	},
);
