import { purgeDeadMessages } from "../catalog/replication/dead-messages.ts";
import { purgeMinutes } from "../catalog/replication/tally.ts";
import { purgeMedia } from "./media-purge.ts";

interface Parts {
	CATALOG: D1Database;
	ACCOUNTS: D1Database;
	CONTENT: R2Bucket;
}

/** Removes what is kept for a time only, and lets SQLite bring the statistics of its query planner up to date. */
export async function daily(env: Parts, now: number): Promise<void> {
	await purgeMinutes(env.CATALOG, now);
	await purgeDeadMessages(env.CATALOG, now);
	await purgeMedia(env, now);
	for (const db of [env.CATALOG, env.ACCOUNTS]) await db.prepare("PRAGMA optimize").run();
}
