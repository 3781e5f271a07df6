import { z } from "@hono/zod-openapi";
import { centsOf, costOf } from "../../domain/costs.ts";
import { HOLD_STATUSES } from "../../domain/credits.ts";
import type { HoldRecord } from "../../shard/hold-rows.ts";
import { answer, found } from "../answer.ts";
import * as shapes from "../credit-schemas.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { bodyOf, changed, keyedHeaders, needs, newApp, optionalBody, route, shows } from "../route.ts";
import { userParam } from "../schemas.ts";
import { requireIdempotencyKey, userCall } from "../user-call.ts";

const path = "/v1/users/{user}/credits/holds";
const tag = "holds";
const userParams = z.object({ user: userParam });
const params = userParams.extend({ hold: shapes.holdId });
const seqCursor = z.int().min(1);
const ENDED = ["hold-already-settled", "hold-already-released", "hold-expired", "idempotency-key-reused"] as const;
const NO_CREDITS = ["insufficient-credits", "rate-limited", "conflict"] as const;

export const holds = newApp();

holds.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "reserveCredits",
			summary: "Reserve credits before the work",
			...needs(
				"credits:reserve",
				"All of the amount or nothing. The hold runs out after `ttl_s` and its credits go back.",
			),
			request: { params: userParams, headers: keyedHeaders, body: bodyOf(shapes.reserveBody) },
			responses: changed(201, shapes.hold, "The hold, and what is available after it"),
		},
		...(["idempotency-key-required", "idempotency-key-reused", "not-entitled", ...NO_CREDITS] as const),
	),
	async (c) => {
		requireIdempotencyKey(c);
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:reserve");
		const reply = await shard.credits.reserve(call, withText(c.req.valid("json")));
		const { value, status } = await answer(c, call, reply, 201);
		return c.json(shown(value), status);
	},
);

holds.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listHolds",
		summary: "Holds, newest first",
		...needs(
			"credits:read",
			"With `status`, a page may hold fewer than `limit` and still have a `next_cursor`: follow it until null.",
		),
		request: { params: userParams, query: pageQuery.extend({ status: z.enum(HOLD_STATUSES).optional() }) },
		responses: shows(pageOf(shapes.holdSummary), "A page of holds, without their prompts and conversations"),
	}),
	async (c) => {
		const { limit, cursor, status } = c.req.valid("query");
		const before = cursorIn(c, seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "credits:read");
		const { items, next } = found(await shard.credits.holds(call, status, before, limit), "user");
		return c.json(page(c, items.map(shownSummary), next), 200);
	},
);

holds.openapi(
	route({
		method: "get",
		path: `${path}/{hold}`,
		tag,
		operationId: "getHold",
		summary: "One hold: the record of a generation",
		...needs("credits:read"),
		request: { params },
		responses: shows(shapes.holdRecord, "The hold"),
	}),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:read");
		const value = shown(found(await shard.credits.hold(call, hold), "hold"));
		// What of a hold can change: it grows, it ends, it is refunded.
		c.header("ETag", `"${value.status}-${value.amount}-${value.expires_at}-${value.refunded}"`);
		return c.json(value, 200);
	},
);

holds.openapi(
	route(
		{
			method: "post",
			path: `${path}/{hold}/settlement`,
			tag,
			operationId: "settleHold",
			summary: "Settle a hold after the work",
			...needs(
				"credits:reserve",
				"Charges `amount`, or `units` at the hold's price; the rest goes back. At most once.",
			),
			request: { params, headers: keyedHeaders, body: bodyOf(shapes.settleBody) },
			responses: changed(200, shapes.hold, "The hold, settled"),
		},
		...([...ENDED, "capture-exceeds-hold"] as const),
	),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:reserve");
		const reply = await shard.credits.settle(call, hold, withCost(withText(c.req.valid("json"))));
		const { value, status } = await answer(c, call, reply, 200);
		return c.json(shown(value), status);
	},
);

