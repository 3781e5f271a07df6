import type { Turn } from "../../domain/privacy/private-texts.ts";
import type { SettleRequest } from "../../shard/credits/hold-commands.ts";
import { change, noUser, openedReply } from "../verbs.ts";
import { sealedRequest, shownHold } from "./generation-texts.ts";

interface Input extends Omit<SettleRequest, "conversation" | "cost_cents" | "cost_parts"> {
	user: string;
	hold: string;
	conversation?: Turn[] | undefined;
	/** With at most four decimals. */
	cost_cents?: number | undefined;
}

/** Charges a hold; the rest goes back. Gates: `credits:reserve`, the user is known. */
export const settleHold = change(
	"credits:reserve",
	async ({ shard, call }, { user: _, hold: id, ...said }: Input, { env }) => {
		const sealed = await sealedRequest(env, call, "credits.settle", said, (request) => ({ id, ...request }));
		if (!sealed) return noUser();
		const reply = await shard.credits.settle(sealed.call, id, sealed.request);
		return openedReply(reply, (hold) => shownHold(env, call.user, hold));
	},
);
