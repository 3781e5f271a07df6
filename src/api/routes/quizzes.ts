import { z } from "@hono/zod-openapi";
import { putVersion } from "../../catalog/versions.ts";
import { quizContentSchema } from "../../domain/quiz.ts";
import { QUIZ_STATUSES } from "../../domain/workflow.ts";
import { answer, found } from "../answer.ts";
import { keptNearby } from "../current-version.ts";
import { shownQuiz } from "../own-quizzes.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { CONTENT } from "../quiz-example.ts";
import {
	conditional,
	ifMatch,
	path,
	publishing,
	quizParams,
	requiredIfMatch,
	tag,
	userParams,
} from "../quiz-routes.ts";
import { bodyOf, changed, keyedHeaders, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { draftOf } from "../shared-access.ts";
import { userCall } from "../user-call.ts";

const seqCursor = z.int().min(0);

const listQuery = pageQuery.extend({
	status: z.enum(QUIZ_STATUSES).optional(),
	deleted: z
		.enum(["true", "false"])
		.default("false")
		.transform((text) => text === "true")
		.openapi({ type: "boolean", default: false }),
});

/** Own quizzes: drafts, and what was published of them. */
export const quizzes = newApp();

quizzes.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "createQuiz",
			summary: "Create a draft",
			...needs("quizzes:write", "Nobody else sees it until it is published. Fields left out get their defaults."),
			request: { params: userParams, headers: keyedHeaders, body: bodyOf(quizContentSchema, CONTENT) },
			responses: changed(201, schemas.authoredQuiz, "The draft"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const reply = await shard.quizzes.create(call, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 201);
		const shown = shownQuiz(value);
		c.header("ETag", shown.etag);
		return c.json(shown, status);
	},
);

quizzes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listOwnQuizzes",
		summary: "Own quizzes, newest first, without their content",
		...needs(
			"quizzes:write",
			"Deleted ones are in a list of their own. A page may be short and still have a next one.",
		),
		request: { params: userParams, query: listQuery },
		responses: shows(pageOf(schemas.quizHead), "A page of quizzes"),
	}),
	async (c) => {
		const { limit, cursor, ...filter } = c.req.valid("query");
		const before = cursorIn(c, seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const { items, next } = found(await shard.quizzes.list(call, filter, before, limit), "user");
		return c.json(page(c, items.map(shownQuiz), next), 200);
	},
);

quizzes.openapi(
	route({
		method: "get",
		path: `${path}/{quiz}`,
		tag,
		operationId: "getOwnQuiz",
		summary: "An own quiz with its whole content",
		...needs("quizzes:write", "Another user's too, where a share that you have used lets you edit it."),
		request: { params: quizParams },
		responses: shows(schemas.authoredQuiz, "The quiz; its ETag is for If-Match"),
	}),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const draft = await draftOf(c, user, quiz);
		const shown = shownQuiz(found(await draft.read(), "quiz"));
		c.header("ETag", shown.etag);
		return c.json(shown, 200);
	},
);

quizzes.openapi(
	route(
		{
			method: "put",
			path: `${path}/{quiz}`,
			tag,
			operationId: "replaceQuiz",
			summary: "Replace the draft",
			...needs(
				"quizzes:write",
				"The whole content, not a part of it. What is published stays as it is until the draft is published. Another user's " +
					"draft too, where a share that you have used lets you edit it.",
			),
			request: {
				params: quizParams,
				headers: conditional,
				body: bodyOf(quizContentSchema, CONTENT),
			},
			responses: changed(200, schemas.authoredQuiz, "The draft"),
		},
		...(["conflict", "precondition-failed", "precondition-required"] as const),
	),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const etag = requiredIfMatch(c);
		const draft = await draftOf(c, user, quiz);
		const reply = await draft.revise(etag, c.req.valid("json"));
		const { value, status } = await answer(c, draft.call, reply, 200);
		const shown = shownQuiz(value);
		c.header("ETag", shown.etag);
		return c.json(shown, status);
	},
);

quizzes.openapi(
	route(
		{
			method: "put",
			path: `${path}/{quiz}/publication`,
			tag,
			operationId: "publishQuiz",
			summary: "Publish the current draft",
			...needs(
				"quizzes:write",
				"Freezes the draft as a version and makes it the one that is taken. Publishing it again changes nothing. Where a share has let " +
					"somebody else edit the draft, now or once, `If-Match` must say which draft you read.",
			),
			request: { params: quizParams, headers: publishing, body: bodyOf(schemas.publicationBody) },
			responses: changed(200, schemas.quizHead, "The quiz, published"),
		},
		...(["conflict", "precondition-failed", "precondition-required"] as const),
	),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const { visibility } = c.req.valid("json");
		const publish = async ({ hash, text }: { hash: string; text: string }) => {
			await putVersion(c.env, hash, text);
			return keptNearby(c, call, await shard.quizzes.publish(call, quiz, hash, visibility, ifMatch(c)));
		};
		const draft = found(await shard.quizzes.draft(call, quiz, ifMatch(c)), "quiz");
		const reply = draft.outcome.ok ? await publish(draft.outcome.value) : { ...draft, outcome: draft.outcome };
		const { value, status } = await answer(c, call, reply, 200);
		return c.json(shownQuiz(value), status);
	},
);

quizzes.openapi(
	route(
		{
			method: "delete",
			path: `${path}/{quiz}/publication`,
			tag,
			operationId: "withdrawQuiz",
			summary: "Withdraw the quiz from the catalog",
			...needs(
				"quizzes:write",
				"It can no longer be listed or taken; its attempts stay. Publish it to bring it back. Again, it changes nothing.",
			),
			request: { params: quizParams, headers: conditional },
			responses: changed(200, schemas.quizHead, "The quiz, withdrawn"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const reply = await keptNearby(c, call, await shard.quizzes.withdraw(call, quiz, ifMatch(c)));
		const { value, status } = await answer(c, call, reply, 200);
		return c.json(shownQuiz(value), status);
	},
);
