import {
	LOOK_PAUSE_MS_MAX,
	LOOK_PAUSE_MS_MIN,
	READ_AGAIN_MS_MAX,
	READ_AGAIN_MS_MIN,
	RESEND_PAUSE_MS_MAX,
	RESEND_PAUSE_MS_MIN,
	RESEND_PAUSE_MS_START,
} from "./limits.ts";

/**
 * How long whoever tries again waits: any time up to a bound that grows (full jitter, M. Brooker, "Exponential Backoff And
 * Jitter", 2015), so that those who failed together do not come again together. A draw is a number from 0 to below 1.
 */
const jittered = (least_ms: number, most_ms: number, draw: number): number =>
	Math.round(least_ms + draw * (most_ms - least_ms));

/**
 * Until a shard looks at the cursor and sends again. The bound is the time for which the cursor has stood still, so the
 * longer a fault has lasted, the fewer come; after its end each comes within as long again as it lasted.
 * @param still_ms since the first time that it was sent again in vain
 */
export function resendPause(still_ms: number, draw: number): number {
	const most_ms = Math.min(Math.max(still_ms, RESEND_PAUSE_MS_START), RESEND_PAUSE_MS_MAX);
	return jittered(RESEND_PAUSE_MS_MIN, most_ms, draw);
}

/** Until an isolate whose last read of a cursor failed makes another. */
export const readAgainPause = (draw: number): number => jittered(READ_AGAIN_MS_MIN, READ_AGAIN_MS_MAX, draw);

/**
 * Until a request that waits for the catalog looks at the cursor again.
 * @param looks how often it has looked or paused before
 */
export function lookPause(looks: number, draw: number): number {
	const most_ms = Math.min(LOOK_PAUSE_MS_MIN * 2 ** Math.min(looks + 1, 20), LOOK_PAUSE_MS_MAX);
	return jittered(LOOK_PAUSE_MS_MIN, most_ms, draw);
}
