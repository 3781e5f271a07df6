import { type Contents, readContent } from "../../catalog/quizzes/versions.ts";
import { isSealed, openField } from "../../domain/privacy/private-texts.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import { logLine, reason } from "../../log-line.ts";
import type { Attempt } from "../../shard/attempts/store.ts";
import { requiredKey } from "../privacy/user-keys.ts";

/** Attempts as their takers see them: their answers opened, with the name of the version and not its hash, and with the title of the quiz. */

export async function shownAttempt(env: Env, user: string, attempt: Attempt): Promise<Attempt> {
	const [shown = attempt] = await shownAttempts(env, user, [attempt]);
	return shown;
}

/**
 * Attempts that were stored before attempts had titles get them from the contents that they are pinned to: the quiz itself may be withdrawn. Each
 * content is read once, one after the other, since they may be long.
 */
export async function shownAttempts(env: Env, user: string, attempts: readonly Attempt[]): Promise<Attempt[]> {
	const titles = new Map<string, string | null>();
	for (const { title, version } of attempts) {
		if (!title && !titles.has(version)) titles.set(version, await titleOf(env, version));
	}
	const isAnySealed = attempts.some(({ answers }) => isSealed("answers", answers));
	const key = isAnySealed ? await requiredKey(env, user) : null;
	const answers = await Promise.all(
		attempts.map(async (attempt) => (key ? openField(key, "answers", attempt.answers) : attempt.answers)),
	);
	return attempts.map((attempt, index) => ({
		...attempt,
		answers: answers[index] ?? attempt.answers,
		title: attempt.title ?? titles.get(attempt.version) ?? null,
		version: versionName(attempt.quiz, attempt.version_number),
	}));
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
