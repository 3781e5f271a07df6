import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import { change, openedReply } from "../verbs.ts";
import { shownDraft } from "./shown-quizzes.ts";

/** Makes a draft. Gates: `quizzes:write`, the user is known. */
export const createQuiz = change(
	"quizzes:write",
	async ({ shard, call }, { content }: { user: string; content: QuizContent }, { env }) =>
		openedReply(await shard.quizzes.create(call, content), shownDraft(env)),
);
