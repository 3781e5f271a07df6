import { digestKeyOf } from "../../env.ts";
import { shownBody } from "../log/shown-rows.ts";
import { look } from "../verbs.ts";

interface Input {
	user: string;
	/** The row of the first entry, or null for the latest. */
	from: number | null;
	limit: number;
}

/** The ledger, newest first. Gates: `credits:read`, the user is known. */
export const listEntries = look("credits:read", "user", async ({ shard, call }, { from, limit }: Input, { env }) => {
	const page = await shard.credits.entries(call, from, limit);
	const digestKey = digestKeyOf(env);
	return (
		page && {
			...page,
			items: page.items.map(({ detail, ...line }) => ({
				...line,
				details: shownBody(digestKey, call.user, line.seq, detail),
			})),
		}
	);
});
