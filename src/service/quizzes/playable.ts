import type { PublishedQuiz } from "../../catalog/quizzes/quizzes.ts";
import { addressOf } from "../../catalog/quizzes/slugs.ts";
import { readContent } from "../../catalog/quizzes/versions.ts";
import { Views } from "../../catalog/quizzes/views.ts";
import { type Reception, readReception } from "../../catalog/reactions/reactions.ts";
import { withoutKey } from "../../domain/quizzes/quiz.ts";
import type { Ctx } from "../context.ts";

const views = new Views();

/** A published quiz with what readers think of it, and its slug. */
export async function withReception(db: D1DatabaseSession, quiz: PublishedQuiz) {
	return { quiz: { ...quiz, ...(await readReception(db, quiz.id)) }, slug: await addressOf(db, quiz.id) };
}

/** A published quiz as takers get it, without the key; counted as a view. */
export async function playable(ctx: Ctx, { content_hash, ...quiz }: PublishedQuiz & Reception, slug: string | null) {
	const { subjects, pass_percentage, settings = {} } = withoutKey(await readContent(ctx.env, content_hash));
	const write = views.add(ctx.env.CATALOG, quiz.id, ctx.now);
	if (write) ctx.later(write);
	return { ...quiz, slug, pass_percentage, settings, subjects };
}

export type PlayableQuiz = Awaited<ReturnType<typeof playable>>;
