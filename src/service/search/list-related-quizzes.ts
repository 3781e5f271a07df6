import { relatedQuizzes } from "../../catalog/search/related.ts";
import type { Ctx } from "../context.ts";
import { audiences } from "../quizzes/audiences.ts";
import { visibleQuiz } from "../quizzes/visible-quiz.ts";
import { reading } from "../reading.ts";
import { found } from "../verbs.ts";

/** Quizzes like this one, the most alike first. Gate: the caller may see it. */
export async function listRelatedQuizzes(ctx: Ctx, { quiz: id, limit }: { quiz: string; limit: number }) {
	const related = await reading(ctx, async (db) => {
		const quiz = await visibleQuiz(ctx, db, id, []);
		return quiz && relatedQuizzes(db, audiences(ctx), quiz, limit);
	});
	return found(related, "published quiz");
}
