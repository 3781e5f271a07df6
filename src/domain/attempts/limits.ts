import { OPTION_CHARS_MAX } from "../quizzes/limits.ts";
import { KB } from "../units.ts";

/** The limits of attempts, each with its unit. */

/** The most that an author may say of how often a user takes a quiz. */
export const ATTEMPTS_PER_TAKER_MAX = 1_000;
export const TIME_TAKEN_S_MAX = 30 * 24 * 60 * 60;
/** An accepted text fits into a response. */
export const RESPONSE_TEXT_CHARS_MAX = OPTION_CHARS_MAX;
/** Of all answers of an attempt as canonical JSON. A page of attempts is read at once, so each of them must be small. */
export const ANSWERS_BYTES_MAX = 200 * KB;
