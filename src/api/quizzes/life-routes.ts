import { claimSlug } from "../../service/quizzes/claim-slug.ts";
import { deleteQuiz } from "../../service/quizzes/delete-quiz.ts";
import { duplicateQuiz } from "../../service/quizzes/duplicate-quiz.ts";
import { moveQuiz } from "../../service/quizzes/move-quiz.ts";
import { undeleteQuiz } from "../../service/quizzes/undelete-quiz.ts";
import { answer } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { ifMatch } from "../http/preconditions.ts";
import { changed, keyedHeaders, needs, newApp, optionalBody, requestBody, route } from "../http/route.ts";
import { conditional, path, quizParams, tag } from "./params.ts";
import { authoredQuiz, duplicationBody, quizHead, slugBody, statusBody } from "./schemas.ts";

/** The life of an own quiz: review, archive, slug, duplicates, deletion. */
export const lifeRoutes = newApp();

lifeRoutes.openapi(
	route(
		{
			method: "put",
			path: `${path}/{quiz}/status`,
			tag,
			operationId: "setQuizStatus",
			summary: "Into review, back to draft, or to the archive",
			...needs(
				"quizzes:write",
				"An archived quiz is in no list and cannot be taken; its owner still reads its statistics. " +
					"`draft` takes it out again. docs/authoring.md has all transitions.",
			),
			request: { params: quizParams, headers: conditional, body: requestBody(statusBody) },
			responses: changed(200, quizHead, "The quiz"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("json"), etag: ifMatch(c) };
		const { value, status } = await answer(c, await moveQuiz(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

lifeRoutes.openapi(
	route(
		{
			method: "put",
			path: `${path}/{quiz}/slug`,
			tag,
			operationId: "claimSlug",
			summary: "Claim a slug",
			...needs(
				"quizzes:write",
				"Slugs are unique within the tenant, and the earliest claim gets one; others get it with a suffix. " +
					"The quiz's earlier slugs redirect to it.",
			),
			request: { params: quizParams, headers: conditional, body: requestBody(slugBody) },
			responses: changed(200, quizHead, "The quiz"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("json"), etag: ifMatch(c) };
		const { value, status } = await answer(c, await claimSlug(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

lifeRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/{quiz}/duplication`,
			tag,
			operationId: "duplicateQuiz",
			summary: "A new draft with the same content",
			...needs("quizzes:write", "Its `origin` says what it is a copy of."),
			request: { params: quizParams, headers: keyedHeaders, body: optionalBody(duplicationBody) },
			responses: changed(201, authoredQuiz, "The new draft", "ETag"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("json") };
		const { value, status } = await answer(c, await duplicateQuiz(ctxOf(c), input), 201);
		c.header("ETag", value.etag);
		return c.json(value, status);
	},
);

lifeRoutes.openapi(
	route(
		{
			method: "delete",
			path: `${path}/{quiz}`,
			tag,
			operationId: "deleteQuiz",
			summary: "Delete the quiz",
			...needs(
				"quizzes:write",
				"Withdraws it and gives up its slugs. For 30 days it can be undeleted, then it is purged. Again, it changes nothing.",
			),
			request: { params: quizParams, headers: conditional },
			responses: changed(200, quizHead, "The quiz, deleted"),
		},
		"precondition-failed",
	),
	async (c) => {
		const input = { ...c.req.valid("param"), etag: ifMatch(c) };
		const { value, status } = await answer(c, await deleteQuiz(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

lifeRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/{quiz}/undeletion`,
			tag,
			operationId: "undeleteQuiz",
			summary: "Bring a deleted quiz back",
			...needs("quizzes:write", "It is not published, whatever it was before. Again, it changes nothing."),
			request: { params: quizParams, headers: keyedHeaders },
			responses: changed(200, quizHead, "The quiz"),
		},
		"idempotency-key-reused",
	),
	async (c) => {
		const { value, status } = await answer(c, await undeleteQuiz(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, status);
	},
);
