import { audiencesOf, readPublishedQuiz } from "../../catalog/quizzes/quizzes.ts";
import type { OnShard } from "../verbs.ts";

/** Whether the catalog shows the quiz to the user, or the user has just published it. */
export async function isVisible({ CATALOG }: Pick<Env, "CATALOG">, { call, shard }: OnShard, quiz: string) {
	const shown = await readPublishedQuiz(CATALOG.withSession("first-primary"), quiz, audiencesOf(call));
	return shown !== null || ((await shard.quizzes.publication(call, quiz))?.is_published ?? false);
}
