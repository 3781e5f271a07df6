import { DAY_MS, MB, MINUTE_MS, SECOND_MS } from "./units.ts";

/**
 * The limits that belong to no capability alone; each capability has its own beside it. Every limit has its unit in its name. The
 * platform's own limits are enforced here too, because the local runtime does not enforce them. Each is tested at its edge.
 */

// Requests
export const REQUEST_BODY_BYTES_MAX = 1.5 * MB;
export const JSON_DEPTH_MAX = 32;
export const PAGE_SIZE_DEFAULT = 20;
export const PAGE_SIZE_MAX = 100;
/** A sealed position, of which the longest has a title of TITLE_KEY_CHARS_MAX characters. */
export const CURSOR_CHARS_MAX = 1_024;
export const IDEMPOTENCY_KEY_CHARS_MAX = 255;
/** A key is honoured for at least one whole period and forgotten after at most two. */
export const IDEMPOTENCY_PERIOD_MS = DAY_MS;
/** Of one actor in one shard. */
export const KEYS_PER_PERIOD_MAX = 100_000;
export const WAIT_S_MAX = 30;
/** Times are milliseconds since the epoch, up to the end of the year 9999. */
export const TIME_MS_MAX = 253_402_300_799_999;
export const TOKEN_CHARS_MAX = 4_096;
export const TOKEN_LIFE_S_DEFAULT = 12 * 60 * 60;
/** A token cannot be taken back, so one that is good for longer is refused, whoever signed it. */
export const TOKEN_LIFE_S_MAX = 31 * 24 * 60 * 60;
/** How far ahead of this clock the issuer's may be. */
export const TOKEN_CLOCK_AHEAD_S_MAX = 60;
export const CATALOG_MAX_AGE_S = 5;
/** How long a browser may remember what a page of another origin may send. */
export const CORS_MAX_AGE_S = 60 * 60;
/** Rows that one page of a filtered list may look at; the page may then be short and still have a next cursor. */
export const SCAN_ROWS_MAX = 1_000;
export const PURGE_ROWS_MAX = 1_000;

// Faults of the platform
/** Before a call on a shard is made again; a random part of it. */
export const SHARD_RETRY_PAUSE_MS_MAX = 100;

// Limits of requests; how many each class lets through is a setting, RATE_LIMITS
/** Of classes and keys that an isolate counts by itself, and addresses that it refuses. */
export const RATE_COUNTS_ENTRIES_MAX = 10_000;
/** A limiter that fails is told of at most this often. */
export const RATE_FAILURES_TOLD_MS = MINUTE_MS;
/** The longest text of an IPv6 address. */
export const ADDRESS_CHARS_MAX = 45;
/** How long an isolate answers with what it found when it last looked whether the service is ready, and how long it looks. */
export const READY_LIFE_MS = 5 * SECOND_MS;
export const READY_WAIT_MS = 3 * SECOND_MS;
export const PRINCIPAL_CACHE_ENTRIES_MAX = 5_000;
/** Users of whom an isolate knows the tenant. */
export const TENANT_CACHE_ENTRIES_MAX = 50_000;
