import { change, openedReply } from "../verbs.ts";
import { shownHold } from "./generation-texts.ts";

interface Input {
	user: string;
	hold: string;
	amount?: number | undefined;
	ttl_s?: number | undefined;
}

/** Gives an open hold more time, more credits, or both. Gates: `credits:reserve`, the user is known. */
export const extendHold = change(
	"credits:reserve",
	async ({ shard, call }, { hold: id, amount = 0, ttl_s }: Input, { env }) => {
		const reply = await shard.credits.extend(call, id, { amount, ttl_s: ttl_s ?? null });
		return openedReply(reply, (hold) => shownHold(env, call.user, hold));
	},
);
