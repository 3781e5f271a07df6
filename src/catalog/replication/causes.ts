/**
 * Why the database undid a transaction of the fold. It says so in its texts alone, which test/replication/causes.test.ts holds against what the
 * real one says.
 */
export type Cause = "moved" | "refused" | "undone" | "database";

/** A statement that always fails, with an error that nothing else has: what stands before it in a transaction is only tried. */
export const UNDO = "SELECT '' LIKE '' ESCAPE 'two'";
const UNDONE = /ESCAPE expression must be a single character/;

/** Another consumer moved a cursor first, or a rebuild holds it: nothing is wrong with the events. */
const MOVED = /NOT NULL constraint failed: shards\.applied_seq/;
/** What an event itself can cause. Anything else is about the database, which may recover. */
const REFUSED = /constraint|malformed JSON|datatype mismatch|too big|integer overflow|bad JSON path/i;

export function causeOf(error: unknown): Cause {
	const text = String(error);
	if (UNDONE.test(text)) return "undone";
	if (MOVED.test(text)) return "moved";
	return REFUSED.test(text) ? "refused" : "database";
}
