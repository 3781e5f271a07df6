import type { Grant } from "../../domain/credits/lots.ts";
import { change } from "../verbs.ts";

/** Adds a lot. Gates: a key, `credits:grant`, the user is known. */
export const grantCredits = change(
	"credits:grant",
	async ({ shard, call }, { grant }: { user: string; grant: Grant }) => shard.credits.grant(call, grant),
	{ keyed: true },
);
