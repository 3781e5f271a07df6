import { ERASED_USER } from "../../domain/privacy/erasure.ts";
import { type QuizContent, shownContent } from "../../domain/quizzes/quiz.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import { type Origin, type QuizHead, quizEtag } from "../../shard/quizzes/quiz-rows.ts";
import type { Version, VersionHead } from "../../shard/quizzes/versions.ts";
import { erasedQuizzes } from "../privacy/erased-quizzes.ts";

/** Own quizzes as their authors, and those who may edit them, see them: without the hashes that they have inside. */

/** A record of an answer that was given before versions had nonces does not have `published_hash`. */
type Known = Omit<QuizHead, "published_hash"> & { published_hash?: string | null };

/** Shows them; of a copy it looks whether its origin's author is still there. */
export const shownQuiz =
	(env: Env) =>
	async <T extends Known>(quiz: T) => {
		const {
			content_hash,
			version_hash,
			published_hash = version_hash,
			version: version_number,
			origin,
			...shown
		} = quiz;
		return {
			...shown,
			etag: quizEtag(quiz.revision),
			version_number,
			has_changes: content_hash !== published_hash,
			origin: origin && (await shownOrigin(env, origin)),
		};
	};

async function shownOrigin(env: Env, { quiz, version: version_number, owner }: Origin) {
	const isErased = (await erasedQuizzes(env, [quiz])).has(quiz);
	return { quiz, version_number, owner: isErased ? ERASED_USER : owner };
}

/** The same of many, of which those that are copies are looked up together. */
export async function shownQuizzes<T extends Known>(env: Env, quizzes: readonly T[]) {
	await erasedQuizzes(
		env,
		quizzes.flatMap(({ origin }) => (origin ? [origin.quiz] : [])),
	);
	return Promise.all(quizzes.map(shownQuiz(env)));
}

/** The same of one with its content. */
export const shownDraft =
	(env: Env) =>
	async ({ content, ...quiz }: Known & { content: QuizContent }) => ({
		...(await shownQuiz(env)(quiz)),
		content: shownContent(content),
	});

export function shownVersion<T extends VersionHead>(quiz: string, { hash: _, number: version_number, ...shown }: T) {
	return { version: versionName(quiz, version_number), version_number, ...shown };
}

export const shownWholeVersion = (quiz: string, { content, ...head }: Version) => ({
	...shownVersion(quiz, head),
	content: shownContent(content),
});
