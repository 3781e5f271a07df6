import { DAY_MS, HOUR_MS, MB, SECOND_MS } from "../units.ts";

/** The limits of quizzes, each with its unit. */

export const QUIZ_CONTENT_BYTES_MAX = 1 * MB;
export const QUIZ_TITLE_CHARS_MAX = 200;
export const QUIZ_DESCRIPTION_CHARS_MAX = 2_000;
export const QUIZ_TAGS_MAX = 20;
export const QUIZ_TAG_CHARS_MAX = 50;
export const QUIZ_SUBJECTS_MAX = 50;
export const QUIZ_QUESTIONS_MAX = 500;
/** Deleted ones count until they are purged. */
export const QUIZZES_PER_USER_MAX = 10_000;
/** Of all drafts and versions. */
export const CONTENT_BYTES_PER_USER_MAX = 1_000 * MB;
export const VERSIONS_PER_QUIZ_MAX = 500;
/** How long a deleted quiz can be undeleted. */
export const QUIZ_DELETED_KEPT_MS = 30 * DAY_MS;
/** Deleted quizzes that one command, read or alarm purges; the rest is due at once again. */
export const QUIZ_PURGES_AT_ONCE_MAX = 100;
export const SLUG_CHARS_MAX = 80;
/** Slugs that a quiz has had, which all lead to it. */
export const SLUGS_PER_QUIZ_MAX = 20;
export const SUBJECT_NAME_CHARS_MAX = 200;
export const QUESTION_ID_CHARS_MAX = 64;
export const QUESTION_TEXT_CHARS_MAX = 4_000;
export const EXPLANATION_CHARS_MAX = 4_000;
export const HINT_CHARS_MAX = 1_000;
/** Of options, of items to be ordered, and of prompts to be matched. */
export const OPTIONS_MIN = 2;
export const OPTIONS_MAX = 26;
export const OPTION_CHARS_MAX = 1_000;
/** What prompts are matched with: there may be more than prompts. */
export const CHOICES_MAX = 26;
export const ACCEPTED_TEXTS_MAX = 50;
/** Numbers that are right besides the first one. */
export const FURTHER_NUMBERS_MAX = 20;
export const OPTION_FEEDBACK_CHARS_MAX = 1_000;
/** Of a number: before the decimal point, and after it. */
export const NUMERIC_DIGITS_MAX = 50;
/** Of the text of a number: all its digits, its sign and its point, with room for zeros that say nothing. */
export const NUMERIC_CHARS_MAX = 120;
export const MARKS_MAX = 1_000;
/** Marks are counted in hundredths, and one of them is the least that a question is worth. */
export const MARK_PARTS = 100;
export const MARKS_MIN = 1 / MARK_PARTS;
export const PASS_PERCENTAGE_DEFAULT = 50;
/** An isolate writes the views that it has counted at most this often, or when it holds those of so many quizzes. */
export const VIEWS_FLUSH_MS = 10 * SECOND_MS;
export const VIEWED_QUIZZES_MAX = 1_000;
/** How long a content stays in the key-value store after it was put there. */
export const CONTENT_CACHE_LIFE_S = 30 * 24 * 60 * 60;
/** How long a location remembers what the key-value store said, and that it had nothing: the shortest that is allowed. */
export const CONTENT_READ_CACHE_S = 60;
/** Between two writes of one key of the key-value store. */
export const KV_WRITE_INTERVAL_MS = 1.1 * SECOND_MS;
/** How long an attempt waits for the catalog to say what the current version is, where something else knows one. */
export const CURRENT_VERSION_WAIT_MS = SECOND_MS;
/** How long the catalog is left alone after it did not say so. */
export const CATALOG_REST_MS = 5 * SECOND_MS;
/** How old what an isolate remembers of a quiz may be while the catalog does not answer. */
export const CURRENT_VERSION_STALE_MS_MAX = HOUR_MS;
export const VERSION_CACHE_ENTRIES_MAX = 500;
export const VERSION_CACHE_BYTES_MAX = 16 * MB;
export const PUBLISHED_CACHE_ENTRIES_MAX = 5_000;
/** How long attempts at a quiz go by what an isolate has read of it; no longer than the catalog lags by. */
export const PUBLISHED_CACHE_LIFE_MS = SECOND_MS;
