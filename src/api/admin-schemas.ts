import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../domain/ids.ts";
import { CURSOR_CHARS_MAX } from "../domain/limits.ts";
import { DIGESTED } from "../ops/read-digest.ts";
import { ALARMS } from "../ops/read-replication.ts";
import { REBUILD_PHASES } from "../ops/rebuild.ts";
import { REDRIVEN_STATUSES } from "../ops/redrive.ts";

const time = z.int();
const count = z.int();

export const userId = z.string().regex(ID_PATTERNS.user);
export const tableName = z.enum(DIGESTED);

export const sweep = z
	.object({
		since: time.openapi({ description: "Shards applied since then are looked at" }),
		started_at: time,
		updated_at: time,
		finished_at: time.nullable(),
		looked: count.openapi({ description: "Shards that this pass has asked" }),
		behind: count,
	})
	.openapi("Sweep");

export const rebuild = z
	.object({
		number: z.int(),
		user: z.string().nullable().openapi({ description: "null: everything" }),
		phase: z.enum(REBUILD_PHASES),
		shards: count,
		events: count,
		started_at: time,
		updated_at: time,
		finished_at: time.nullable(),
	})
	.openapi("Rebuild");

export const replication = z
	.object({
		status: z.enum(["ok", "degraded"]),
		alarms: z.array(z.enum(ALARMS)),
		thresholds: z.object({ lag_ms_max: z.int(), queue_age_ms_max: z.int() }),
		lagging: z.object({
			shards_behind: count,
			shards_diverged: count,
			oldest_age_ms: z.int(),
			oldest: z.object({ user: z.string(), waiting_since: time }).nullable(),
		}),
		queue: z.object({ backlog: count, oldest_age_ms: z.int() }).nullable(),
		holding: z
			.object({
				shards: count,
				oldest: z.object({ user: z.string(), seq: z.int(), needs: z.string(), since: time }).nullable(),
			})
			.openapi({ description: "Shards at whose rows the catalog holds until a release comes that reads them" }),
		new_dead_letters: count.openapi({ description: "Of the dead letters, those that nobody has acknowledged" }),
		new_dead_messages: count,
		dead_letters: count,
		dead_messages: count,
		sweep: sweep.nullable(),
		rebuild: rebuild.nullable(),
		counts: z.object({
			minutes: count,
			batches: count,
			messages: count,
			events: count,
			events_per_minute: z.number(),
			duplicates: count,
			gaps: count,
			poisoned: count,
			unreadable: count,
			failed: count,
			held_back: count.openapi({ description: "Messages that the release could not read yet" }),
			deferred: count.openapi({
				description: "Messages that were acknowledged and left to their shards, which send again",
			}),
		}),
	})
	.openapi("Replication");

export const rebuildBody = z.strictObject({
	user: userId.optional(),
	number: z
		.int()
		.min(1)
		.optional()
		.openapi({ description: "Of the rebuild to go on with; one that is over is only shown" }),
});

export const digest = z
	.object({
		table: z.string(),
		digest_version: z
			.int()
			.openapi({ description: "Of the list of columns that it goes over; compare only digests of the same one" }),
		rows: count,
		digest: z.string().openapi({ description: "64 hex digits" }),
		next_cursor: z.string().nullable(),
	})
	.openapi("TableDigest");

export const deadLetter = z
	.object({
		user: z.string(),
		seq: z.int(),
		error: z.string(),
		at: time,
		acknowledged_at: time.nullable(),
		row: z.string(),
	})
	.openapi("DeadLetter");

export const redriveBody = z
	.strictObject({
		user: userId.optional(),
		seq: z.int().min(1).optional(),
		cursor: z.string().max(CURSOR_CHARS_MAX).optional(),
	})
	.refine(({ user, seq }) => seq === undefined || user !== undefined, { path: ["user"], error: "A row has a user." });

export const redriven = z
	.object({
		user: z.string(),
		seq: z.int(),
		status: z.enum(REDRIVEN_STATUSES),
		error: z.string().nullable(),
	})
	.openapi("Redriven");

export const acknowledgementBody = z.strictObject({
	until: time.min(0).optional().openapi({ description: "Those that were given up until then; now, unless told" }),
});

export const acknowledged = z.object({ letters: count, messages: count }).openapi("Acknowledged");

export const deadMessage = z
	.object({
		id: z.string(),
		at: time,
		user: z.string().nullable(),
		first: z.int().nullable(),
		last: z.int().nullable(),
		reason: z.string(),
		message: z.string(),
		acknowledged_at: time.nullable(),
	})
	.openapi("DeadMessage");
