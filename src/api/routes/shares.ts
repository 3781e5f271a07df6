import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { saveShare } from "../../catalog/shares.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import { shareCode } from "../../domain/share-codes.ts";
import { type HonoEnv, shareCodeKeyOf } from "../../env.ts";
import type { OwnShare } from "../../shard/commands/shares.ts";
import { answer, found } from "../answer.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { bodyOf, changed, changeHeaders, keyedHeaders, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { newShare, share, shareBody } from "../sharing-schemas.ts";
import { userCall } from "../user-call.ts";

const path = "/v1/users/{user}/quizzes/{quiz}/shares";
const tag = "shares";
const quizParams = z.object({ user: schemas.userParam, quiz: schemas.quizId });
const seqCursor = z.int().min(0);

export const shares = newApp();

shares.openapi(
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
			request: { params: quizParams, headers: keyedHeaders, body: bodyOf(shareBody) },
			responses: changed(201, newShare, "The share, with its code"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { user, quiz } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const { access, expires_at = null, max_uses = null } = c.req.valid("json");
		const reply = await shard.shares.create(call, quiz, { access, expires_at, max_uses });
		if (reply.outcome.ok) await saveAtOnce(c, call.user, reply.outcome.value, reply.seq);
		const { value, status } = await answer(c, call, reply, 201);
		const code = shareCode(shareCodeKeyOf(c.env), value.id);
		const isItsCode = sha256Hex(code) === value.code_hash;
		return c.json({ ...shown(value), code: isItsCode ? code : null }, status);
	},
);

shares.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listShares",
		summary: "The quiz's shares, newest first, without their codes",
		...needs("quizzes:write"),
		request: { params: quizParams, query: pageQuery },
		responses: shows(pageOf(share), "A page of shares"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const before = cursorIn(c, seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { user, quiz } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const rows = found(await shard.shares.list(call, quiz, before, limit + 1), "quiz");
		const items = rows.slice(0, limit);
		const next = rows.length > limit ? (items.at(-1)?.seq ?? null) : null;
		return c.json(
			page(
				c,
				items.map((row) => shown(row.share)),
				next,
			),
			200,
		);
	},
);

shares.openapi(
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
		const { user, quiz, share: id } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const { value, status } = await answer(c, call, await shard.shares.revoke(call, quiz, id), 200);
		return c.json(shown(value), status);
	},
);

/**
 * Lets the catalog have the share before the queue brings it, so that its code leads somewhere at once. That it could not be
 * written is no fault of the share: the log brings it.
 */
async function saveAtOnce(c: Context<HonoEnv>, user: string, value: OwnShare, seq: number): Promise<void> {
	const { id: share, quiz, access, code_hash, expires_at, max_uses, created_at, revoked_at } = value;
	const row = { share, user, quiz, access, code_hash, expires_at, max_uses, created_at, revoked_at, seq };
	try {
		await saveShare(c.env.CATALOG, row);
	} catch (error) {
		console.error(JSON.stringify({ at: "share", request_id: c.get("request_id"), share, error: String(error) }));
	}
}

/** A share as it is shown: without the hash of its code. */
const shown = ({ id, quiz, access, status, expires_at, max_uses, uses, created_at, revoked_at }: OwnShare) => ({
	id,
	quiz,
	access,
	status,
	expires_at,
	max_uses,
	uses,
	created_at,
	revoked_at,
});
