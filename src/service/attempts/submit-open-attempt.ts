import { keptOrigin } from "../privacy/kept-origin.ts";
import { change, openedReply } from "../verbs.ts";
import { shownAttempt } from "./shown-attempts.ts";

/**
 * Submits an attempt that is under way, with what is saved of it. Gates: a key, `attempts:write`, the user is known; the shard's: the attempt is under way and in time.
 */
export const submitOpenAttempt = change(
	"attempts:write",
	async ({ shard, call }, { attempt: id }: { user: string; attempt: string }, ctx) => {
		const came_from = await keptOrigin(ctx, call.user);
		const reply = await shard.attempts.submitOpen(call, id, came_from);
		return openedReply(reply, (attempt) => shownAttempt(ctx.env, call.user, attempt));
	},
	{ keyed: true },
);
