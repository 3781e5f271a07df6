import { SECOND_MS } from "./units.ts";

/**
 * Whether what was read at a time is younger than an age. What was read ahead of this clock is not: clocks are set back now and then, and what is
 * remembered must not outlive that.
 */
export function isYounger(read_at: number, age_ms: number, now: number): boolean {
	const age = now - read_at;
	return age > -SECOND_MS && age < age_ms;
}
