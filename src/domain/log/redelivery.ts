import { DELIVERIES_MAX, KEEP_RETRY_S, KEEP_RETRY_S_MAX, REDELIVERY_S } from "./limits.ts";

/** When the queue delivers a message again. All with full jitter, so that what failed together does not come back together. */

const jittered = (s: number, random: number): number => Math.max(1, Math.ceil(s * random));

/**
 * Of a message whose rows cannot be applied now: after how many seconds it is delivered again, or null if it is to be
 * acknowledged and left to its shard. The queue is the fast path, so it tries only for as long as it is faster than the shard,
 * whose alarm sends again what was not applied; a copy that waits longer would be a duplicate, and in the end a dead message.
 * @param attempts deliveries so far, this one included
 * @param random from 0 to below 1
 */
export function redeliveryDelayS(attempts: number, random: number): number | null {
	return attempts >= DELIVERIES_MAX ? null : jittered(REDELIVERY_S * 2 ** (attempts - 1), random);
}

/** The same of a message that nobody sends again, and that must be written down: never null, and up to an hour. */
export function keepDelayS(attempts: number, random: number): number {
	return jittered(Math.min(KEEP_RETRY_S_MAX, KEEP_RETRY_S * 2 ** (attempts - 1)), random);
}
