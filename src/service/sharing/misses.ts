import { LRUCache } from "lru-cache";
import type { Refusal } from "../../domain/result.ts";
import { SHARE_MISSES_ENTRIES_MAX, SHARE_MISSES_MAX, SHARE_MISSES_PERIOD_MS } from "../../domain/sharing/limits.ts";

/**
 * Whoever tries codes of shares that do not exist is slowed down. Counted by each isolate for itself, so this is a brake and no
 * account: what makes guessing hopeless is that a code has 100 random bits.
 */
const misses = new LRUCache<string, { count: number; until: number }>({ max: SHARE_MISSES_ENTRIES_MAX });

/** The gate that is closed to whoever has missed too often in this period, whatever the code is now. */
export function guesserRefusal(caller: string, now: number): Refusal | null {
	const { count, until } = misses.get(caller) ?? { count: 0, until: 0 };
	if (count < SHARE_MISSES_MAX || now >= until) return null;
	const detail = `More than ${SHARE_MISSES_MAX} codes did not exist.`;
	return { code: "rate-limited", detail, rule: "share-codes", limit: SHARE_MISSES_MAX, retry_at: until };
}

export function countMiss(caller: string, now: number): void {
	const known = misses.get(caller);
	const period = known && now < known.until ? known : { count: 0, until: now + SHARE_MISSES_PERIOD_MS };
	misses.set(caller, { ...period, count: period.count + 1 });
}
