import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { CURSOR_CHARS_MAX } from "../../domain/limits.ts";
import { DIGESTED } from "../../ops/read-digest.ts";
import { ALARMS } from "../../ops/read-replication.ts";
import { REBUILD_PHASES } from "../../ops/rebuild.ts";
import { REDRIVEN_STATUSES } from "../../ops/redrive.ts";
import { inputTime, time } from "../schemas.ts";

const count = (description: string) => z.int().min(0).describe(description);

export const userId = z.string().regex(ID_PATTERNS.user).describe("Id of a user");
export const tableName = z.enum(DIGESTED).describe("Name of the table");

export const sweep = z
	.object({
		since: time("Shards applied since then are looked at"),
		started_at: time("When this pass began"),
		updated_at: time("When it last went on"),
		finished_at: time("When it came to its end; null while it is under way").nullable(),
		looked: count("Shards that this pass has asked"),
		behind: count("Of these, those that were behind"),
	})
	.openapi("Sweep", { description: "A pass over the shards that changed, which finds those that are behind" });

export const rebuild = z
	.object({
		number: z.int().min(1).describe("Which rebuild it is"),
		user: z.string().nullable().describe("Whose part of the catalog; null: everything"),
		phase: z.enum(REBUILD_PHASES).describe("What it is doing"),
		shards: count("Shards that it has read to their end"),
		events: count("Log rows that it has applied"),
		started_at: time("When it began"),
		updated_at: time("When it last went on"),
		finished_at: time("When it came to its end; null while it is under way").nullable(),
	})
	.openapi("Rebuild", { description: "A rebuild of the catalog from the logs" });

export const replication = z
	.object({
		status: z.enum(["ok", "degraded"]).describe("Whether there is no alarm"),
		alarms: z.array(z.enum(ALARMS)).describe("What is wrong"),
		thresholds: z
			.object({
				lag_ms_max: count("Milliseconds that a log row may wait for the catalog"),
				queue_age_ms_max: count("Milliseconds that a message may wait in the queue"),
			})
			.describe("From when on there is an alarm: settings of the deployment"),
		lagging: z
			.object({
				shards_behind: count("Shards of which the catalog lacks rows"),
				shards_diverged: count("Shards whose history is another than the catalog's"),
				oldest_age_ms: count("Milliseconds that the oldest row has waited; 0 for none"),
				oldest: z
					.object({ user: z.string().describe("Whose shard it is"), waiting_since: time("Since when it waits") })
					.nullable()
					.describe("The shard that has waited longest; null for none"),
			})
			.describe("What the catalog is behind by"),
		queue: z
			.object({
				backlog: count("Messages in the queue"),
				oldest_age_ms: count("Milliseconds that the oldest has waited"),
			})
			.nullable()
			.describe("The queue; null where the platform does not tell"),
		holding: z
			.object({
				shards: count("How many, counted up to 1,000"),
				oldest: z
					.object({
						user: z.string().describe("Whose shard it is"),
						seq: z.int().min(1).describe("The row that cannot be read yet"),
						needs: z.string().describe("What this release does not know"),
						since: time("Since when the catalog holds there"),
					})
					.nullable()
					.describe("One of them; null for none"),
			})
			.describe("Shards at whose rows the catalog holds until a release comes that reads them"),
		dead_letters: count("Log rows that the catalog could not take"),
		dead_messages: count("Messages that were given up"),
		new_dead_letters: count("Of the dead letters, those that nobody has acknowledged"),
		new_dead_messages: count("Of the dead messages, those that nobody has acknowledged"),
		sweep: sweep.nullable(),
		rebuild: rebuild.nullable(),
		counts: z
			.object({
				minutes: count("Minutes that these counts are of"),
				batches: count("Batches of messages"),
				messages: count("Messages"),
				events: count("Log rows that were applied"),
				events_per_minute: z.number().min(0).describe("Log rows that were applied, per minute"),
				duplicates: count("Messages of rows that the catalog had"),
				gaps: count("Messages before which rows were missing"),
				poisoned: count("Rows that became dead letters"),
				unreadable: count("Messages that nobody can read"),
				failed: count("Messages that were to be delivered again, since the catalog did not take them"),
				held_back: count("Messages that the release could not read yet"),
				deferred: count("Messages that were acknowledged and left to their shards, which send again"),
			})
			.describe("What the consumers did in the last minutes, about"),
	})
	.openapi("Replication", { description: "How the catalog's replication stands" });

