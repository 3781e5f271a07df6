import { z } from "@hono/zod-openapi";
import { HOLD_STATUSES } from "../../domain/credits/holds.ts";
import { extendHold } from "../../service/credits/extend-hold.ts";
import { listHolds } from "../../service/credits/list-holds.ts";
import { readHold } from "../../service/credits/read-hold.ts";
import { refundHold } from "../../service/credits/refund-hold.ts";
import { releaseHold } from "../../service/credits/release-hold.ts";
import { reserveCredits } from "../../service/credits/reserve-credits.ts";
import { settleHold } from "../../service/credits/settle-hold.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { changed, keyedHeaders, needs, newApp, optionalBody, requestBody, route, shows } from "../http/route.ts";
import { userParam } from "../schemas.ts";
import * as shapes from "./schemas.ts";

const path = "/v1/users/{user}/credits/holds";
const tag = "holds";
const userParams = z.object({ user: userParam });
const params = userParams.extend({ hold: shapes.holdId });
const seqCursor = z.int().min(1);
const ENDED = ["hold-already-settled", "hold-already-released", "hold-expired", "idempotency-key-reused"] as const;
const NO_CREDITS = ["insufficient-credits", "rate-limited", "conflict"] as const;

export const holdRoutes = newApp();

holdRoutes.openapi(
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
			request: { params: userParams, headers: keyedHeaders, body: requestBody(shapes.reserveBody) },
			responses: changed(201, shapes.hold, "The hold, and what is available after it"),
		},
		...(["idempotency-key-required", "idempotency-key-reused", "not-entitled", ...NO_CREDITS] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), user: c.req.valid("param").user };
		const { value, status } = await answer(c, await reserveCredits(ctxOf(c), input), 201);
		return c.json(value, status);
	},
);

holdRoutes.openapi(
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
		request: {
			params: userParams,
			query: pageQuery.extend({ status: z.enum(HOLD_STATUSES).optional().describe("Holds of this status") }),
		},
		responses: shows(
			pageSchema(shapes.holdSummary, "HoldSummaryPage"),
			"A page of holds, without their prompts and conversations",
		),
	}),
	async (c) => {
		const { limit, cursor, status } = c.req.valid("query");
		const input = { user: c.req.valid("param").user, status, before: cursorIn(c, seqCursor, cursor), limit };
		const { items, next } = valueIn(c, await listHolds(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

holdRoutes.openapi(
	route({
		method: "get",
		path: `${path}/{hold}`,
		tag,
		operationId: "getHold",
		summary: "One hold: the record of a generation",
		...needs("credits:read"),
		request: { params },
		responses: shows(shapes.holdRecord, "The hold", "ETag"),
	}),
	async (c) => {
		const value = valueIn(c, await readHold(ctxOf(c), c.req.valid("param")));
		// What of a hold can change: it grows, it ends, it is refunded.
		c.header("ETag", `"${value.status}-${value.amount}-${value.expires_at}-${value.refunded}"`);
		return c.json(value, 200);
	},
);

holdRoutes.openapi(
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
			request: { params, headers: keyedHeaders, body: requestBody(shapes.settleBody) },
			responses: changed(200, shapes.hold, "The hold, settled"),
		},
		...([...ENDED, "capture-exceeds-hold"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value, status } = await answer(c, await settleHold(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

holdRoutes.openapi(
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
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value, status } = await answer(c, await releaseHold(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

holdRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/{hold}/extension`,
			tag,
			operationId: "extendHold",
			summary: "Give an open hold more time or credits",
			...needs("credits:reserve", "`ttl_s` counts from now and never shortens the hold. Both or neither happens."),
			request: { params, headers: keyedHeaders, body: requestBody(shapes.extensionBody) },
			responses: changed(200, shapes.hold, "The hold, extended"),
		},
		...([...ENDED, ...NO_CREDITS] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value, status } = await answer(c, await extendHold(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

holdRoutes.openapi(
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
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value, status } = await answer(c, await refundHold(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);
