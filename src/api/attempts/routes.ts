import { z } from "@hono/zod-openapi";
import { listAttempts } from "../../service/attempts/list-attempts.ts";
import { openAttempt } from "../../service/attempts/open-attempt.ts";
import { readAttempt } from "../../service/attempts/read-attempt.ts";
import { saveAnswers } from "../../service/attempts/save-answers.ts";
import type { ShownAttempt } from "../../service/attempts/shown-attempts.ts";
import type { ShownSitting } from "../../service/attempts/shown-sittings.ts";
import { submitAttempt } from "../../service/attempts/submit-attempt.ts";
import { submitOpenAttempt } from "../../service/attempts/submit-open-attempt.ts";
import type { Changed } from "../../service/verbs.ts";
import { answer, valueIn } from "../http/answer.ts";
import { bookmarkHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { changed, changeHeaders, keyedHeaders, needs, newApp, requestBody, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { attempt, attemptBody, attemptOrSitting, changesBody, savedAnswers } from "./schemas.ts";

const path = "/v1/users/{user}/attempts";
const tag = "attempts";
const userParams = z.object({ user: schemas.userParam });
const seqCursor = z.int().min(0);

export const attemptRoutes = newApp();

attemptRoutes.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "submitAttempt",
			summary: "Submit an attempt, or open one",
			...needs(
				"attempts:write",
				"With `quiz` alone it opens an attempt, or shows the one at the quiz that is under way; its answers are saved and submitted later. " +
					"With `answers` it marks them against the quiz's current version, which may be one second old unless `x-d1-bookmark` says from " +
					"when on. Questions that are left out count as blank. The quiz's settings say how often it may be taken, and whether the " +
					"marks of each question are told.",
			),
			request: {
				params: userParams,
				headers: keyedHeaders.extend(bookmarkHeaders.shape),
				body: requestBody(attemptBody),
			},
			responses: changed(201, attemptOrSitting, "The attempt, marked or under way"),
		},
		...(["idempotency-key-required", "idempotency-key-reused", "attempt-limit-reached"] as const),
		...(["conflict", "quiz-not-open"] as const),
	),
	async (c) => {
		const { user } = c.req.valid("param");
		const { answers, ...body } = c.req.valid("json");
		const outcome: Changed<ShownAttempt | ShownSitting> =
			answers !== undefined
				? await submitAttempt(ctxOf(c), { user, submission: { ...body, answers } })
				: await openAttempt(ctxOf(c), { user, quiz: body.quiz });
		const { value, status } = await answer(c, outcome, 201);
		return c.json(value, status);
	},
);

attemptRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listAttempts",
		summary: "Attempts, newest first",
		...needs("attempts:read"),
		request: {
			params: userParams,
			query: pageQuery.extend({ quiz: schemas.idFilter("quiz").optional().describe("Attempts at this quiz") }),
		},
		responses: shows(pageSchema(attempt, "AttemptPage"), "A page of attempts"),
	}),
	async (c) => {
		const { limit, cursor, quiz } = c.req.valid("query");
		const input = { user: c.req.valid("param").user, quiz, before: cursorIn(c, seqCursor, cursor), limit };
		const { items, next } = valueIn(c, await listAttempts(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

attemptRoutes.openapi(
	route({
		method: "get",
		path: `${path}/{attempt}`,
		tag,
		operationId: "getAttempt",
		summary: "One attempt",
		...needs("attempts:read"),
		request: { params: userParams.extend({ attempt: schemas.attemptId }) },
		responses: shows(attemptOrSitting, "The attempt", "ETag"),
	}),
	async (c) => {
		const value = valueIn(c, await readAttempt(ctxOf(c), c.req.valid("param")));
		// What is under way changes with each save.
		c.header("ETag", `"${value.status === "submitted" ? value.id : `${value.id}-${value.server_time}`}"`);
		return c.json(value, 200);
	},
);

attemptRoutes.openapi(
	route(
		{
			method: "patch",
			path: `${path}/{attempt}`,
			tag,
			operationId: "saveAnswers",
			summary: "Save answers",
			...needs(
				"attempts:write",
				"Of each question the change with the highest counter stays, so that batches, retries and several tabs end alike in " +
					"whatever order they come. All changes are saved, or none.",
			),
			request: {
				params: userParams.extend({ attempt: schemas.attemptId }),
				headers: changeHeaders,
				body: requestBody(changesBody),
			},
			responses: changed(200, savedAnswers, "What is stored"),
		},
		...(["attempt-already-submitted", "deadline-passed", "conflict"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("param"), ...c.req.valid("json") };
		const { value, status } = await answer(c, await saveAnswers(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

attemptRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/{attempt}/submission`,
			tag,
			operationId: "submitOpenAttempt",
			summary: "Submit an attempt that is under way",
			...needs("attempts:write", "What is saved is marked. Questions without an answer count as blank."),
			request: { params: userParams.extend({ attempt: schemas.attemptId }), headers: keyedHeaders },
			responses: changed(201, attempt, "The attempt, marked"),
		},
		...(["idempotency-key-required", "idempotency-key-reused"] as const),
		...(["attempt-already-submitted", "deadline-passed"] as const),
	),
	async (c) => {
		const { value, status } = await answer(c, await submitOpenAttempt(ctxOf(c), c.req.valid("param")), 201);
		return c.json(value, status);
	},
);
