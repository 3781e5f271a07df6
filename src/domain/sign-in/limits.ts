import { DAY_MS, HOUR_MS, MINUTE_MS } from "../units.ts";

/** The limits of signing in, each with its unit. */

/** NIST SP 800-63B asks for length and not for kinds of characters. */
export const PASSWORD_CHARS_MIN = 10;
export const PASSWORD_CHARS_MAX = 128;
/** RFC 5321, section 4.5.3.1, as errata have it. */
export const EMAIL_CHARS_MAX = 254;
export const PERSON_NAME_CHARS_MAX = 200;
export const USER_AGENT_CHARS_MAX = 200;
/** A session ends when it was not used for so long, and at last so long after the sign-in. */
export const SESSION_IDLE_MS_MAX = 14 * DAY_MS;
export const SESSION_LIFE_MS_MAX = 90 * DAY_MS;
/** How much of its life a session must have lost before a use of it is worth a write. */
export const SESSION_EXTENDED_AFTER_MS = DAY_MS;
/** Of one account: the oldest go when there are more. */
export const SESSIONS_PER_ACCOUNT_MAX = 100;
/** How many of them go at one sign-in. */
export const SESSIONS_ENDED_AT_ONCE_MAX = 10;
export const EMAIL_TOKEN_LIFE_MS = DAY_MS;
export const RESET_TOKEN_LIFE_MS = HOUR_MS;
/** Between the password and the second factor. */
export const CHALLENGE_LIFE_MS = 10 * MINUTE_MS;
/** A code of an authenticator is good for its half minute and for its neighbours, and once in that time. */
export const TOTP_CODE_KEPT_MS = 3 * MINUTE_MS;
/** Of tokens, codes and challenges in bodies and addresses. */
export const SIGN_IN_TEXT_CHARS_MAX = 2_048;
/** Rows of a table that one run of the schedule removes. */
export const SIGN_IN_PURGE_ROWS_MAX = 1_000;
/** Second factors that may be wrong one after the other before the account takes none for a while. */
export const FACTOR_FAILURES_MAX = 10;
export const FACTOR_LOCK_MS = 15 * MINUTE_MS;
