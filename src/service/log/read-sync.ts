import { readCursor } from "../../catalog/replication/shards.ts";
import { look } from "../verbs.ts";

/** How far the catalog is behind the user's log. Gates: `attempts:read`, the user is known. */
export const readSync = look("attempts:read", "user", async ({ shard, call }, _: { user: string }, { env }) => {
	// The cursor is read first, so what is applied in between counts as lag and never the other way round.
	const applied_seq = await readCursor(env.CATALOG, call.user);
	const position = await shard.log.position(call, applied_seq);
	if (!position) return null;
	const { head_seq, waiting_since } = position;
	const lag_ms = waiting_since === null ? 0 : Math.max(0, call.now - waiting_since);
	return { head_seq, applied_seq, lag: head_seq - applied_seq, lag_ms };
});
