import { refreshPopularity } from "../catalog/reactions/popularity.ts";
import { clearAhead } from "../catalog/replication/ahead.ts";
import { settingsOf } from "../env.ts";
import { sendDueMails } from "../service/mail/outbox.ts";
import { continueErasures } from "../service/privacy/erasures.ts";
import { purgeSignIns } from "../service/sign-in/purge.ts";
import { forgetChangeKeys, handOverEvents } from "./hand-over-events.ts";
import { purgeCredentials } from "./purge-credentials.ts";
import { continueRebuild } from "./rebuild.ts";
import { redriveOnceUnknown } from "./redrive.ts";
import { continueRetention } from "./retention.ts";
import { sweep } from "./sweep.ts";
import { daily } from "./upkeep.ts";

/** The cron of the daily upkeep; every other one is that of the minute. */
const DAILY = "17 3 * * *";

/**
 * What the schedule brings: every minute a part of the sweep, of a rebuild that is under way, of erasures, of what is kept for some time only, of the dead letters that a release
 * before did not know, of the round that counts what is popular, of mail, and the events of tenants that wait; what is over of sign-ins and of
 * credentials goes; every night the upkeep. A part that fails stops no other.
 * @throws what the parts threw, after the last of them
 */
export async function scheduled(cron: string, env: Env): Promise<void> {
	if (cron === DAILY) return daily(env, Date.now());
	const parts = [
		() => sweep(env, settingsOf(env).replicationLagMs, Date.now),
		() => continueRebuild(env, Date.now),
		() => continueErasures(env, Date.now),
		() => continueRetention(env, Date.now),
		() => redriveOnceUnknown(env),
		() => clearAhead(env.CATALOG),
		() => refreshPopularity(env.CATALOG),
		() => handOverEvents(env, Date.now()),
		() => forgetChangeKeys(env, Date.now()),
		() => sendDueMails(env, Date.now()),
		() => purgeSignIns(env, Date.now()),
		() => purgeCredentials(env, Date.now()),
	];
	const errors: unknown[] = [];
	for (const part of parts) await part().catch((error: unknown) => errors.push(error));
	if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join("; "));
}
