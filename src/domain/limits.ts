/**
 * Every limit of the product, with its unit in its name. The platform's own limits are enforced here too,
 * because the local runtime does not enforce them. Each is tested at its edge.
 */

const KB = 1_000;
const MB = 1_000_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

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

// Quizzes
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
export const OPTIONS_MAX = 10;
export const OPTION_CHARS_MAX = 1_000;
/** What prompts are matched with: there may be more than prompts. */
export const CHOICES_MAX = 20;
export const ACCEPTED_TEXTS_MAX = 20;
/** Of a number: before the decimal point, and after it. */
export const NUMERIC_DIGITS_MAX = 50;
/** Of the text of a number: all its digits, its sign and its point, with room for zeros that say nothing. */
export const NUMERIC_CHARS_MAX = 120;
export const MARKS_MAX = 1_000;
export const PASS_PERCENTAGE_DEFAULT = 50;

// Import and export
/** Quizzes in one request. */
export const BATCH_IMPORT_MAX = 1_000;
/** Questions in one GIFT text, or items in one QTI import, whatever becomes of them. */
export const INTERCHANGE_QUESTIONS_MAX = 1_000;
/** Answers of one question that are looked at; a question may have fewer, and the schema says how many. */
export const INTERCHANGE_ANSWERS_MAX = 100;
export const QTI_DOCUMENTS_MAX = 1_001;
/** Faults that are named of one quiz of a batch. */
export const IMPORT_FAULTS_MAX = 20;
export const XML_DEPTH_MAX = 64;
export const XML_ATTRIBUTES_MAX = 64;

// Search and lists of the catalog
export const SEARCH_QUERY_CHARS_MAX = 500;
/** Words of a query, those of phrases counted one by one. */
export const SEARCH_WORDS_MAX = 32;
/** A beginning of a word that is shorter is taken as a whole word: it would be the beginning of most of them. */
export const SEARCH_PREFIX_CHARS_MIN = 2;
/** The longest beginning of words that the index of the catalog's texts holds: `prefix` of `search_public` and `search_closed`. */
export const SEARCH_PREFIX_CHARS_MAX = 8;
/** Of the texts of a quiz's questions that are searched. */
export const SEARCH_TEXT_BYTES_MAX = 20 * KB;
/** Matches that are ranked, put in order or counted: the newest ones, where there are more. */
export const SEARCH_CANDIDATES_MAX = 1_000;
/** A word is rare where no more quizzes of an audience have it. A search with a rare word goes by that one through all of them. */
export const SEARCH_RARE_MAX = 500;
/** Words and filters of a search that are looked at whether they are rare; of related quizzes words of the title, and tags. */
export const SEARCH_RARE_WORDS_MAX = 6;
/** Words that the index is asked for, and as many that it is to leave out; further ones are looked for in what it finds. */
export const SEARCH_INDEX_WORDS_MAX = 8;
/** Places of quizzes in a block: 2^12, as the index has them. */
export const SEARCH_BLOCK_QUIZZES = 4_096;
/** Blocks of an audience's newest quizzes that are searched where no word is rare, the one that is being filled included. */
export const SEARCH_BLOCKS_MAX = 8;
export const SEARCH_BLOCKS_MIN = 2;
/** Quizzes that are read at once for what the index cannot tell, and how often for one page, which may then be short. */
export const SEARCH_READ_QUIZZES = 100;
export const SEARCH_READS_MAX = 4;
/** Words of a snippet. */
export const SNIPPET_WORDS = 24;
/** Places of each word or phrase among which the best piece of a text is looked for, the first ones. */
export const SNIPPET_HITS_MAX = 20;
export const FACET_TAGS_MAX = 20;
export const RELATED_MAX = 20;
/** Of a title, for the order of titles. */
export const TITLE_KEY_CHARS_MAX = 100;
/** Quizzes whose attempts and likes are looked up by each step of the schedule, for the orders by them. */
export const POPULARITY_STEP_QUIZZES = 500;
/** An isolate writes the views that it has counted at most this often, or when it holds those of so many quizzes. */
export const VIEWS_FLUSH_MS = 10 * SECOND_MS;
export const VIEWED_QUIZZES_MAX = 1_000;
export const CATALOG_MAX_AGE_S = 5;
/** How long a browser may remember what a page of another origin may send. */
export const CORS_MAX_AGE_S = 60 * 60;
/** Of each kind. */
export const REACTIONS_PER_USER_MAX = 5_000;
/** How long a content stays in the key-value store after it was put there. */
export const CONTENT_CACHE_LIFE_S = 30 * 24 * 60 * 60;
/** How long a location remembers what the key-value store said, and that it had nothing: the shortest that is allowed. */
export const CONTENT_READ_CACHE_S = 60;
/** Between two writes of one key of the key-value store. */
export const KV_WRITE_INTERVAL_MS = 1.1 * SECOND_MS;

