import { z } from "@hono/zod-openapi";
import { SHARE_USES_MAX } from "../domain/limits.ts";
import { VISIBILITIES } from "../domain/quiz.ts";
import { ACCESSES, SHARE_STATUSES } from "../domain/shares.ts";
import { catalogQuiz, inputTime, time } from "./schemas.ts";

/** Shapes of collections and shares over HTTP. */

const collectionHead = {
	title: z.string(),
	description: z.string(),
	visibility: z.enum(VISIBILITIES),
	created_at: time,
	updated_at: time,
};

export const collection = z
	.object({ id: z.string(), revision: z.int(), etag: z.string(), ...collectionHead, quizzes: z.array(z.string()) })
	.openapi("Collection");

export const COLLECTION_EXAMPLE = {
	description: "All of it: what is left out gets its default.",
	example: { title: "Week 1", visibility: "tenant", quizzes: ["quz_0000000205m5t8cfgq3nkw7r"] },
};

export const catalogCollection = z
	.object({ id: z.string(), owner: z.string(), ...collectionHead })
	.openapi("CatalogCollection");

export const openCollection = catalogCollection
	.extend({ published_quizzes: z.array(catalogQuiz) })
	.openapi("CatalogCollectionWithQuizzes");

const access = z.enum(ACCESSES);

export const shareBody = z
	.strictObject({
		access,
		expires_at: inputTime.optional(),
		max_uses: z.int().min(1).max(SHARE_USES_MAX).optional(),
	})
	.openapi("ShareTerms", { example: { access: "attempt", max_uses: 30 } });

export const share = z
	.object({
		id: z.string(),
		quiz: z.string(),
		access,
		status: z.enum(SHARE_STATUSES),
		expires_at: time.nullable(),
		max_uses: z.int().nullable(),
		uses: z.int(),
		created_at: time,
		revoked_at: time.nullable(),
	})
	.openapi("Share");

export const newShare = share
	.extend({
		code: z.string().nullable().openapi({
			description:
				"To hand out; it is not stored and is shown only here. Null in a retry after the deployment's key was changed",
		}),
	})
	.openapi("NewShare");

export const shareCodeParam = z
	.string()
	.openapi({ example: "0f4xk29rzq7mbn3cw8tjh", description: "Case and hyphens do not matter" });

export const offer = z
	.object({
		share: z.string(),
		owner: z.string(),
		quiz: z.string(),
		title: z.string(),
		access,
		expires_at: time.nullable(),
		uses_left: z.int().nullable(),
		redeemed: z.boolean(),
	})
	.openapi("ShareOffer");

export const redemption = z
	.object({
		share: z.string(),
		owner: z.string(),
		quiz: z.string(),
		access,
		until: time.nullable(),
		redeemed_at: time,
		copy: z
			.object({
				quiz: z.string(),
				origin: z.object({ quiz: z.string(), version: z.string(), owner: z.string() }),
			})
			.nullable()
			.openapi({ description: "The draft of your own that was made, and of what it is a copy" }),
	})
	.openapi("Redemption");
