import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { audiencesOf, type CatalogQuiz } from "../catalog/quizzes.ts";
import { readVersion } from "../catalog/versions.ts";
import { withoutKey } from "../domain/quiz.ts";
import type { HonoEnv } from "../env.ts";

/** What the catalog's routes share. */

export const bookmarkHeaders = z.object({
	"x-d1-bookmark": z
		.string()
		.optional()
		.openapi({ description: "Of an earlier answer: read nothing older than it did" }),
});

/** The audiences that whoever calls belongs to. */
export function audiences(c: Context<HonoEnv>) {
	const { tenant, subject } = c.get("principal");
	return audiencesOf({ tenant, user: subject });
}

/** A published quiz as takers get it, without the key. Sets its ETag. */
export async function playable(c: Context<HonoEnv>, quiz: CatalogQuiz, slug: string | null) {
	const { subjects, pass_percentage } = withoutKey(await readVersion(c.env.CONTENT, quiz.version));
	c.header("ETag", `"${quiz.version.slice(0, 32)}-${quiz.updated_at}"`);
	return { ...quiz, slug, pass_percentage, subjects };
}
