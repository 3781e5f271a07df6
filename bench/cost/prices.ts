/**
 * What the platform charges beyond what its paid plan includes, in dollars per million unless said otherwise.
 * https://developers.cloudflare.com/workers/platform/pricing/ · …/durable-objects/platform/pricing/ ·
 * …/d1/platform/pricing/ · …/queues/platform/pricing/ · …/kv/platform/pricing/ · …/r2/pricing/ ·
 * …/workers/observability/logs/workers-logs/
 */
export const PRICES_OF = "2026-11-21";

export const PRICES = {
	worker_requests: 0.3,
	/** Milliseconds of processor time. */
	worker_cpu_ms: 0.02,
	/** Calls and alarms. */
	object_requests: 0.15,
	/** Gigabyte-seconds; an object is billed with 128 MB while it is active. */
	object_gb_s: 12.5,
	object_rows_read: 0.001,
	/** Setting an alarm is one, too. */
	object_rows_written: 1,
	/** A message is written, read and deleted: three, for each 64 KB begun. */
	queue_operations: 0.4,
	d1_rows_read: 0.001,
	d1_rows_written: 1,
	/** A quiz's content, where the isolate has it not in memory: from KV, and from R2 where that has it not. */
	kv_reads: 0.5,
	kv_writes: 5,
	r2_reads: 0.36,
	/** Lines of the log that are kept: the share that wrangler.toml's production keeps of successes, and all others. */
	log_lines: 0.6,
} as const;

export type Item = keyof typeof PRICES;
export type Usage = Record<Item, number>;

export const STORAGE_PER_GB_MONTH = { object: 0.2, d1: 0.75 };

/** Where one D1 database ends. */
export const D1_GB_MAX = 10;
export const OBJECT_GB = 0.128;

export const noUsage = (): Usage => ({
	worker_requests: 0,
	worker_cpu_ms: 0,
	object_requests: 0,
	object_gb_s: 0,
	object_rows_read: 0,
	object_rows_written: 0,
	queue_operations: 0,
	d1_rows_read: 0,
	d1_rows_written: 0,
	kv_reads: 0,
	kv_writes: 0,
	r2_reads: 0,
	log_lines: 0,
});

/** The items of a usage. A loop over PRICES, so that an item that is added there is priced everywhere. */
// The keys of PRICES are all of Item, as its type says.
export const ITEMS = Object.keys(PRICES) as Item[];

/** Dollars for a million operations. */
export const dollarsPerMillion = (perOperation: Usage): number =>
	ITEMS.reduce((sum, item) => sum + perOperation[item] * PRICES[item], 0);
