import type { Reaction } from "../../domain/reactions/reactions.ts";
import type { Ctx } from "../context.ts";
import { notWritten, shardOfUser, unknown, written } from "../verbs.ts";
import { isVisible } from "./visible.ts";

interface Input {
	user: string;
	kind: Reaction;
	quiz: string;
}

/** Puts a quiz among the favourites or likes. Gates: `attempts:write`, the user is known, the user may see the quiz. */
export async function react(ctx: Ctx, { user, kind, quiz }: Input) {
	const on = await shardOfUser(ctx, user, "attempts:write", false);
	if (!on.ok) return notWritten(on.refusal);
	const { call, shard } = on.value;
	if (!(await isVisible(ctx.env, call, quiz))) return notWritten(unknown("published quiz").refusal);
	return written(ctx, call, await shard.reactions.set(call, kind, quiz));
}
