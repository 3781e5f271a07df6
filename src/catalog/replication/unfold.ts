import { PROJECTIONS } from "../projections.ts";
import { appliedIn } from "./fold.ts";
import type { AppliedRun } from "./projection.ts";

/** The inverse of fold(): takes the effects of a shard's events out of the catalog again, so that they can be replayed. */

const DROP_DEAD_LETTERS = "DELETE FROM dead_letters WHERE user_id = ?1 AND seq > ?2 AND seq <= ?3";

/**
 * Statements that undo a run, to be run in one transaction with what says that it is undone. Runs can be undone in any order, since
 * sums commute. What was applied last goes first.
 */
export function unfold(db: D1Database, run: AppliedRun): D1PreparedStatement[] {
	const events = appliedIn(run);
	return [
		db.prepare(DROP_DEAD_LETTERS).bind(run.user, run.from, run.to),
		...PROJECTIONS.toReversed().flatMap((projection) => projection.undo(db, events, run)),
	];
}
