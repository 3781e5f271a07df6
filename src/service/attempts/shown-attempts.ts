import { type Contents, readContent } from "../../catalog/quizzes/versions.ts";
import type { ItemResponse } from "../../domain/attempts/responses.ts";
import { ERASED_TEXT } from "../../domain/privacy/erasure.ts";
import { asGiven, hasSealed, openAnswers } from "../../domain/privacy/private-texts.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import { logLine, reason } from "../../log-line.ts";
import type { Attempt } from "../../shard/attempts/store.ts";
import { erasedQuizzes } from "../privacy/erased-quizzes.ts";
import { requiredKey } from "../privacy/user-keys.ts";

/** Attempts as their takers see them: their answers opened, with the name of the version and not its hash, and with the title of the quiz. */

export type ShownAttempt = Omit<Attempt, "answers"> & { answers: Record<string, ItemResponse> };

/** @param isNew its quiz was there a moment ago, so that nobody need be asked whether it still is */
export async function shownAttempt(env: Env, user: string, attempt: Attempt, isNew = false): Promise<ShownAttempt> {
	const [shown] = await shownAttempts(env, user, [attempt], isNew);
	if (!shown) throw new Error("one attempt is shown as none");
	return shown;
}

/**
 * Attempts that were stored before attempts had titles get them from the contents that they are pinned to: the quiz itself may be withdrawn. Each
 * content is read once, one after the other, since they may be long.
 */
export async function shownAttempts(
	env: Env,
	user: string,
	attempts: readonly Attempt[],
	areNew = false,
): Promise<ShownAttempt[]> {
	const erased = areNew ? NONE : await erasedOf(env, attempts);
	const titles = new Map<string, string | null>();
	for (const { quiz, title, version } of attempts) {
		if (erased === null || erased.has(quiz) || title || titles.has(version)) continue;
		titles.set(version, await titleOf(env, version));
	}
	const titleFor = ({ quiz, title, version }: Attempt) => {
		if (erased === null) return null;
		return erased.has(quiz) ? ERASED_TEXT : (title ?? titles.get(version) ?? null);
	};
	const isAnySealed = attempts.some(({ answers }) => hasSealed(answers));
	const key = isAnySealed ? await requiredKey(env, user) : null;
	const answers = await Promise.all(
		attempts.map(async ({ answers }) => (key ? openAnswers(key, answers) : asGiven(answers))),
	);
	return attempts.map((attempt, index) => ({
		...attempt,
		answers: answers[index] ?? {},
		title: titleFor(attempt),
		version: versionName(attempt.quiz, attempt.version_number),
	}));
}

const NONE: ReadonlySet<string> = new Set();

/** Those of their quizzes whose author is erased; null where that cannot be found out at the moment, so that no title is shown. */
async function erasedOf(env: Env, attempts: readonly Attempt[]): Promise<ReadonlySet<string> | null> {
	try {
		return await erasedQuizzes(
			env,
			attempts.map(({ quiz }) => quiz),
		);
	} catch (error) {
		logLine("warn", { at: "title", error: reason(error) });
		return null;
	}
}

/** The marks are the taker's, whether or not the content can be read at the moment. */
async function titleOf(contents: Contents, content_hash: string): Promise<string | null> {
	try {
		return (await readContent(contents, content_hash)).title;
	} catch (error) {
		logLine("warn", { at: "title", error: reason(error) });
		return null;
	}
}
