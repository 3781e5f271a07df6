import { z } from "@hono/zod-openapi";
import { MEDIA_TYPES } from "../../domain/media/image-headers.ts";
import { MEDIA_BYTES_MAX, MEDIA_SIDE_PX_MAX } from "../../domain/media/limits.ts";
import { mediaHash as hash } from "../../domain/quizzes/questions.ts";
import { time } from "../schemas.ts";

/** Shapes of images. */

export const mediaHash = hash.openapi({
	example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	description: "SHA-256 of the bytes of an image, in hex",
});

const binary = { schema: { type: "string" as const, format: "binary" } };
export const imageContent = Object.fromEntries(MEDIA_TYPES.map((type) => [type, binary]));
export const imageBody = { content: imageContent, required: true as const };

export const medium = z
	.object({
		media: z.string().describe("SHA-256 of the bytes, in hex: what quizzes name it by"),
		type: z.enum(MEDIA_TYPES).describe("Its media type, as its first bytes say"),
		bytes: z.int().min(1).max(MEDIA_BYTES_MAX).describe("Size of the file in bytes"),
		width: z.int().min(1).max(MEDIA_SIDE_PX_MAX).describe("Width in pixels"),
		height: z.int().min(1).max(MEDIA_SIDE_PX_MAX).describe("Height in pixels"),
		added_at: time("When it was uploaded"),
		url: z.string().describe("Where anybody can read it who knows the address"),
	})
	.openapi("Medium", { description: "An image of the user's" });

export const usedMedium = medium
	.extend({
		uses: z.int().min(0).describe("Drafts and versions that name it"),
		unused_since: time(
			"Since when nothing names it; it is dropped 30 days later. Null while something does",
		).nullable(),
	})
	.openapi("UsedMedium", { description: "An image of the user's, with how often it is used" });
