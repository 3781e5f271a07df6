import { look } from "../verbs.ts";
import { shownAttemptOrSitting } from "./shown-sittings.ts";

/** One attempt, wherever it stands. Gates: `attempts:read`, the user is known. */
export const readAttempt = look(
	"attempts:read",
	"attempt",
	async ({ shard, call }, { attempt: id }: { user: string; attempt: string }, ctx) => {
		const attempt = await shard.attempts.get(call, id);
		return attempt && shownAttemptOrSitting(ctx, call.user, attempt);
	},
);
