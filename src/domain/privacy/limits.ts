import { DAY_MS, KB, MINUTE_MS, SECOND_MS } from "../units.ts";

/** The limits of privacy, each with its unit. */

/** Keys of users that an isolate remembers, and for how long: so long after an erasure another isolate may still open what it has read. */
export const USER_KEYS_ENTRIES_MAX = 5_000;
export const USER_KEY_LIFE_MS = 30 * SECOND_MS;
/** Rows of each table of a shard that one transaction of an erasure removes: some of them have a megabyte. */
export const ERASED_ROWS_MAX = 200;
/** Rows of each table of the catalog that one transaction of an erasure removes: with a quiz goes its place in the search. */
export const OWNED_ROWS_REMOVED_MAX = 50;
/** For requests that were under way when the shard closed: what they write elsewhere is removed after this. */
export const ERASURE_PAUSE_MS = MINUTE_MS;
/** Erasures that one run of the schedule goes on with, and for how long. */
export const ERASURES_AT_ONCE_MAX = 50;
export const ERASURES_MS_MAX = 20 * SECOND_MS;
/** Quizzes of which an isolate knows whether their author is erased, and how long it goes by that one is not. */
export const ERASED_QUIZZES_ENTRIES_MAX = 20_000;
export const NOT_ERASED_LIFE_MS = MINUTE_MS;
/** Of users whose keys are wrapped anew in one call. */
export const REWRAPPED_KEYS_MAX = 50;

// Exports
/** Rows of a table that one call of an export reads; it stops at the first row beyond so many characters. */
export const EXPORT_PAGE_ROWS = 200;
export const EXPORT_PAGE_CHARS = 500 * KB;
/** Rows of the log that one call reads: each may have EVENT_BODY_BYTES_MAX. */
export const EXPORT_LOG_ROWS = 100;
/** Rows about a user that an export has of each table of ACCOUNTS. */
export const EXPORT_ACCOUNT_ROWS_MAX = 1_000;

// Retention
/** Rows of the log that one call looks at for each kind of what is retained. */
export const RETENTION_LOG_ROWS_MAX = 1_000;
/** Calls for one user in one round: a longer history is removed in several rounds. */
export const RETENTION_CALLS_PER_USER_MAX = 20;
/** From the beginning of a round over a tenant's users to that of the next. */
export const RETENTION_ROUND_MS = DAY_MS;
/** Rounds that one turn of the schedule goes on with, users of each page, and for how long. */
export const RETENTION_ROUNDS_AT_ONCE_MAX = 20;
export const RETENTION_USERS_PER_PAGE = 60;
export const RETENTION_MS_MAX = 10 * SECOND_MS;
