import { z } from "@hono/zod-openapi";
import { readOffer } from "../../service/sharing/read-offer.ts";
import { redeemShare } from "../../service/sharing/redeem-share.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { changed, keyedHeaders, needs, newApp, openRead, route, shows } from "../http/route.ts";
import { offer, redemption, shareCodeParam } from "./schemas.ts";

const tag = "shares";
const codeParams = z.object({ code: shareCodeParam });
const GONE = ["conflict", "share-exhausted", "share-expired", "share-revoked", "rate-limited"] as const;

/** What whoever has a code can do with it. */
export const redemptionRoutes = newApp();

redemptionRoutes.openapi(
	route(
		{
			method: "get",
			path: "/v1/shares/{code}",
			...openRead,
			tag,
			operationId: "getSharedOffer",
			summary: "What a code gives",
			description: "Looking does not use it. Who tries many codes that do not exist has to wait.",
			request: { params: codeParams },
			responses: shows(offer, "The offer"),
		},
		...GONE,
	),
	async (c) => {
		return c.json(valueIn(c, await readOffer(ctxOf(c), c.req.valid("param"))), 200);
	},
);

redemptionRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/shares/{code}/redemption",
			tag,
			operationId: "redeemShare",
			summary: "Use a code",
			...needs(
				"attempts:write",
				"A use is a user and not a call: using it again counts no further, and a copy is made once. What lets you copy or edit " +
					"needs `quizzes:write` too.",
			),
			request: { params: codeParams, headers: keyedHeaders },
			responses: changed(200, redemption, "What you have now"),
		},
		...GONE,
		"idempotency-key-reused",
	),
	async (c) => {
		const { value, status } = await answer(c, await redeemShare(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, status);
	},
);
