import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { putVersion } from "../../catalog/versions.ts";
import { quizContentSchema } from "../../domain/quiz.ts";
import { answer, found } from "../answer.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { ProblemError } from "../problem.ts";
import { CONTENT } from "../quiz-example.ts";
import { bodyOf, changed, changeHeaders, keyedHeaders, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { userCall } from "../user-call.ts";

const path = "/v1/users/{user}/quizzes";
const tags = ["authoring"];
const userParams = z.object({ user: schemas.userParam });
const quizParams = userParams.extend({ quiz: schemas.quizId });
const seqCursor = z.int().min(0);

const conditional = changeHeaders.extend({
	"If-Match": z.string().optional().openapi({ description: "ETag of the draft that you read; required to replace it" }),
});

/** The condition of a change, null for none. */
const ifMatch = (c: Context) => c.req.header("If-Match") ?? null;

/** Own quizzes: drafts, and what was published of them. */
export const quizzes = newApp();

quizzes.openapi(
	route(
		{
			...{ method: "post", path, tags, summary: "Create a draft" },
			...needs("quizzes:write", "Nobody else sees it until it is published. Fields left out get their defaults."),
			request: { params: userParams, headers: keyedHeaders, body: bodyOf(quizContentSchema, CONTENT) },
			responses: changed(201, schemas.authoredQuiz, "The draft"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const reply = await shard.createQuiz(call, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 201);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

quizzes.openapi(
	route({
		...{ method: "get", path, tags, summary: "Own quizzes, newest first, without their content" },
		...needs("quizzes:write"),
		request: { params: userParams, query: pageQuery },
		responses: shows(pageOf(schemas.quizHead), "A page of quizzes"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const before = cursorIn(seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const rows = found(await shard.quizzes(call, before, limit + 1), "user");
		const items = rows.slice(0, limit);
		const next = rows.length > limit ? (items.at(-1)?.seq ?? null) : null;
		return c.json(
			page(
				c,
				items.map((row) => row.quiz),
				next,
			),
			200,
		);
	},
);

quizzes.openapi(
	route({
		...{ method: "get", path: `${path}/{quiz}`, tags, summary: "An own quiz with its whole content" },
		...needs("quizzes:write"),
		request: { params: quizParams },
		responses: shows(schemas.authoredQuiz, "The quiz; its ETag is for If-Match"),
	}),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const value = found(await shard.quiz(call, quiz), "quiz");
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

quizzes.openapi(
	route(
		{
			...{ method: "put", path: `${path}/{quiz}`, tags, summary: "Replace the draft" },
			...needs(
				"quizzes:write",
				"The whole content, not a part of it. What is published stays as it is until the draft is published.",
			),
			request: {
				params: quizParams,
				headers: conditional,
				body: bodyOf(quizContentSchema, CONTENT),
			},
			responses: changed(200, schemas.authoredQuiz, "The draft"),
		},
		...(["precondition-failed", "precondition-required"] as const),
	),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const etag = ifMatch(c);
		if (etag === null) throw new ProblemError("precondition-required", "Changes of a draft need an If-Match header.");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const reply = await shard.reviseQuiz(call, quiz, etag, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 200);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

quizzes.openapi(
	route(
		{
			...{ method: "put", path: `${path}/{quiz}/publication`, tags, summary: "Publish the current draft" },
			...needs(
				"quizzes:write",
				"Freezes the draft as a version and makes it the one that is taken. Publishing it again changes nothing.",
			),
			request: { params: quizParams, headers: conditional, body: bodyOf(schemas.publicationBody) },
			responses: changed(200, schemas.quizHead, "The quiz, published"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const draft = found(await shard.draft(call, quiz), "quiz");
		await putVersion(c.env.CONTENT, draft.hash, draft.text);
		const reply = await shard.publishQuiz(call, quiz, draft.hash, c.req.valid("json").visibility, ifMatch(c));
		const { value, status } = await answer(c, call, reply, 200);
		return c.json(value, status);
	},
);

quizzes.openapi(
	route({
		...{ method: "delete", path: `${path}/{quiz}/publication`, tags, summary: "Withdraw the quiz from the catalog" },
		...needs(
			"quizzes:write",
			"It can no longer be listed or taken; its attempts stay. Publish it to bring it back. Again, it changes nothing.",
		),
		request: { params: quizParams, headers: conditional },
		responses: changed(200, schemas.quizHead, "The quiz, withdrawn"),
	}),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const { value, status } = await answer(c, call, await shard.withdrawQuiz(call, quiz, ifMatch(c)), 200);
		return c.json(value, status);
	},
);
