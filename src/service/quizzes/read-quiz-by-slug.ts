import { readPublishedQuiz } from "../../catalog/quizzes/quizzes.ts";
import { quizAt } from "../../catalog/quizzes/slugs.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { isShownOf } from "../open-reads.ts";
import { reading } from "../reading.ts";
import { unknown } from "../verbs.ts";
import { audiences } from "./audiences.ts";
import { type PlayableQuiz, playable, withReception } from "./playable.ts";

interface Input {
	slug: string;
	/** Whose slug it is; absent, the caller's own tenant's. */
	tenant?: string | undefined;
}

/** The published quiz that a slug leads to, or the quiz's current slug where that is another. Gate: the caller may see it. */
export async function readQuizBySlug(
	ctx: Ctx,
	{ slug, tenant = ctx.principal.tenant }: Input,
): Promise<Outcome<{ quiz: PlayableQuiz } | { moved_to: string }>> {
	const read = await reading(ctx, async (db) => {
		const id = await quizAt(db, tenant, slug, audiences(ctx));
		const quiz = id === null ? null : await readPublishedQuiz(db, id, audiences(ctx));
		return quiz && (await isShownOf(ctx, quiz.owner)) ? withReception(db, quiz) : null;
	});
	if (!read) return unknown("published quiz");
	const { quiz, slug: current } = read;
	if (current !== null && current !== slug) return accepted({ moved_to: current });
	return accepted({ quiz: await playable(ctx, quiz, current) });
}
