import { LRUCache } from "lru-cache";
import { SHARE_MISSES_ENTRIES_MAX, SHARE_MISSES_MAX, SHARE_MISSES_PERIOD_MS } from "../domain/limits.ts";
import { ProblemError } from "./problem.ts";

/**
 * Who tries codes of shares that do not exist is slowed down. Counted by each isolate for itself, so this is a brake and no
 * account: what makes guessing hopeless is that a code has 100 random bits.
 */
const misses = new LRUCache<string, { count: number; until: number }>({ max: SHARE_MISSES_ENTRIES_MAX });

/** @throws ProblemError `rate-limited` for who has missed too often in this period, whatever the code is now */
export function refuseGuesser(caller: string, now: number): void {
	const { count, until } = misses.get(caller) ?? { count: 0, until: 0 };
	if (count < SHARE_MISSES_MAX || now >= until) return;
	const detail = `More than ${SHARE_MISSES_MAX} codes did not exist.`;
	const retry_after = { "Retry-After": String(Math.max(1, Math.ceil((until - now) / 1_000))) };
	const members = { rule: "share-codes", limit: SHARE_MISSES_MAX, retry_at: until };
	throw new ProblemError("rate-limited", detail, members, retry_after);
}

export function countMiss(caller: string, now: number): void {
	const known = misses.get(caller);
	const period = known && now < known.until ? known : { count: 0, until: now + SHARE_MISSES_PERIOD_MS };
	misses.set(caller, { ...period, count: period.count + 1 });
}
