import { z } from "@hono/zod-openapi";
import { readAnswerKey } from "../../catalog/versions.ts";
import { answer, found } from "../answer.ts";
import { shownAttempt, shownAttempts } from "../attempts-shown.ts";
import { bookmarkHeaders, bookmarkOf } from "../catalog-session.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { bodyOf, changed, keyedHeaders, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { attemptableQuiz } from "../shared-access.ts";
import { requireIdempotencyKey, userCall } from "../user-call.ts";

const path = "/v1/users/{user}/attempts";
const tag = "attempts";
const userParams = z.object({ user: schemas.userParam });
const seqCursor = z.int().min(0);

export const attempts = newApp();

attempts.openapi(
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
				body: bodyOf(schemas.submissionBody),
			},
			responses: changed(201, schemas.attempt, "The attempt, marked"),
		},
		...(["idempotency-key-required", "idempotency-key-reused", "attempt-limit-reached"] as const),
	),
	async (c) => {
		requireIdempotencyKey(c);
		const { call, shard } = await userCall(c, c.req.valid("param").user, "attempts:write");
		const submission = c.req.valid("json");
		const published = await attemptableQuiz(c.env, submission.quiz, call, bookmarkOf(c));
		const key = published && (await readAnswerKey(c.env, published));
		const { value, status } = await answer(c, call, await shard.attempts.submit(call, submission, key), 201);
		return c.json(await shownAttempt(c.env, value), status);
	},
);

attempts.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listAttempts",
		summary: "Attempts, newest first",
		...needs("attempts:read"),
		request: { params: userParams, query: pageQuery.extend({ quiz: schemas.idFilter("quiz").optional() }) },
		responses: shows(pageOf(schemas.attempt), "A page of attempts"),
	}),
	async (c) => {
		const { limit, cursor, quiz } = c.req.valid("query");
		const before = cursorIn(c, seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "attempts:read");
		const rows = found(await shard.attempts.list(call, { quiz }, before, limit + 1), "user");
		const items = rows.slice(0, limit);
		const next = rows.length > limit ? (items.at(-1)?.seq ?? null) : null;
		const shown = await shownAttempts(
			c.env,
			items.map((row) => row.attempt),
		);
		return c.json(page(c, shown, next), 200);
	},
);

attempts.openapi(
	route({
		method: "get",
		path: `${path}/{attempt}`,
		tag,
		operationId: "getAttempt",
		summary: "One attempt",
		...needs("attempts:read"),
		request: { params: userParams.extend({ attempt: schemas.attemptId }) },
		responses: shows(schemas.attempt, "The attempt"),
	}),
	async (c) => {
		const { user, attempt } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "attempts:read");
		const value = found(await shard.attempts.get(call, attempt), "attempt");
		c.header("ETag", `"${value.id}"`);
		return c.json(await shownAttempt(c.env, value), 200);
	},
);
