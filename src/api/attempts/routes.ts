import { z } from "@hono/zod-openapi";
import { listAttempts } from "../../service/attempts/list-attempts.ts";
import { readAttempt } from "../../service/attempts/read-attempt.ts";
import { submitAttempt } from "../../service/attempts/submit-attempt.ts";
import { answer, valueIn } from "../http/answer.ts";
import { bookmarkHeaders } from "../http/bookmarks.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { changed, keyedHeaders, needs, newApp, requestBody, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { attempt, submissionBody } from "./schemas.ts";

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
			summary: "Submit an attempt",
			...needs(
				"attempts:write",
				"Marks the answers against the quiz's current version, which may be one second old unless `x-d1-bookmark` says from " +
					"when on. Questions that are left out count as blank. The quiz's settings say how often it may be taken, and whether the " +
					"marks of each question are told.",
			),
			request: {
				params: userParams,
				headers: keyedHeaders.extend(bookmarkHeaders.shape),
				body: requestBody(submissionBody),
			},
			responses: changed(201, attempt, "The attempt, marked"),
		},
		...(["idempotency-key-required", "idempotency-key-reused", "attempt-limit-reached"] as const),
	),
	async (c) => {
		const input = { user: c.req.valid("param").user, submission: c.req.valid("json") };
		const { value, status } = await answer(c, await submitAttempt(ctxOf(c), input), 201);
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
		responses: shows(attempt, "The attempt", "ETag"),
	}),
	async (c) => {
		const value = valueIn(c, await readAttempt(ctxOf(c), c.req.valid("param")));
		c.header("ETag", `"${value.id}"`);
		return c.json(value, 200);
	},
);
