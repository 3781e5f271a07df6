import { accepted } from "../domain/result.ts";
import { settingsOf } from "../env.ts";
import { operate } from "./operator.ts";
import { sweep } from "./sweep.ts";

/** Looks for shards that are behind, for a few seconds. Gate: `admin`. */
export const requestSweep = operate(async ({ env }, _: object) =>
	accepted(await sweep(env, settingsOf(env).replicationLagMs, Date.now)),
);
