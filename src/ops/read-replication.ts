import { accepted } from "../domain/result.ts";
import { settingsOf } from "../env.ts";
import { replicationHealth } from "./health.ts";
import { operate } from "./operator.ts";
import { shownRebuild } from "./rebuild.ts";

export { ALARMS } from "./health.ts";

/** How the catalog's replication stands. Gate: `admin`. */
export const readReplication = operate(async ({ env, now }, _: object) => {
	const { rebuild, ...health } = await replicationHealth(env, settingsOf(env), now);
	return accepted({ ...health, rebuild: rebuild && shownRebuild(rebuild) });
});
