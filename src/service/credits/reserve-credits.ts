import type { Turn } from "../../domain/privacy/private-texts.ts";
import type { ReserveRequest } from "../../shard/credits/hold-commands.ts";
import { change, noUser, openedReply } from "../verbs.ts";
import { sealedRequest, shownHold } from "./generation-texts.ts";

interface Input extends Omit<ReserveRequest, "conversation"> {
	user: string;
	conversation?: Turn[] | undefined;
}

/** Reserves credits for a generation. Gates: a key, `credits:reserve`, the user is known. */
export const reserveCredits = change(
	"credits:reserve",
	async ({ shard, call }, { user: _, ...said }: Input, { env }) => {
		const sealed = await sealedRequest(env, call, "credits.reserve", said, (request) => ({ ...request }));
		if (!sealed) return noUser();
		const reply = await shard.credits.reserve(sealed.call, sealed.request);
		return openedReply(reply, (hold) => shownHold(env, call.user, hold));
	},
	{ keyed: true },
);
