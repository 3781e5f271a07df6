import { relatedQuizzes } from "../../catalog/search/related.ts";
import type { Ctx } from "../context.ts";
import { shownOf } from "../open-reads.ts";
import { audiences } from "../quizzes/audiences.ts";
import { visibleQuiz } from "../quizzes/visible-quiz.ts";
import { reading } from "../reading.ts";
import { found } from "../verbs.ts";

/** Quizzes like this one, the most alike first. Gate: the caller may see it. */
export async function listRelatedQuizzes(ctx: Ctx, { quiz: id, limit }: { quiz: string; limit: number }) {
	const related = await reading(ctx, async (db) => {
		const quiz = await visibleQuiz(ctx, db, id, []);
		return quiz && shownOf(ctx, await relatedQuizzes(db, audiences(ctx), quiz, limit), ({ owner }) => owner);
	});
	return found(related, "published quiz");
}
