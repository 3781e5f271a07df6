import { settingsOf } from "../env.ts";
import { continueRebuild } from "./rebuild.ts";
import { sweep } from "./sweep.ts";
import { daily } from "./upkeep.ts";

/** The cron of the daily upkeep; every other one is that of the minute. */
const DAILY = "17 3 * * *";

/** What the schedule brings: every minute a part of the sweep and of a rebuild that is under way, every night the upkeep. */
export async function scheduled(cron: string, env: Env): Promise<void> {
	if (cron === DAILY) return daily(env, Date.now());
	await sweep(env, settingsOf(env).replicationLagMs, Date.now);
	await continueRebuild(env, Date.now);
}
