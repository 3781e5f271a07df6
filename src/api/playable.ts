import type { Context } from "hono";
import { audiencesOf, type PublishedQuiz } from "../catalog/quizzes.ts";
import type { Reception } from "../catalog/reactions.ts";
import { readVersion } from "../catalog/versions.ts";
import { Views } from "../catalog/views.ts";
import { withoutKey } from "../domain/quiz.ts";
import type { HonoEnv } from "../env.ts";

/** What the catalog's routes share. */

/**
 * The audiences that whoever calls belongs to. The third one is a bare user id, so it is for those alone who are known to be
 * that user of that tenant.
 */
export function audiences(c: Context<HonoEnv>) {
	const { tenant, subject } = c.get("principal");
	return audiencesOf({ tenant, user: c.get("is_member") ? subject : NOBODY });
}

/** No id of a user. */
const NOBODY = "nobody";

const views = new Views();

/** A published quiz as takers get it, without the key; counted as a view. */
export async function playable(
	c: Context<HonoEnv>,
	{ content_hash, ...quiz }: PublishedQuiz & Reception,
	slug: string | null,
) {
	const { subjects, pass_percentage, settings = {} } = withoutKey(await readVersion(c.env, content_hash));
	const write = views.add(c.env.CATALOG, quiz.id, c.get("now"));
	if (write) c.executionCtx.waitUntil(write);
	return { ...quiz, slug, pass_percentage, settings, subjects };
}
