import type { Ctx } from "../context.ts";
import { shardOf } from "../shard-of.ts";
import { sharedBy } from "./shared-by.ts";

/** What a code gives; looking does not use it. Gates: those of {@link sharedBy}; the shard's: the share is alive. */
export async function readOffer(ctx: Ctx, { code }: { code: string }) {
	const shared = await sharedBy(ctx, code);
	if (!shared.ok) return shared;
	const { visit, id, owner, code_hash } = shared.value;
	return shardOf(ctx.env, owner, true).shares.offer(visit, id, code_hash);
}
