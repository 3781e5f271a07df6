import type { SettleRequest } from "../../shard/credits/hold-commands.ts";
import { change, shownReply } from "../verbs.ts";
import { shownHold, stored, type Turn } from "./generation-texts.ts";

interface Input extends Omit<SettleRequest, "conversation" | "cost_cents" | "cost_parts"> {
	user: string;
	hold: string;
	conversation?: Turn[] | undefined;
	/** With at most four decimals. */
	cost_cents?: number | undefined;
}

/** Charges a hold; the rest goes back. Gates: `credits:reserve`, the user is known. */
export const settleHold = change("credits:reserve", async ({ shard, call }, { user: _, hold, ...request }: Input) =>
	shownReply(await shard.credits.settle(call, hold, stored(request)), shownHold),
);
