import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import type { Keeping } from "../engine/requests.ts";
import type { Stores } from "../parts.ts";
import type { AuthoredQuiz, QuizHead } from "./quiz-rows.ts";

/**
 * A quiz is kept without its content. Where that cannot be had any more, because the draft has been replaced since, the quiz is
 * answered as it is now.
 * @param contentOf the content that the answer showed, where the request names it
 */
export const quizKeeping = (
	{ quizzes }: Pick<Stores, "quizzes">,
	contentOf: () => QuizContent | null | undefined,
): Keeping<AuthoredQuiz, QuizHead> => ({
	shorten: ({ content: _, ...head }) => head,
	restore(kept) {
		if ("content" in kept) return kept;
		const content = contentOf();
		if (content) return { ...kept, content };
		const now = quizzes.get(kept.id);
		if (!now) throw new Error(`${kept.id} of an earlier answer is not stored`);
		return now.content_hash === kept.content_hash ? { ...kept, content: now.content } : now;
	},
});

/** Of an answer that shows the content of a version, or of the draft where that is null. */
export const versionKeeping = (stores: Pick<Stores, "quizzes" | "versions">, quiz: string, version: number | null) =>
	quizKeeping(stores, () => (version === null ? null : stores.versions.get(quiz, version)?.content));
