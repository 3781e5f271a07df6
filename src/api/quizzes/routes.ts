import { z } from "@hono/zod-openapi";
import { quizContentSchema } from "../../domain/quizzes/quiz.ts";
import { QUIZ_STATUSES } from "../../domain/quizzes/workflow.ts";
import { createQuiz } from "../../service/quizzes/create-quiz.ts";
import { listOwnQuizzes } from "../../service/quizzes/list-own-quizzes.ts";
import { publishQuiz } from "../../service/quizzes/publish-quiz.ts";
import { readDraft } from "../../service/quizzes/read-draft.ts";
import { replaceDraft } from "../../service/quizzes/replace-draft.ts";
import { withdrawQuiz } from "../../service/quizzes/withdraw-quiz.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { ifMatch, requiredIfMatch } from "../http/preconditions.ts";
import { changed, keyedHeaders, needs, newApp, requestBody, route, shownAs, shows } from "../http/route.ts";
import { QUIZ_EXAMPLE } from "./example.ts";
import { conditional, path, publishing, quizParams, tag, userParams } from "./params.ts";
import { authoredQuiz, publicationBody, quizHead } from "./schemas.ts";

const seqCursor = z.int().min(0);

const listQuery = pageQuery.extend({
	status: z.enum(QUIZ_STATUSES).optional().describe("Quizzes of this status"),
	deleted: z
		.enum(["true", "false"])
		.default("false")
		.transform((text) => text === "true")
		.openapi({ type: "boolean", default: false, description: "Those that were deleted, instead of the others" }),
});

const quizBody = requestBody(shownAs("QuizDraft", quizContentSchema), QUIZ_EXAMPLE);

/** Own quizzes: drafts, and what was published of them. */
export const quizRoutes = newApp();

quizRoutes.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "createQuiz",
			summary: "Create a draft",
			...needs("quizzes:write", "Nobody else sees it until it is published. Fields left out get their defaults."),
			request: { params: userParams, headers: keyedHeaders, body: quizBody },
			responses: changed(201, authoredQuiz, "The draft", "ETag"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { user: c.req.valid("param").user, content: c.req.valid("json") };
		const { value, status } = await answer(c, await createQuiz(ctxOf(c), input), 201);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

quizRoutes.openapi(
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
		responses: shows(pageSchema(quizHead, "QuizHeadPage"), "A page of quizzes"),
	}),
	async (c) => {
		const { limit, cursor, ...filter } = c.req.valid("query");
		const input = { user: c.req.valid("param").user, filter, before: cursorIn(c, seqCursor, cursor), limit };
		const { items, next } = valueIn(c, await listOwnQuizzes(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

quizRoutes.openapi(
	route({
		method: "get",
		path: `${path}/{quiz}`,
		tag,
		operationId: "getOwnQuiz",
		summary: "An own quiz with its whole content",
		...needs("quizzes:write", "Another user's too, where a share that you have used lets you edit it."),
		request: { params: quizParams },
		responses: shows(authoredQuiz, "The quiz; its ETag is for If-Match", "ETag"),
	}),
	async (c) => {
		const value = valueIn(c, await readDraft(ctxOf(c), c.req.valid("param")));
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

quizRoutes.openapi(
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
				body: quizBody,
			},
			responses: changed(200, authoredQuiz, "The draft", "ETag"),
		},
		...(["conflict", "precondition-failed", "precondition-required"] as const),
	),
	async (c) => {
		const input = {
			...c.req.valid("param"),
			etag: requiredIfMatch(c, "Changes of a draft need"),
			content: c.req.valid("json"),
		};
		const { value, status } = await answer(c, await replaceDraft(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

quizRoutes.openapi(
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
			request: { params: quizParams, headers: publishing, body: requestBody(publicationBody) },
			responses: changed(200, quizHead, "The quiz, published"),
		},
		...(["conflict", "precondition-failed", "precondition-required"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("json"), etag: ifMatch(c) };
		const { value, status } = await answer(c, await publishQuiz(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

quizRoutes.openapi(
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
			responses: changed(200, quizHead, "The quiz, withdrawn"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), etag: ifMatch(c) };
		const { value, status } = await answer(c, await withdrawQuiz(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);
