import { readContent } from "../../catalog/quizzes/versions.ts";
import { saveGrant } from "../../catalog/sharing/shares.ts";
import { mediaIn } from "../../domain/media/media.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Copy } from "../../shard/sharing/copy-commands.ts";
import type { Redemption } from "../../shard/sharing/share-commands.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { shardOf } from "../shard-of.ts";
import { otherShardRefusal } from "../tenants.ts";
import { notWritten, shardOfUser, visited } from "../verbs.ts";
import { sharedBy } from "./shared-by.ts";

/**
 * Uses a code. Gates: `attempts:write`; those of {@link sharedBy}; `quizzes:write` for what lets the caller copy or edit; the caller is of
 * the tenant that the token says; the owner's shard's: the share is alive and has a use left. A copy is made in the caller's own shard.
 */
export async function redeemShare(ctx: Ctx, { code }: { code: string }) {
	const { env, principal } = ctx;
	const forbidden = scopeRefusal(principal, "attempts:write");
	if (forbidden) return notWritten(forbidden);
	const shared = await sharedBy(ctx, code);
	if (!shared.ok) return notWritten(shared.refusal);
	const { visit, id, code_hash, owner, access: offered } = shared.value;
	const writes = offered === "copy" || offered === "edit";
	const closed = (writes && scopeRefusal(principal, "quizzes:write")) || (await otherShardRefusal(ctx));
	if (closed) return notWritten(closed);
	const { shares } = shardOf(env, owner, visit.idempotency_key !== undefined);
	const reply = await shares.redeem(visit, id, code_hash);
	const { outcome } = reply;
	if (!outcome.ok) return notWritten(outcome.refusal);
	const { share, grantee, quiz, access, until, at, seq } = outcome.value;
	const bookmark = await saveGrant(env.CATALOG, { share, grantee, quiz, access, until, at, seq, user: owner });
	if (bookmark) ctx.reached(bookmark);
	const stillGiven = async () => {
		const { idempotency_key: _, ...unkeyed } = visit;
		return reply.replayed ? (await shares.redeem(unkeyed, id, code_hash)).outcome : outcome;
	};
	const copy = access === "copy" ? await copyOf(ctx, outcome.value, stillGiven) : accepted(null);
	if (!copy.ok) return notWritten(copy.refusal);
	const value = { share, owner, quiz, access, until, redeemed_at: at, copy: copy.value };
	return visited(owner, { ...reply, outcome: accepted(value) });
}

/**
 * Makes the copy in the caller's own shard, which makes it once for a share. So a request that ends between the use and the
 * copy is completed by the next one, as long as the share is alive.
 * @param stillGiven refused where the share gives nothing any more; what was made before stays
 */
async function copyOf(
	ctx: Ctx,
	{ share, owner, quiz, version, version_number }: Redemption,
	stillGiven: () => Promise<Outcome<unknown>>,
): Promise<Outcome<Copy>> {
	if (version === null || version_number === null) throw new Error(`a copy of no version by ${share}`);
	const on = await shardOfUser(ctx, "me", "quizzes:write", ctx.idempotency_key !== undefined);
	if (!on.ok) return on;
	const { call, shard } = on.value;
	const origin = { quiz, version: versionName(quiz, version_number), owner };
	const earlier = await shard.shares.copyBy(call, share);
	if (earlier) return accepted({ quiz: earlier.quiz, origin });
	const given = await stillGiven();
	if (!given.ok) return given;
	const { idempotency_key: _, ...unkeyed } = call;
	const content = await readContent(ctx.env, version);
	const hashes = [...new Set(mediaIn(content).map(({ media }) => media))];
	const images = hashes.length === 0 ? [] : await shardOf(ctx.env, owner, true).media.images(hashes);
	const from = { quiz, version, owner };
	const { outcome } = await shard.shares.copy(unkeyed, share, from, version_number, content, images);
	return outcome.ok ? accepted({ quiz: outcome.value.quiz, origin }) : outcome;
}
