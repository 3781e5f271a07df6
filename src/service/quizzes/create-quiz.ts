import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import { change } from "../verbs.ts";
import { shownDraftReply } from "./shown-quizzes.ts";

/** Makes a draft. Gates: `quizzes:write`, the user is known. */
export const createQuiz = change(
	"quizzes:write",
	async ({ shard, call }, { content }: { user: string; content: QuizContent }) =>
		shownDraftReply(await shard.quizzes.create(call, content)),
);
