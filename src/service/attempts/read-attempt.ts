import { look } from "../verbs.ts";
import { shownAttempt } from "./shown-attempts.ts";

/** One attempt. Gates: `attempts:read`, the user is known. */
export const readAttempt = look(
	"attempts:read",
	"attempt",
	async ({ shard, call }, { attempt: id }: { user: string; attempt: string }, { env }) => {
		const attempt = await shard.attempts.get(call, id);
		return attempt && shownAttempt(env, call.user, attempt);
	},
);
