import type { HoldStatus } from "../../domain/credits/holds.ts";
import { look, NEWEST } from "../verbs.ts";
import { shownSummary } from "./generation-texts.ts";

interface Input {
	user: string;
	status?: HoldStatus | undefined;
	before: number | null;
	limit: number;
}

/** Holds, newest first, without their texts. Gates: `credits:read`, the user is known. */
export const listHolds = look("credits:read", "user", async ({ shard, call }, { status, before, limit }: Input) => {
	const page = await shard.credits.holds(call, status, before ?? NEWEST, limit);
	return page && { ...page, items: page.items.map(shownSummary) };
});
