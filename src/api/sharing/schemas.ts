import { z } from "@hono/zod-openapi";
import { VISIBILITIES } from "../../domain/quizzes/quiz.ts";
import { collectionSchema } from "../../domain/sharing/collections.ts";
import {
	COLLECTION_DESCRIPTION_CHARS_MAX,
	COLLECTION_TITLE_CHARS_MAX,
	SHARE_USES_MAX,
} from "../../domain/sharing/limits.ts";
import { ACCESSES, SHARE_STATUSES } from "../../domain/sharing/shares.ts";
import { catalogQuiz } from "../quizzes/schemas.ts";
import { inputTime, ofQuiz, ofUser, time } from "../schemas.ts";

/** Shapes of collections and shares over HTTP. */

const title = z.string().describe(`Title, at most ${COLLECTION_TITLE_CHARS_MAX} characters`);
const collectionHead = {
	title,
	description: z.string().describe(`What it is for, at most ${COLLECTION_DESCRIPTION_CHARS_MAX} characters`),
	visibility: z.enum(VISIBILITIES).describe("Who may see it: its owner alone, everybody of the tenant, or everybody"),
	created_at: time("When it was created"),
	updated_at: time("When it was changed last"),
};

export const collection = z
	.object({
		id: z.string().describe("The collection"),
		revision: z.int().min(1).describe("Grows with every change; `etag` is made of it"),
		etag: z.string().describe("For `If-Match`"),
		...collectionHead,
		quizzes: z.array(z.string()).describe("Ids of its quizzes, in order, whoever may see them"),
	})
	.openapi("Collection", { description: "An own collection" });

export const collectionBody = collectionSchema.openapi("CollectionDraft", {
	description: "All of a collection: what is left out gets its default",
	example: { title: "Week 1", visibility: "tenant", quizzes: ["quz_0000000205m5t8cfgq3nkw7r"] },
});

export const catalogCollection = z
	.object({ id: z.string().describe("The collection"), owner: ofUser("Whose it is"), ...collectionHead })
	.openapi("CatalogCollection", { description: "A collection as lists show it" });

export const openCollection = catalogCollection
	.extend({
		published_quizzes: z
			.array(catalogQuiz)
			.describe("Those of its quizzes that are published and that you may see, in its order"),
	})
	.openapi("OpenCollection", { description: "A collection with its quizzes" });

const access = z
	.enum(ACCESSES)
	.describe("What the code gives: to see the quiz, attempt it, copy it, or edit its draft");
const EXPIRES = "When the code, and what it gave, is dead";
const uses = z.int().min(0);

export const shareBody = z
	.strictObject({
		access,
		expires_at: inputTime(`${EXPIRES}; absent: never`).optional(),
		max_uses: z
			.int()
			.min(1)
			.max(SHARE_USES_MAX)
			.optional()
			.describe(`How many users may use it; absent: ${SHARE_USES_MAX.toLocaleString("en")}`),
	})
	.openapi("ShareTerms", { description: "What a share gives", example: { access: "attempt", max_uses: 30 } });

export const share = z
	.object({
		id: z.string().describe("The share"),
		status: z.enum(SHARE_STATUSES).describe("Whether its code can be used, and why not"),
		quiz: ofQuiz,
		access,
		expires_at: time(`${EXPIRES}; null: never`).nullable(),
		max_uses: uses.nullable().describe("How many users may use it; null where its owner said nothing"),
		uses: uses.describe("How many users have used it"),
		created_at: time("When it was made"),
		revoked_at: time("When it was taken back; null if it was not").nullable(),
	})
	.openapi("Share", { description: "A share of a quiz, without its code" });

export const newShare = share
	.extend({
		code: z
			.string()
			.nullable()
			.describe(
				"To hand out; it is not stored and is shown only here. Null in a retry after the deployment's key was changed",
			),
	})
	.openapi("NewShare", { description: "A share of a quiz, with its code" });

export const shareCodeParam = z
	.string()
	.openapi({ example: "0f4xk29rzq7mbn3cw8tjh", description: "The code; case and hyphens do not matter" });

export const offer = z
	.object({
		share: z.string().describe("The share"),
		owner: ofUser("Whose quiz it is"),
		quiz: ofQuiz,
		title: z.string().describe("Title of the quiz"),
		access,
		expires_at: time(`${EXPIRES}; null: never`).nullable(),
		uses_left: uses.nullable().describe("How many further users may use it; null where its owner said nothing"),
		redeemed: z.boolean().describe("Whether you have used it"),
	})
	.openapi("ShareOffer", { description: "What a code gives" });

export const redemption = z
	.object({
		share: z.string().describe("The share"),
		owner: ofUser("Whose quiz it is"),
		quiz: ofQuiz,
		access,
		until: time("Until when you have it; null: until it is revoked").nullable(),
		redeemed_at: time("When you used it first"),
		copy: z
			.object({
				quiz: z.string().describe("The draft of your own that was made"),
				origin: z
					.object({
						quiz: ofQuiz,
						version: z.string().describe("Name of the version, opaque"),
						owner: ofUser("Whose quiz it is"),
					})
					.describe("What it is a copy of"),
			})
			.nullable()
			.describe("What was copied; null where the code gives something else"),
	})
	.openapi("Redemption", { description: "What you have by a code" });
