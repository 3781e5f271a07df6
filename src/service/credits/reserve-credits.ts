import type { ReserveRequest } from "../../shard/credits/hold-commands.ts";
import { change, shownReply } from "../verbs.ts";
import { shownHold, stored, type Turn } from "./generation-texts.ts";

interface Input extends Omit<ReserveRequest, "conversation"> {
	user: string;
	conversation?: Turn[] | undefined;
}

/** Reserves credits for a generation. Gates: a key, `credits:reserve`, the user is known. */
export const reserveCredits = change(
	"credits:reserve",
	async ({ shard, call }, { user: _, ...request }: Input) =>
		shownReply(await shard.credits.reserve(call, stored(request)), shownHold),
	{ keyed: true },
);
