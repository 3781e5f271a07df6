import { change, shownReply } from "../verbs.ts";
import { shownHold } from "./generation-texts.ts";

interface Input {
	user: string;
	hold: string;
	amount?: number | undefined;
	ttl_s?: number | undefined;
}

/** Gives an open hold more time, more credits, or both. Gates: `credits:reserve`, the user is known. */
export const extendHold = change("credits:reserve", async ({ shard, call }, { hold, amount = 0, ttl_s }: Input) =>
	shownReply(await shard.credits.extend(call, hold, { amount, ttl_s: ttl_s ?? null }), shownHold),
);
