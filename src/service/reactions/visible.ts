import { audiencesOf, readPublishedQuiz } from "../../catalog/quizzes/quizzes.ts";
import type { Call } from "../../shard/engine/runner.ts";
import { shardOf } from "../shard-of.ts";

/** Whether the catalog shows the quiz to the user, or the user has just published it. */
export async function isVisible(env: Env, call: Call, quiz: string): Promise<boolean> {
	const shown = await readPublishedQuiz(env.CATALOG.withSession("first-primary"), quiz, audiencesOf(call));
	if (shown) return true;
	// A read, which may be repeated, although what it is asked for may not.
	const own = await shardOf(env, call.user, true).quizzes.publication(call, quiz);
	return own?.is_published ?? false;
}
