import { z } from "@hono/zod-openapi";
import { createShare } from "../../service/sharing/create-share.ts";
import { listShares } from "../../service/sharing/list-shares.ts";
import { revokeShare } from "../../service/sharing/revoke-share.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { changed, changeHeaders, keyedHeaders, needs, newApp, requestBody, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { newShare, share, shareBody } from "./schemas.ts";

const path = "/v1/users/{user}/quizzes/{quiz}/shares";
const tag = "shares";
const quizParams = z.object({ user: schemas.userParam, quiz: schemas.quizId });
const seqCursor = z.int().min(0);

export const shareRoutes = newApp();

shareRoutes.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "createShare",
			summary: "Share a quiz by a code",
			...needs(
				"quizzes:write",
				"`view` lets the published quiz be seen although it is private, `attempt` be attempted too, `copy` be copied with its " +
					"key into an own draft; these need a published version. `edit` lets the draft be read and replaced.",
			),
			request: { params: quizParams, headers: keyedHeaders, body: requestBody(shareBody) },
			responses: changed(201, newShare, "The share, with its code"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value, status } = await answer(c, await createShare(ctxOf(c), input), 201);
		return c.json(value, status);
	},
);

shareRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listShares",
		summary: "The quiz's shares, newest first, without their codes",
		...needs("quizzes:write"),
		request: { params: quizParams, query: pageQuery },
		responses: shows(pageSchema(share, "SharePage"), "A page of shares"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { ...c.req.valid("param"), before: cursorIn(c, seqCursor, cursor), limit };
		const { items, next } = valueIn(c, await listShares(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

shareRoutes.openapi(
	route({
		method: "delete",
		path: `${path}/{share}`,
		tag,
		operationId: "revokeShare",
		summary: "Revoke a share",
		...needs(
			"quizzes:write",
			"Its code is dead at once, and so is what it gave, except for copies. Again, it changes nothing.",
		),
		request: { params: quizParams.extend({ share: schemas.shareId }), headers: changeHeaders },
		responses: changed(200, share, "The share, revoked"),
	}),
	async (c) => {
		const { value, status } = await answer(c, await revokeShare(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, status);
	},
);
