import { lookPause } from "../../domain/log/backoff.ts";
import type { Outlook } from "../../domain/log/outlook.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { Cursor } from "./shards.ts";

/** What waiting for the catalog stands on; all of it can be another in tests. */
export interface Waiting {
	/** Null where there is no use in reading just now. */
	readCursor(user: string): Promise<Cursor | null>;
	outlook: Outlook;
	clock(): number;
	pause(ms: number): Promise<unknown>;
	/** A random number from 0 to below 1. */
	draw(): number;
}

/**
 * Looks at the user's cursor at growing, random intervals until it has reached `seq` or the time is over, and not at all where
 * the isolate knows that it would wait in vain.
 * @param looksAtOnce whether the catalog may have it already, as it may what is not new
 * @returns the bookmark from which on reads see it, empty where the platform gives none, or null if it did not get there
 */
export async function waitUntilApplied(
	{ readCursor, outlook, clock, pause, draw }: Waiting,
	{ user, seq, wait_ms, looksAtOnce }: { user: string; seq: number; wait_ms: number; looksAtOnce: boolean },
): Promise<string | null> {
	const look = async (): Promise<string | null> => {
		// The change is stored, so a catalog that cannot be read is only one that has not got there.
		const cursor = await readCursor(user).catch((error) => {
			logLine("warn", { at: "wait", user: word(user), error: reason(error) });
			return null;
		});
		return cursor && cursor.seq >= seq ? (cursor.bookmark ?? "") : null;
	};
	const began = clock();
	let bookmark = looksAtOnce ? await look() : null;
	if (bookmark === null && outlook.isInVain(wait_ms, began)) return null;
	for (let looks = 0; bookmark === null; looks++) {
		const left_ms = began + wait_ms - clock();
		if (left_ms <= 0) {
			outlook.late(user, wait_ms, clock());
			return null;
		}
		await pause(Math.min(lookPause(looks, draw()), left_ms));
		bookmark = await look();
	}
	outlook.reached();
	return bookmark;
}
