import type { ReleaseRequest } from "../../shard/credits/hold-commands.ts";
import { change, openedReply } from "../verbs.ts";
import { shownHold, stored } from "./generation-texts.ts";

interface Input extends Omit<ReleaseRequest, "reason" | "error" | "cost_cents" | "cost_parts"> {
	user: string;
	hold: string;
	reason?: string | undefined;
	error?: string | undefined;
	/** With at most four decimals. */
	cost_cents?: number | undefined;
}

/** Gives all of a hold back. Gates: `credits:reserve`, the user is known. */
export const releaseHold = change(
	"credits:reserve",
	async ({ shard, call }, { user: _, hold: id, reason, error, ...usage }: Input, { env }) => {
		const why = { reason: reason ?? null, error: error ?? null, ...stored(usage) };
		const reply = await shard.credits.release(call, id, why);
		return openedReply(reply, (hold) => shownHold(env, call.user, hold));
	},
);
