import { change, openedReply } from "../verbs.ts";
import { shownHold } from "./generation-texts.ts";

interface Input {
	user: string;
	hold: string;
	/** All that is left of it where it is absent. */
	amount?: number | undefined;
	reason?: string | undefined;
}

/** Gives back what a settled hold was charged. Gates: `credits:grant`, the user is known. */
export const refundHold = change(
	"credits:grant",
	async ({ shard, call }, { hold: id, amount, reason }: Input, { env }) => {
		const reply = await shard.credits.refund(call, id, amount ?? null, reason ?? null);
		return openedReply(reply, (hold) => shownHold(env, call.user, hold));
	},
);
