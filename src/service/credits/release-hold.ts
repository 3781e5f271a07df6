import type { ReleaseRequest } from "../../shard/credits/hold-commands.ts";
import { change, shownReply } from "../verbs.ts";
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
	async ({ shard, call }, { user: _, hold, reason, error, ...usage }: Input) =>
		shownReply(
			await shard.credits.release(call, hold, { reason: reason ?? null, error: error ?? null, ...stored(usage) }),
			shownHold,
		),
);