// Attempts
/** The most that an author may say of how often a user takes a quiz. */
export const ATTEMPTS_PER_TAKER_MAX = 1_000;
export const TIME_TAKEN_S_MAX = 30 * 24 * 60 * 60;
/** An accepted text fits into a response. */
export const RESPONSE_TEXT_CHARS_MAX = OPTION_CHARS_MAX;
/** Of all answers of an attempt as canonical JSON. A page of attempts is read at once, so each of them must be small. */
export const ANSWERS_BYTES_MAX = 200 * KB;

// Collections
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

// Media
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

// Credits
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
/** Rows that one page of a filtered list may look at; the page may then be short and still have a next cursor. */
export const SCAN_ROWS_MAX = 1_000;

// The log and its replication
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
export const PURGE_ROWS_MAX = 1_000;
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

// Faults of the platform
/** Before a call on a shard is made again; a random part of it. */
export const SHARD_RETRY_PAUSE_MS_MAX = 100;
/** How long an attempt waits for the catalog to say what the current version is, where something else knows one. */
export const CURRENT_VERSION_WAIT_MS = SECOND_MS;
/** How long the catalog is left alone after it did not say so. */
export const CATALOG_REST_MS = 5 * SECOND_MS;
/** How old what an isolate remembers of a quiz may be while the catalog does not answer. */
export const CURRENT_VERSION_STALE_MS_MAX = HOUR_MS;

// Limits of requests; how many each class lets through is a setting, RATE_LIMITS
/** Of classes and keys that an isolate counts by itself, and addresses that it refuses. */
export const RATE_COUNTS_ENTRIES_MAX = 10_000;
/** A limiter that fails is told of at most this often. */
export const RATE_FAILURES_TOLD_MS = MINUTE_MS;
/** The longest text of an IPv6 address. */
export const ADDRESS_CHARS_MAX = 45;

// Isolate memory
export const MEDIA_UNHELD_ENTRIES_MAX = 5_000;
/** How long an isolate remembers that nobody has an image. */
export const MEDIA_UNHELD_LIFE_MS = MINUTE_MS;
/** How long an isolate answers with what it found when it last looked whether the service is ready, and how long it looks. */
export const READY_LIFE_MS = 5 * SECOND_MS;
export const READY_WAIT_MS = 3 * SECOND_MS;
/** Of shards that were found behind, the rows that health looks at. */
export const LAGGING_ROWS_READ_MAX = 10_000;
export const VERSION_CACHE_ENTRIES_MAX = 500;
export const VERSION_CACHE_BYTES_MAX = 16 * MB;
export const PRINCIPAL_CACHE_ENTRIES_MAX = 5_000;
/** Users of whom an isolate knows the tenant. */
export const TENANT_CACHE_ENTRIES_MAX = 50_000;
export const PUBLISHED_CACHE_ENTRIES_MAX = 5_000;
/** How long attempts at a quiz go by what an isolate has read of it; no longer than the catalog lags by. */
export const PUBLISHED_CACHE_LIFE_MS = SECOND_MS;
