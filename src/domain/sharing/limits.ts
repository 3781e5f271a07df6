import { MINUTE_MS } from "../units.ts";

/** The limits of sharing, each with its unit. */

export const COLLECTIONS_PER_USER_MAX = 1_000;
export const COLLECTION_QUIZZES_MAX = 200;
export const COLLECTION_TITLE_CHARS_MAX = 200;
export const COLLECTION_DESCRIPTION_CHARS_MAX = 2_000;

// Shares
/** Of one quiz, those that are revoked not counted. */
export const SHARES_PER_QUIZ_MAX = 100;
/** Of a share without a number of its own, too: each use is a row of its owner's shard. */
export const SHARE_USES_MAX = 10_000;
/** What one user changes by shares of one owner: each is a row of the owner's log. */
export const VISITOR_CHANGES_PER_PERIOD_MAX = 1_000;
/** 100 bits, and one character more that checks them. */
export const SHARE_CODE_CHARS = 20;
/** Of a code as it is typed, with hyphens between its characters. */
export const SHARE_CODE_TEXT_CHARS_MAX = 64;
export const SHARE_CODE_KEY_CHARS_MIN = 32;
/** Codes that do not exist which one caller may try in a period, as one isolate counts them. */
export const SHARE_MISSES_MAX = 20;
export const SHARE_MISSES_PERIOD_MS = 10 * MINUTE_MS;
export const SHARE_MISSES_ENTRIES_MAX = 5_000;
