import { change } from "../verbs.ts";

/** Lets the monthly plan end with its period. Gates: `credits:grant`, the user is known. */
export const endPlan = change("credits:grant", async ({ shard, call }, _: { user: string }) =>
	shard.credits.endPlan(call),
);
