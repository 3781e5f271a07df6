import { look } from "../verbs.ts";
import { shownHold } from "./generation-texts.ts";

/** One hold with its texts. Gates: `credits:read`, the user is known. */
export const readHold = look(
	"credits:read",
	"hold",
	async ({ shard, call }, { hold }: { user: string; hold: string }, { env }) => {
		const record = await shard.credits.hold(call, hold);
		return record && shownHold(env, call.user, record);
	},
);
