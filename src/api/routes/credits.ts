import { z } from "@hono/zod-openapi";
import { answer, found } from "../answer.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { bodyOf, changed, keyedHeaders, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { requireIdempotencyKey, userCall } from "../user-call.ts";

const path = "/v1/users/{user}/credits";
const tags = ["credits"];
const userParams = z.object({ user: schemas.userParam });
const holdParams = userParams.extend({ hold: schemas.holdId });
const seqCursor = z.int().min(1);
const KEYED = ["idempotency-key-required", "idempotency-key-reused"] as const;
const ENDED = ["hold-already-settled", "hold-already-released", "hold-expired", "idempotency-key-reused"] as const;

export const credits = newApp();

credits.openapi(
	route({
		...{ method: "get", path, tags, summary: "Balance and lots" },
		request: { params: userParams },
		responses: shows(schemas.balance, "What the user has, in total and by lot"),
	}),
	async (c) => {
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:read");
		return c.json(found(await shard.balance(call), "user"), 200);
	},
);

credits.openapi(
	route(
		{
			...{ method: "post", path: `${path}/grants`, tags, summary: "Grant credits: a new lot" },
			request: { params: userParams, headers: keyedHeaders, body: bodyOf(schemas.grantBody) },
			responses: changed(201, schemas.lot, "The lot"),
		},
		...[...KEYED, "conflict" as const],
	),
	async (c) => {
		requireIdempotencyKey(c);
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:grant");
		const reply = await shard.grantCredits(call, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 201);
		return c.json(value, status);
	},
);

credits.openapi(
	route(
		{
			...{ method: "post", path: `${path}/holds`, tags, summary: "Reserve credits before the work" },
			request: { params: userParams, headers: keyedHeaders, body: bodyOf(schemas.reserveBody) },
			responses: changed(201, schemas.hold, "The hold, and what is available after it"),
		},
		...[...KEYED, "insufficient-credits" as const, "not-entitled" as const, "rate-limited" as const],
	),
	async (c) => {
		requireIdempotencyKey(c);
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:reserve");
		const reply = await shard.reserveCredits(call, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 201);
		return c.json(value, status);
	},
);

credits.openapi(
	route({
		...{ method: "get", path: `${path}/holds`, tags, summary: "Holds, newest first" },
		description:
			"With `status`, a page may hold fewer than `limit` and still have a `next_cursor`: follow it until null.",
		request: { params: userParams, query: pageQuery.extend({ status: z.enum(schemas.HOLD_STATUSES).optional() }) },
		responses: shows(pageOf(schemas.holdRecord), "A page of holds"),
	}),
	async (c) => {
		const { limit, cursor, status } = c.req.valid("query");
		const before = cursorIn(seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:read");
		const { items, next } = found(await shard.holds(call, status, before, limit), "user");
		return c.json(page(c, items, next), 200);
	},
);

credits.openapi(
	route({
		...{ method: "get", path: `${path}/holds/{hold}`, tags, summary: "One hold" },
		request: { params: holdParams },
		responses: shows(schemas.holdRecord, "The hold"),
	}),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:read");
		return c.json(found(await shard.hold(call, hold), "hold"), 200);
	},
);

credits.openapi(
	route(
		{
			...{ method: "post", path: `${path}/holds/{hold}/settlement`, tags, summary: "Settle a hold after the work" },
			description: "Charges `amount` of what is held; the rest goes back. At most once.",
			request: { params: holdParams, headers: keyedHeaders, body: bodyOf(schemas.settleBody) },
			responses: changed(200, schemas.hold, "The hold, settled"),
		},
		...[...ENDED, "capture-exceeds-hold" as const],
	),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:reserve");
		const reply = await shard.settleHold(call, hold, c.req.valid("json"));
		const { value, status } = await answer(c, call, reply, 200);
		return c.json(value, status);
	},
);

credits.openapi(
	route(
		{
			...{ method: "post", path: `${path}/holds/{hold}/release`, tags, summary: "Release a hold unused" },
			request: {
				...{ params: holdParams, headers: keyedHeaders },
				body: { content: { "application/json": { schema: schemas.releaseBody } } },
			},
			responses: changed(200, schemas.hold, "The hold, released"),
		},
		...ENDED,
	),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:reserve");
		// The body is optional; without one there is nothing to validate.
		const { reason = null } = c.req.valid("json") ?? {};
		const reply = await shard.releaseHold(call, hold, reason);
		const { value, status } = await answer(c, call, reply, 200);
		return c.json(value, status);
	},
);

credits.openapi(
	route({
		...{ method: "get", path: `${path}/entries`, tags, summary: "The ledger, newest first" },
		request: { params: userParams, query: pageQuery },
		responses: shows(pageOf(schemas.ledgerLine), "A page of entries"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const from = cursorIn(seqCursor, cursor) ?? undefined;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:read");
		const { items, next } = found(await shard.creditEntries(call, from, limit), "user");
		return c.json(
			page(
				c,
				items.map((line) => ({ ...line, detail: JSON.parse(line.detail) })),
				next,
			),
			200,
		);
	},
);
