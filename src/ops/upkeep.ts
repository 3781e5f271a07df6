import { purgeDeadMessages } from "../catalog/dead-messages.ts";
import { purgeMinutes } from "../catalog/tally.ts";

/** Removes what is kept for a time only, and lets SQLite bring the statistics of its query planner up to date. */
export async function daily(env: { CATALOG: D1Database; ACCOUNTS: D1Database }, now: number): Promise<void> {
	await purgeMinutes(env.CATALOG, now);
	await purgeDeadMessages(env.CATALOG, now);
	for (const db of [env.CATALOG, env.ACCOUNTS]) await db.prepare("PRAGMA optimize").run();
}
