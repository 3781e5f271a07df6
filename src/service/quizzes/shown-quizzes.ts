import { type QuizContent, shownContent } from "../../domain/quizzes/quiz.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import { type QuizHead, quizEtag } from "../../shard/quizzes/quiz-rows.ts";
import type { Version, VersionHead } from "../../shard/quizzes/versions.ts";

/** Own quizzes as their authors, and those who may edit them, see them: without the hashes that they have inside. */

/** A record of an answer that was given before versions had nonces does not have `published_hash`. */
type Known = Omit<QuizHead, "published_hash"> & { published_hash?: string | null };

export function shownQuiz<T extends Known>(quiz: T) {
	const { content_hash, version_hash, published_hash = version_hash, version: version_number, origin, ...shown } = quiz;
	return {
		...shown,
		etag: quizEtag(quiz.revision),
		version_number,
		has_changes: content_hash !== published_hash,
		origin: origin && { quiz: origin.quiz, version_number: origin.version, owner: origin.owner },
	};
}

/** The same of one with its content. */
export const shownDraft = ({ content, ...quiz }: Known & { content: QuizContent }) => ({
	...shownQuiz(quiz),
	content: shownContent(content),
});

export function shownVersion<T extends VersionHead>(quiz: string, { hash: _, number: version_number, ...shown }: T) {
	return { version: versionName(quiz, version_number), version_number, ...shown };
}

export const shownWholeVersion = (quiz: string, { content, ...head }: Version) => ({
	...shownVersion(quiz, head),
	content: shownContent(content),
});
