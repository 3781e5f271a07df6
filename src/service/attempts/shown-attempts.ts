import { type Contents, readContent } from "../../catalog/quizzes/versions.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import { logLine, reason } from "../../log-line.ts";
import type { Attempt } from "../../shard/attempts/store.ts";

/** Attempts as their takers see them: with the name of the version and not its hash, and with the title of the quiz. */

export async function shownAttempt(contents: Contents, attempt: Attempt): Promise<Attempt> {
	const [shown = attempt] = await shownAttempts(contents, [attempt]);
	return shown;
}

/**
 * Attempts that were stored before attempts had titles get them from the contents that they are pinned to: the quiz itself may be withdrawn. Each
 * content is read once, one after the other, since they may be long.
 */
export async function shownAttempts(contents: Contents, attempts: readonly Attempt[]): Promise<Attempt[]> {
	const titles = new Map<string, string | null>();
	for (const { title, version } of attempts) {
		if (!title && !titles.has(version)) titles.set(version, await titleOf(contents, version));
	}
	return attempts.map((attempt) => ({
		...attempt,
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
