import { z } from "@hono/zod-openapi";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { ERASURE_STEPS } from "../../domain/privacy/erasure.ts";
import { id, time } from "../schemas.ts";

/** Shapes of erasures. */

export const erasureId = id("erasure", "era_01n4k8q2xf5m5t8cfgq3nkw7");

export const erasure = z
	.object({
		id: z.string().regex(ID_PATTERNS.erasure).describe("Id of the erasure"),
		user: z.string().describe("Who is erased"),
		status: z.enum(["erasing", "erased"]).describe("Whether it is under way, or over"),
		step: z.enum(ERASURE_STEPS).describe("What is being done"),
		requested_at: time("When it was asked for"),
		updated_at: time("When it last went on"),
		finished_at: time("When it came to its end; null while it is under way").nullable(),
		waits_for: z.string().nullable().describe("What it waits for; null where nothing is in the way"),
	})
	.openapi("Erasure", { description: "The erasure of a user" });
