import { DAY_MS, KB, MINUTE_MS, SECOND_MS } from "../units.ts";

/** The limits of the log and of its replication, each with its unit. */

export const EVENT_BODY_BYTES_MAX = 100 * KB;
/** The platform's limit is 128,000 bytes and counts about 100 bytes of metadata. */
export const MESSAGE_BYTES_MAX = 127_000;
export const MESSAGE_EVENTS_MAX = 300;
/** Bytes of events that go into one D1 transaction. A bound parameter may have 2 MB, and vectors are longer than their events. */
export const APPLY_BYTES_MAX = 400 * KB;
/** Between two messages of one shard, where nothing is set; and the longest that may be set. */
export const SEND_INTERVAL_MS_DEFAULT = 250;
export const SEND_INTERVAL_MS_MAX = 5 * SECOND_MS;
/** How long a row may stay unapplied before its shard sends it again. */
export const RESEND_AFTER_MS = 10 * SECOND_MS;
/** Until it sends once more: a random time, no shorter than the first of these; its bound grows from the second to the third. */
export const RESEND_PAUSE_MS_MIN = SECOND_MS;
/** Short enough that every shard has sent again within a minute of the end of a fault that was no longer than this. */
export const RESEND_PAUSE_MS_START = 40 * SECOND_MS;
export const RESEND_PAUSE_MS_MAX = 5 * MINUTE_MS;
/** A cursor that was not read by then counts as one that cannot be read. */
export const CURSOR_READ_MS_MAX = 5 * SECOND_MS;
/** One that took longer than this says that the catalog is overloaded. */
export const CURSOR_READ_SLOW_MS = 500;
/** An isolate whose last read of a cursor failed makes another after a random time between these. */
export const READ_AGAIN_MS_MIN = SECOND_MS;
export const READ_AGAIN_MS_MAX = 10 * SECOND_MS;
/** Between two looks of a request that waits for the catalog: a random time between these, at first near the shorter one. */
export const LOOK_PAUSE_MS_MIN = 250;
export const LOOK_PAUSE_MS_MAX = 2 * SECOND_MS;
/** How long an isolate goes by what it has learnt of the catalog's lag, before one request puts it to the test. */
export const LAG_KNOWN_MS = 10 * SECOND_MS;
/** Alarms are set no nearer than this: the platform may not fire one that is due when the handler in which it was set ends. */
export const ALARM_AHEAD_MS_MIN = SECOND_MS;
/** An alarm that should have fired so long ago is taken as lost. */
export const ALARM_OVERDUE_MS_MAX = MINUTE_MS;
/** An alarm that could not do what was due tries again soon, so often, and then at the longer interval. */
export const ADVANCE_RETRY_MS = 5 * SECOND_MS;
export const ADVANCE_RETRIES_SOON = 10;
export const ADVANCE_RETRY_LATE_MS = 5 * MINUTE_MS;
/** A message whose rows cannot be applied now is delivered again within this time, doubled with each delivery, so often in all. */
export const REDELIVERY_S = 2;
export const DELIVERIES_MAX = 3;
/** The same of what must be written down and nobody sends again; it comes as often as the queue lets it. */
export const KEEP_RETRY_S = 30;
export const KEEP_RETRY_S_MAX = 60 * 60;
/** How often a consumer plans a batch anew because others have moved cursors meanwhile. */
export const PLANS_MAX = 5;
/** Requests that a batch's log line names, and rows of which a shard remembers which request wrote them. */
export const TRACES_MAX = 100;
/** Of a message, for the requests that wrote its rows. */
export const TRACE_BYTES_MAX = 2_000;
/** A consumer writes its counters at most this often. */
export const TALLY_FLUSH_MS = 10 * SECOND_MS;
/** What is kept of how replication went, and of messages that were given up. */
export const REPLICATION_MINUTES_KEPT_MS = 2 * DAY_MS;
export const DEAD_MESSAGES_KEPT_MS = 30 * DAY_MS;
/** Characters of an unreadable message that are kept. */
export const DEAD_MESSAGE_CHARS_MAX = 128_000;

// Upkeep of the catalog
/** Rows of `applied_days` that one step of the sweep reads; it calls at most as many shards. */
export const SWEEP_STEP_ROWS = 200;
/** Shards that were found behind and are looked at again in each step. */
export const SWEEP_LAGGING_MAX = 100;
/** Shards of the slow round over all of them in each step. */
export const SWEEP_ROTATION_SHARDS = 20;
/** Calls on shards that one step has under way at once. */
export const SHARD_CALLS_AT_ONCE = 6;
/** How long one step of the sweep, a rebuild or a re-drive goes on with further pieces of work. */
export const STEP_MS_MAX = 5 * SECOND_MS;
/** Tries in a row to apply a message of a log that is pulled, against consumers that move the same cursor. */
export const PULL_TRIES_MAX = 5;
/** What health counts it counts no further than this. */
export const COUNTED_MAX = 1_000;
/** Rows that one transaction of a wipe removes. */
export const WIPE_ROWS_MAX = 1_000;
/** Dead letters that one call drives again. */
export const REDRIVE_MAX = 100;
/** Rows of a table that one page of its digest reads. */
export const DIGEST_PAGE_ROWS = 1_000;
/** Of shards that were found behind, the rows that health looks at. */
export const LAGGING_ROWS_READ_MAX = 10_000;
