import type { Terms } from "../../domain/credits/ledger.ts";
import { change } from "../verbs.ts";

/** When the log says that credits run low or expire. Gates: `credits:reserve`, the user is known. */
export const setPreferences = change(
	"credits:reserve",
	async ({ shard, call }, { terms }: { user: string; terms: Partial<Omit<Terms, "daily_cap">> }) =>
		shard.credits.setTerms(call, terms),
);

/** The daily cap. Gates: `credits:grant`, the user is known. */
export const setLimits = change(
	"credits:grant",
	async ({ shard, call }, { terms }: { user: string; terms: Pick<Terms, "daily_cap"> }) =>
		shard.credits.setTerms(call, terms),
);
