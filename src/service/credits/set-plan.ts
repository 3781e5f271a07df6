import type { PlanTerms } from "../../domain/credits/plan.ts";
import { change } from "../verbs.ts";

/** Sets the monthly plan. Gates: `credits:grant`, the user is known. */
export const setPlan = change("credits:grant", async ({ shard, call }, { terms }: { user: string; terms: PlanTerms }) =>
	shard.credits.setPlan(call, terms),
);
