/**
 * Log lines cost money, and most of them say that all went well: of those a share is kept. It is decided here and not by the platform's sampling,
 * which would drop the lines of a request that failed with all others.
 */

/** What the lines are about that can be left out: `at` of them. */
export const SAMPLED_LINES: readonly string[] = ["command", "queue"];

/**
 * Whether one of these lines is kept.
 * @param share from 0, none, to 1, all
 */
export const isSampled = (share: number): boolean => Math.random() < share;
