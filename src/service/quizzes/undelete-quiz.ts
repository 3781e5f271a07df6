import { change, openedReply } from "../verbs.ts";
import { shownQuiz } from "./shown-quizzes.ts";

/** Brings a deleted quiz back. Gates: `quizzes:write`, the user is known. */
export const undeleteQuiz = change(
	"quizzes:write",
	async ({ shard, call }, { quiz }: { user: string; quiz: string }, { env }) =>
		openedReply(await shard.quizzes.undelete(call, quiz), shownQuiz(env)),
);
