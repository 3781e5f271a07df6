import { change } from "../verbs.ts";

interface Input {
	user: string;
	lot: string;
	reason?: string | undefined;
}

/** Takes what is left of a lot. Gates: `credits:grant`, the user is known. */
export const voidLot = change("credits:grant", async ({ shard, call }, { lot, reason }: Input) =>
	shard.credits.voidLot(call, lot, reason ?? null),
);
