import { OPTION_CHARS_MAX, QUIZ_QUESTIONS_MAX } from "../quizzes/limits.ts";
import { KB, MINUTE_MS } from "../units.ts";

/** The limits of attempts, each with its unit. */

/** The most that an author may say of how often a user takes a quiz. */
export const ATTEMPTS_PER_TAKER_MAX = 1_000;
export const TIME_TAKEN_S_MAX = 30 * 24 * 60 * 60;
/** How long an attempt without any other end stays open. */
export const OPEN_ATTEMPT_DAYS = 30;
/** Attempts that one command or alarm ends because their time is over; the rest is due at once again. */
export const ENDINGS_AT_ONCE_MAX = 20;
/** Attempts of one user that are open at the same time. */
export const OPEN_ATTEMPTS_MAX = 100;
/** Changes of answers that one request saves: each question of a quiz once. */
export const CHANGES_MAX = QUIZ_QUESTIONS_MAX;
/** A client's counter: milliseconds since the epoch are one too. */
export const COUNTER_MAX = Number.MAX_SAFE_INTEGER;
/** When a row that needs no message of its own is sent at the latest. */
export const OPENING_SENT_AFTER_MS = MINUTE_MS;
/** Attempts under way of which an isolate remembers the version. */
export const PINNED_VERSIONS_MAX = 5_000;
export const TIME_LIMIT_S_MAX = 30 * 24 * 60 * 60;
/** For what was sent in time and is long on its way. */
export const GRACE_S_MAX = 60 * 60;
export const DELAY_S_MAX = 365 * 24 * 60 * 60;
/** An accepted text fits into a response. */
export const RESPONSE_TEXT_CHARS_MAX = OPTION_CHARS_MAX;
/** Of all answers of an attempt as canonical JSON. A page of attempts is read at once, so each of them must be small. */
export const ANSWERS_BYTES_MAX = 200 * KB;
