import { change } from "../verbs.ts";
import { shownQuizReply } from "./shown-quizzes.ts";

/** Brings a deleted quiz back. Gates: `quizzes:write`, the user is known. */
export const undeleteQuiz = change("quizzes:write", async ({ shard, call }, { quiz }: { user: string; quiz: string }) =>
	shownQuizReply(await shard.quizzes.undelete(call, quiz)),
);
