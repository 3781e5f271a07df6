import { z } from "@hono/zod-openapi";
import { time } from "../schemas.ts";

/** Shapes of a user's log. */

const count = z.int().min(0);

export const logRow = z
	.object({
		seq: z.int().min(1).describe("Its place in the user's log: 1 is the first, and there is no gap"),
		at: time("When it was written"),
		actor: z.string().describe("Who did it: a user, a service, or `system` for what is due by the clock"),
		kind: z.string().describe("What happened, as in `attempt.submitted`"),
		subject: z.string().describe("What it happened to: an id"),
		body: z.record(z.string(), z.unknown()).describe("What the kind says of it"),
		hash: z.string().describe("Stands for this row and all before it; 64 hex digits"),
	})
	.openapi("LogRow", { description: "A row of the user's log" });

export const syncState = z
	.object({
		head_seq: count.describe("The last row of the user's log; 0 where there is none"),
		applied_seq: count.describe("The last row that the catalog has applied"),
		lag: count.describe("Rows that it has not"),
		lag_ms: count.describe("Milliseconds that the oldest of them has waited; 0 if there is none"),
	})
	.openapi("SyncState", { description: "How far the catalog is behind the user's log" });
