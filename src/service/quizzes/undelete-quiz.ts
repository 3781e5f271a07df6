import { change, shownReply } from "../verbs.ts";
import { shownQuiz } from "./shown-quizzes.ts";

/** Brings a deleted quiz back. Gates: `quizzes:write`, the user is known. */
export const undeleteQuiz = change("quizzes:write", async ({ shard, call }, { quiz }: { user: string; quiz: string }) =>
	shownReply(await shard.quizzes.undelete(call, quiz), shownQuiz),
);
