import { clearAhead } from "../catalog/ahead.ts";
import { refreshPopularity } from "../catalog/popularity.ts";
import { settingsOf } from "../env.ts";
import { continueRebuild } from "./rebuild.ts";
import { redriveOnceUnknown } from "./redrive.ts";
import { sweep } from "./sweep.ts";
import { daily } from "./upkeep.ts";

/** The cron of the daily upkeep; every other one is that of the minute. */
const DAILY = "17 3 * * *";

/**
 * What the schedule brings: every minute a part of the sweep, of a rebuild that is under way, of the round
 * that counts what is popular, and of the dead letters that a release before did not know; every night the upkeep.
 */
export async function scheduled(cron: string, env: Env): Promise<void> {
	if (cron === DAILY) return daily(env, Date.now());
	await sweep(env, settingsOf(env).replicationLagMs, Date.now);
	await continueRebuild(env, Date.now);
	await redriveOnceUnknown(env);
	await clearAhead(env.CATALOG);
	await refreshPopularity(env.CATALOG);
}
