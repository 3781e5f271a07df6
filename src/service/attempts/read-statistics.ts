import { readOwnStatistics, readStatistics } from "../../catalog/attempts/statistics.ts";
import { readContent } from "../../catalog/quizzes/versions.ts";
import type { QuestionStatistics } from "../../domain/attempts/statistics.ts";
import { versionName, versionNumber } from "../../domain/quizzes/version-names.ts";
import { accepted } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { isShownOf } from "../open-reads.ts";
import { audiences } from "../quizzes/audiences.ts";
import { ownPublication } from "../quizzes/visible-quiz.ts";
import { reading } from "../reading.ts";
import { unknown } from "../verbs.ts";

interface Input {
	quiz: string;
	/** The name of a version; absent for the current one. */
	version?: string | undefined;
}

const NO_VERSION = "published quiz, or no such version of it";

/** What the attempts at a quiz come to. Gate: the caller may see the quiz, or is its author. */
export async function readQuizStatistics(ctx: Ctx, { quiz: id, version: name }: Input) {
	const version = name === undefined ? null : versionNumber(id, name);
	if (name !== undefined && version === null) return unknown(NO_VERSION);
	const read = await reading(ctx, async (db) => {
		const shown = await readStatistics(db, id, audiences(ctx), version);
		if (shown) return (await isShownOf(ctx, shown.owner)) ? shown : null;
		// What was withdrawn, or published a moment ago, has statistics for its author.
		const own = await ownPublication(ctx, id);
		return own && readOwnStatistics(db, { owner: own.owner, ...own.last }, version);
	});
	if (!read) return unknown(NO_VERSION);
	const { owner, questions, version: content_hash, ...statistics } = read;
	const named = { ...statistics, version: versionName(id, statistics.version_number) };
	if (owner === ctx.principal.subject) return accepted({ ...named, questions });
	// With a look before and after an own attempt, sums would tell the marks of each question.
	const hidden = questions.length > 0 && (await hidesMarks(ctx.env, content_hash));
	return accepted({ ...named, questions: questions.map((question) => shownToTakers(question, hidden)) });
}

async function hidesMarks(env: Env, content_hash: string): Promise<boolean> {
	const { settings } = await readContent(env, content_hash);
	return settings?.question_marks === "hidden";
}

/** Without what gives the key away, and where the marks of questions are hidden without what gives these away. */
function shownToTakers({ option_counts: _, ...question }: QuestionStatistics, hidden: boolean) {
	const { id, max_score, n, answered } = question;
	return hidden ? { id, max_score, n, answered } : question;
}
