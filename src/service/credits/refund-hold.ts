import { change, shownReply } from "../verbs.ts";
import { shownHold } from "./generation-texts.ts";

interface Input {
	user: string;
	hold: string;
	/** All that is left of it where it is absent. */
	amount?: number | undefined;
	reason?: string | undefined;
}

/** Gives back what a settled hold was charged. Gates: `credits:grant`, the user is known. */
export const refundHold = change("credits:grant", async ({ shard, call }, { hold, amount, reason }: Input) =>
	shownReply(await shard.credits.refund(call, hold, amount ?? null, reason ?? null), shownHold),
);
