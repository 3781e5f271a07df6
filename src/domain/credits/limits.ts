import { DAY_MS, KB } from "../units.ts";

/** The limits of credits, each with its unit. */

export const CREDIT_AMOUNT_MAX = 1_000_000_000;
/** The sum of all grants of a user stays exact in a double, and so does every difference of it. */
export const CREDIT_TOTAL_MAX = 1_000_000_000_000;
export const LIVE_LOTS_MAX = 200;
export const OPEN_HOLDS_MAX = 32;
/** More than a reservation can take, and so few that every entry that ends the hold fits into an event. */
export const HOLD_SLICES_MAX = 250;
export const LOT_PRIORITY_MAX = 100;
export const LOT_PRIORITY_DEFAULT = 50;
export const REFERENCE_CHARS_MAX = 200;
export const HOLD_TTL_S_DEFAULT = 15 * 60;
export const HOLD_TTL_S_MAX = 24 * 60 * 60;
/** A hold that is extended lives no longer than this in all. */
export const HOLD_LIFE_MS_MAX = DAY_MS;
export const PURPOSE_CHARS_MAX = 200;
export const MODEL_CHARS_MAX = 100;
export const PROMPT_BYTES_MAX = 100 * KB;
export const CONVERSATION_BYTES_MAX = 100 * KB;
export const REASON_CHARS_MAX = 500;
export const ERROR_CHARS_MAX = 2_000;
export const PLAN_AMOUNT_MAX = 1_000_000;
/** A plan's period is no shorter than this. */
export const PERIOD_DAYS_MIN = 14;
export const ROLLOVER_DAYS_MAX = 366;
export const TIER_CHARS_MAX = 50;
export const EXPIRING_NOTICE_S_MAX = 90 * 24 * 60 * 60;
/** Days that one query of usage spans. */
export const USAGE_DAYS_MAX = 366;
/** Rows that one query of usage looks at, the latest: of a tenant a day and model each, of a user a generation or a refund. */
export const USAGE_ROWS_MAX = 20_000;
export const TOKENS_USED_MAX = 1_000_000_000;
export const COST_CENTS_MAX = 100_000_000;
