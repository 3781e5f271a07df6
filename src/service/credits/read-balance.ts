import { refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { found, look, shardOfUser } from "../verbs.ts";

/** What the user has now. Gates: `credits:read`, the user is known. */
export const readBalance = look("credits:read", "user", async ({ shard, call }, _: { user: string }) =>
	shard.credits.balance(call),
);

/** What the user had at a past instant, in total. Gates: `credits:read`, the user is known, the instant is not in the future. */
export async function readBalanceAsOf(ctx: Ctx, { user, as_of }: { user: string; as_of: number }) {
	const on = await shardOfUser(ctx, user, "credits:read", true);
	if (!on.ok) return on;
	if (as_of > ctx.now) return inTheFuture(ctx.now);
	const { call, shard } = on.value;
	const totals = await shard.credits.totalsAsOf(call, as_of);
	return found(totals && { ...totals, as_of }, "user");
}

function inTheFuture(now: number) {
	const detail = `Lies in the future; it is ${now} now.`;
	const errors = [{ in: "query" as const, pointer: "/as_of", detail }];
	return refused({ code: "invalid-request", detail: "The balance of the future is not known.", errors });
}
