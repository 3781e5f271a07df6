import { beginRebuild, readRebuild } from "../catalog/replication/rebuilds.ts";
import { tenantOf } from "../catalog/replication/shards.ts";
import { accepted, refused } from "../domain/result.ts";
import { found, unknown } from "../service/verbs.ts";
import { operate } from "./operator.ts";
import { continueRebuild, refusalOf, shownRebuild } from "./rebuild.ts";

interface Input {
	/** Whose part; absent for everything. */
	user?: string | undefined;
	/** Of the rebuild that the caller follows. */
	number?: number | undefined;
}

const conflict = (detail: string) => refused({ code: "conflict", detail });

/**
 * Begins a rebuild, or goes on with the one that is under way, for a few seconds. Gates: `admin`; the rebuild that is
 * followed is known; the user is known and its part can be rebuilt alone; no other rebuild is under way.
 */
export const requestRebuild = operate(async ({ env, now }, { user: named, number }: Input) => {
	const user = named ?? null;
	const known = number === undefined ? null : await readRebuild(env.CATALOG, number);
	if (number !== undefined && known === null) return unknown("rebuild");
	if (known?.finished_at != null) return accepted(shownRebuild(known));
	if (user !== null) {
		if ((await tenantOf(env.CATALOG, user)) === null) return unknown("user");
		const refusal = await refusalOf(env, user, now);
		if (refusal !== null) return conflict(refusal);
	}
	const begun = await beginRebuild(env.CATALOG, user, now);
	if (begun.user_id !== user) {
		return conflict(`A rebuild of ${begun.user_id ?? "everything"} is under way; it must come to its end first.`);
	}
	await continueRebuild(env, Date.now);
	const stands = await readRebuild(env.CATALOG, begun.number);
	return found(stands && shownRebuild(stands), "rebuild");
});