holds.openapi(
	route(
		{
			method: "post",
			path: `${path}/{hold}/release`,
			tag,
			operationId: "releaseHold",
			summary: "Release a hold unused",
			...needs(
				"credits:reserve",
				"All of its credits go back; the generation counts as failed, with `error` in its record, and with what the provider took " +
					"nevertheless. At most once.",
			),
			request: { params, headers: keyedHeaders, body: optionalBody(shapes.releaseBody) },
			responses: changed(200, shapes.hold, "The hold, released"),
		},
		...ENDED,
	),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:reserve");
		const reply = await shard.credits.release(call, hold, releaseOf(c.req.valid("json") ?? {}));
		const { value, status } = await answer(c, call, reply, 200);
		return c.json(shown(value), status);
	},
);

holds.openapi(
	route(
		{
			method: "post",
			path: `${path}/{hold}/extension`,
			tag,
			operationId: "extendHold",
			summary: "Give an open hold more time or credits",
			...needs("credits:reserve", "`ttl_s` counts from now and never shortens the hold. Both or neither happens."),
			request: { params, headers: keyedHeaders, body: bodyOf(shapes.extensionBody) },
			responses: changed(200, shapes.hold, "The hold, extended"),
		},
		...([...ENDED, ...NO_CREDITS] as const),
	),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:reserve");
		const { amount = 0, ttl_s = null } = c.req.valid("json");
		const { value, status } = await answer(c, call, await shard.credits.extend(call, hold, { amount, ttl_s }), 200);
		return c.json(shown(value), status);
	},
);

holds.openapi(
	route(
		{
			method: "post",
			path: `${path}/{hold}/refund`,
			tag,
			operationId: "refundHold",
			summary: "Refund a settled hold, whole or in part",
			...needs(
				"credits:grant",
				"To the lots it came from, or to a new refund lot where those have expired. At most once in total.",
			),
			request: { params, headers: keyedHeaders, body: optionalBody(shapes.refundBody) },
			responses: changed(200, shapes.hold, "The hold, refunded"),
		},
		...(["hold-already-released", "hold-expired", "conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { user, hold } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "credits:grant");
		const { amount = null, reason = null } = c.req.valid("json") ?? {};
		const { value, status } = await answer(c, call, await shard.credits.refund(call, hold, amount, reason), 200);
		return c.json(shown(value), status);
	},
);

/** A conversation is stored as its JSON text. */
export function withText<T extends { conversation?: unknown }>({ conversation, ...body }: T) {
	return { ...body, ...(conversation !== undefined && { conversation: JSON.stringify(conversation) }) };
}

/** A cost is stored as whole numbers. */
export function withCost<T extends { cost_cents?: number | undefined }>({ cost_cents, ...body }: T) {
	return { ...body, ...(cost_cents !== undefined && costOf(cost_cents)) };
}

export function releaseOf({ reason, error, ...usage }: z.output<typeof shapes.releaseBody>) {
	return { reason: reason ?? null, error: error ?? null, ...withCost(usage) };
}

interface Turn {
	role: string;
	content: string;
}

/** What withText() and withCost() stored, as it came. */
export function shown<T extends Pick<HoldRecord, "conversation" | Inner>>(hold: T) {
	const conversation: Turn[] | null = hold.conversation === null ? null : JSON.parse(hold.conversation);
	return { ...shownSummary(hold), conversation };
}

/** What is stored in another form than it is shown in, and digests of texts: short ones could be guessed by them. */
type Inner = "cost_cents" | "cost_parts" | "prompt_digest" | "conversation_digest";

function shownSummary<T extends Pick<HoldRecord, Inner>>({
	cost_parts,
	prompt_digest: _,
	conversation_digest: __,
	...hold
}: T) {
	const { cost_cents } = hold;
	return { ...hold, cost_cents: cost_cents === null ? null : centsOf({ cost_cents, cost_parts }) };
}
