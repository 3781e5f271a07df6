import { CursorReads, outlook } from "../catalog/replication/cursor-reads.ts";
import { waitUntilApplied } from "../catalog/replication/waiting.ts";

const clock = () => Date.now();
const cursors = new CursorReads(outlook, clock);

/**
 * Waits until the catalog has the row.
 * @param isNew it was written just now, and so is hardly there yet
 * @returns the bookmark from which on reads see it, empty where the platform gives none; null if it did not get there in time
 */
export function waitForCatalog(
	{ CATALOG }: Pick<Env, "CATALOG">,
	{ user, seq }: { user: string; seq: number },
	wait_ms: number,
	isNew: boolean,
): Promise<string | null> {
	const waiting = {
		readCursor: () => cursors.read(CATALOG, user),
		outlook,
		clock,
		pause: (ms: number) => scheduler.wait(ms),
		draw: Math.random,
	};
	return waitUntilApplied(waiting, { user, seq, wait_ms, looksAtOnce: !isNew || wait_ms === 0 });
}
