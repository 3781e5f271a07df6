import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { findShare, saveGrant } from "../../catalog/shares.ts";
import { readVersion } from "../../catalog/versions.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { mediaIn } from "../../domain/media.ts";
import { readShareCode } from "../../domain/share-codes.ts";
import { versionName } from "../../domain/version-names.ts";
import type { HonoEnv } from "../../env.ts";
import type { Copy } from "../../shard/commands/copies.ts";
import type { Redemption } from "../../shard/commands/shares.ts";
import { answer } from "../answer.ts";
import { requireOwnShard } from "../own-tenant.ts";
import { requireScope } from "../principal.ts";
import { ProblemError, refusalProblem } from "../problem.ts";
import { changed, keyedHeaders, needs, newApp, route, shows } from "../route.ts";
import { isRepeatable, shardOf } from "../shard-of.ts";
import { countMiss, refuseGuesser } from "../share-misses.ts";
import { offer, redemption, shareCodeParam } from "../sharing-schemas.ts";
import { idempotencyKey, userCall } from "../user-call.ts";

const tag = "shares";
const codeParams = z.object({ code: shareCodeParam });
const GONE = ["conflict", "share-exhausted", "share-expired", "share-revoked", "rate-limited"] as const;

/** What who has a code can do with it. */
export const redemptions = newApp();

redemptions.openapi(
	route(
		{
			method: "get",
			path: "/v1/shares/{code}",
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
		const { visit, shard, id, code_hash } = await sharedBy(c, c.req.valid("param").code);
		const outcome = await shard.shares.offer(visit, id, code_hash);
		if (!outcome.ok) throw refusalProblem(outcome.refusal, visit.now);
		return c.json(outcome.value, 200);
	},
);

redemptions.openapi(
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
		requireScope(c.get("principal"), "attempts:write");
		const { visit, shard, id, code_hash, owner, access: offered } = await sharedBy(c, c.req.valid("param").code);
		if (offered === "copy" || offered === "edit") requireScope(c.get("principal"), "quizzes:write");
		await requireOwnShard(c);
		const reply = await shard.shares.redeem(visit, id, code_hash);
		if (!reply.outcome.ok) throw refusalProblem(reply.outcome.refusal, visit.now);
		const { share, grantee, quiz, access, until, at, seq } = reply.outcome.value;
		const bookmark = await saveGrant(c.env.CATALOG, { share, grantee, quiz, access, until, at, seq, user: owner });
		// Before answer(), which has a later one where the catalog was waited for.
		if (bookmark) c.header("x-d1-bookmark", bookmark);
		const stillGiven = async () => {
			const { idempotency_key: _, ...unkeyed } = visit;
			const { outcome } = reply.replayed ? await shard.shares.redeem(unkeyed, id, code_hash) : reply;
			if (!outcome.ok) throw refusalProblem(outcome.refusal, visit.now);
		};
		const made = access === "copy" ? await copyOf(c, reply.outcome.value, stillGiven) : null;
		const { status } = await answer(c, { ...visit, user: owner }, reply, 200);
		return c.json({ share, owner, quiz, access, until, redeemed_at: at, copy: made }, status);
	},
);

/** The share that a code is of, and how the caller visits its owner's shard. @throws ProblemError `not-found`, `rate-limited` */
async function sharedBy(c: Context<HonoEnv>, text: string) {
	const { subject: visitor, tenant } = c.get("principal");
	const now = c.get("now");
	if (!ID_PATTERNS.user.test(visitor)) {
		throw new ProblemError("not-found", "Shares are for users; a service has nothing that a share could give.");
	}
	refuseGuesser(visitor, now);
	const code = readShareCode(text);
	const code_hash = sha256Hex(code ?? "");
	const known = code === null ? null : await findShare(c.env.CATALOG, code_hash);
	if (!known) {
		countMiss(visitor, now);
		const typo = "This is not a code: a character is wrong, missing or too much.";
		throw new ProblemError("not-found", code === null ? typo : "There is no share with this code.");
	}
	const key = idempotencyKey(c);
	const visit = { visitor, tenant, now, request_id: c.get("request_id"), idempotency_key: key };
	return { ...known, code_hash, visit, shard: shardOf(c.env, known.owner, isRepeatable(c)) };
}

/**
 * Makes the copy in the caller's own shard, which makes it once for a share. So a request that ends between the use and the
 * copy is completed by the next one, as long as the share is alive.
 * @param stillGiven throws where the share gives nothing any more; what was made before stays
 */
async function copyOf(
	c: Context<HonoEnv>,
	{ share, owner, quiz, version, version_number }: Redemption,
	stillGiven: () => Promise<void>,
): Promise<Copy> {
	if (version === null || version_number === null) throw new Error(`a copy of no version by ${share}`);
	const { call, shard } = await userCall(c, "me", "quizzes:write");
	const origin = { quiz, version: versionName(quiz, version_number), owner };
	const earlier = await shard.shares.copyBy(call, share);
	if (earlier) return { quiz: earlier.quiz, origin };
	await stillGiven();
	const { idempotency_key: _, ...unkeyed } = call;
	const content = await readVersion(c.env, version);
	const hashes = [...new Set(mediaIn(content).map(({ media }) => media))];
	const images = hashes.length === 0 ? [] : await shardOf(c.env, owner, true).media.images(hashes);
	const { outcome } = await shard.shares.copy(
		unkeyed,
		share,
		{ quiz, version, owner },
		version_number,
		content,
		images,
	);
	if (!outcome.ok) throw refusalProblem(outcome.refusal, call.now);
	return { quiz: outcome.value.quiz, origin };
}
