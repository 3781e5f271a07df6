import type { Reaction } from "../../domain/reactions/reactions.ts";
import { accepted, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, notWritten, shardOfUser, unknown, written } from "../verbs.ts";
import { isVisible } from "./visible.ts";

interface Input {
	user: string;
	kind: Reaction;
	quiz: string;
}

/** Takes a quiz out of the favourites or likes. Gates: `attempts:write`, the user is known; it is there, or the user may see the quiz. */
export async function takeBack(ctx: Ctx, { user, kind, quiz }: Input): Promise<Changed<{ quiz: string }>> {
	const on = await shardOfUser(ctx, user, "attempts:write", false);
	if (!on.ok) return notWritten(on.refusal);
	const { call, shard } = on.value;
	const { outcome, ...reply } = await shard.reactions.unset(call, kind, quiz);
	if (!outcome.ok) return written(ctx, call, { ...reply, outcome: refused(outcome.refusal) });
	// Of a quiz that is not the caller's to know of and was not there, nothing is said.
	const mayKnow = outcome.value.was_there || (await isVisible(ctx.env, call, quiz));
	if (!mayKnow) return notWritten(unknown("published quiz").refusal);
	return written(ctx, call, { ...reply, outcome: accepted({ quiz: outcome.value.quiz }) });
}
