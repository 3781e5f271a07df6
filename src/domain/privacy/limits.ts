import { SECOND_MS } from "../units.ts";

/** The limits of privacy, each with its unit. */

/** Keys of users that an isolate remembers, and for how long: so long after an erasure another isolate may still open what it has read. */
export const USER_KEYS_ENTRIES_MAX = 5_000;
export const USER_KEY_LIFE_MS = 30 * SECOND_MS;
/** Of users whose keys are wrapped anew in one call. */
export const REWRAPPED_KEYS_MAX = 50;
