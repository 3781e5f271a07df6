import { refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { look } from "../verbs.ts";

/** What the user has now. Gates: `credits:read`, the user is known. */
export const readBalance = look("credits:read", "user", async ({ shard, call }, _: { user: string }) =>
	shard.credits.balance(call),
);

const totalsAsOf = look("credits:read", "user", async ({ shard, call }, { as_of }: { user: string; as_of: number }) => {
	const totals = await shard.credits.totalsAsOf(call, as_of);
	return totals && { ...totals, as_of };
});

/** What the user had at a past instant, in total. Gates: the instant is not in the future, `credits:read`, the user is known. */
export async function readBalanceAsOf(ctx: Ctx, input: { user: string; as_of: number }) {
	return input.as_of > ctx.now ? inTheFuture(ctx.now) : totalsAsOf(ctx, input);
}

function inTheFuture(now: number) {
	const detail = `Lies in the future; it is ${now} now.`;
	const errors = [{ in: "query" as const, pointer: "/as_of", detail }];
	return refused({ code: "invalid-request", detail: "The balance of the future is not known.", errors });
}
