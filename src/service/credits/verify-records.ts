import { readAnchor } from "../../catalog/replication/shards.ts";
import { digestKeyOf } from "../../env.ts";
import { shownVerification } from "../log/shown-rows.ts";
import { look } from "../verbs.ts";

/** Recomputes everything that the log determines. Gates: `credits:read`, the user is known. */
export const verifyRecords = look("credits:read", "user", async ({ shard, call }, _: { user: string }, { env }) => {
	// Read before the log, so that it can only be older.
	const anchor = await readAnchor(env.CATALOG, call.user);
	const verification = await shard.log.verify(call, anchor);
	return verification && shownVerification(digestKeyOf(env), call.user, verification);
});
