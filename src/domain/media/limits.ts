import { DAY_MS, MB, MINUTE_MS } from "../units.ts";

/** The limits of media, each with its unit. */

export const MEDIA_BYTES_MAX = 5 * MB;
export const MEDIA_SIDE_PX_MAX = 8_192;
export const MEDIA_PIXELS_MAX = 40_000_000;
export const MEDIA_ALT_CHARS_MAX = 1_000;
export const MEDIA_PER_USER_MAX = 5_000;
export const MEDIA_BYTES_PER_USER_MAX = 1_000 * MB;
/** Media that one event names. */
export const MEDIA_PER_EVENT_MAX = 1_000;
/** How long a user keeps a medium that no draft and no version names. */
export const MEDIA_UNUSED_KEPT_MS = 30 * DAY_MS;
/** Media that one command drops because their time is over; the alarm goes on with the rest. */
export const MEDIA_DROPPED_AT_ONCE_MAX = 100;
/** Bytes younger than this are not purged: whose they are may not be in the catalog yet. */
export const MEDIA_FRESH_MS = DAY_MS;
/** How long bytes that nobody has are kept aside before they are gone. */
export const MEDIA_ASIDE_KEPT_MS = 7 * DAY_MS;
/** Objects that one step of the purge lists, steps under each prefix in one night, and objects that one night puts aside. */
export const MEDIA_PURGE_PAGE_OBJECTS = 500;
export const MEDIA_PURGE_PAGES_MAX = 10;
export const MEDIA_PURGE_MOVES_MAX = 200;

// Isolate memory
export const MEDIA_UNHELD_ENTRIES_MAX = 5_000;
/** How long an isolate remembers that nobody has an image. */
export const MEDIA_UNHELD_LIFE_MS = MINUTE_MS;