export const rebuildBody = z
	.strictObject({
		user: userId.optional().openapi({ description: "Whose part of the catalog; absent: everything" }),
		number: z.int().min(1).optional().describe("Of the rebuild to go on with; one that is over is only shown"),
	})
	.openapi("RebuildRequest", { description: "What to rebuild", example: { user: "usr_ada" } });

export const digest = z
	.object({
		table: z.string().describe("Name of the table"),
		digest_version: z
			.int()
			.min(1)
			.describe("Of the list of columns that it goes over; compare only digests of the same one"),
		rows: count("Rows that it goes over"),
		digest: z.string().describe("64 hex digits; those of the pages, added modulo 2^256, are the table's"),
		next_cursor: z.string().nullable().describe("Send it as `cursor` for the next page; null on the last one"),
	})
	.openapi("TableDigest", { description: "A digest of a page of one of the catalog's tables" });

export const deadLetter = z
	.object({
		user: z.string().describe("Whose log it is of"),
		seq: z.int().min(1).describe("Its place in that log"),
		error: z.string().describe("Why the catalog could not take it"),
		at: time("When that was"),
		acknowledged_at: time("When an operator acknowledged it; null if nobody has").nullable(),
		row: z.string().describe("The row as JSON text, digests in it concealed"),
	})
	.openapi("DeadLetter", { description: "A log row that the catalog could not take" });

export const redriveBody = z
	.strictObject({
		user: userId.optional().openapi({ description: "Those of one shard; absent: all" }),
		seq: z.int().min(1).optional().describe("One of that shard's; absent: all of them"),
		cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("`next_cursor` of the call before"),
	})
	.refine(({ user, seq }) => seq === undefined || user !== undefined, { path: ["user"], error: "A row has a user." })
	.openapi("RedriveRequest", { description: "Which dead letters to apply again", example: { user: "usr_ada" } });

export const redriven = z
	.object({
		user: z.string().describe("Whose log it is of"),
		seq: z.int().min(1).describe("Its place in that log"),
		status: z.enum(REDRIVEN_STATUSES).describe("What became of it"),
		error: z.string().nullable().describe("Why it was refused; null where it was applied"),
	})
	.openapi("Redriven", { description: "What became of a dead letter" });

export const acknowledgementBody = z
	.strictObject({
		until: inputTime("Those that were given up until then; absent: until now").optional(),
	})
	.openapi("AcknowledgementRequest", { description: "What is acknowledged", example: { until: 1795211110500 } });

export const acknowledged = z
	.object({ letters: count("Dead letters"), messages: count("Dead messages") })
	.openapi("Acknowledged", { description: "How many are acknowledged by this call" });

export const rotation = z
	.object({
		keys: count("Keys of users that this call has looked at"),
		rewrapped: count("Of these, those that it has wrapped anew, or copied"),
		next_cursor: z.string().nullable().describe("Send it as `cursor` to go on; null when all are done"),
	})
	.openapi("KeyRotation", { description: "How far the keys of users are wrapped with the newest master key" });

export const deadMessage = z
	.object({
		id: z.string().describe("As the queue calls it"),
		at: time("When it was sent"),
		user: z.string().nullable().describe("Whose shard sent it; null where it does not say so"),
		first: z.int().nullable().describe("The first row in it; null where it does not say so"),
		last: z.int().nullable().describe("The last row in it; null where it does not say so"),
		reason: z.string().describe("Why it was given up"),
		message: z.string().describe("As JSON text, digests in it concealed; empty where its rows are in a log anyway"),
		acknowledged_at: time("When an operator acknowledged it; null if nobody has").nullable(),
	})
	.openapi("DeadMessage", { description: "A message that was given up" });

export const rotatedKey = z
	.object({
		kid: z.string().describe("What tokens call it"),
		signs_from: time("When it begins to sign"),
		others_accepted_until: time("Until when tokens of the keys of before are good"),
	})
	.openapi("RotatedKey", { description: "A key that tokens will be signed with" });
