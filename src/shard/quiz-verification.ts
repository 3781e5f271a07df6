import { sha256Hex } from "../domain/canonical.ts";
import { seqOfId } from "../domain/ids.ts";
import { readable, same, sameColumns, sameJson } from "./difference.ts";
import type { QuizReplay } from "./quiz-replay.ts";
import { type QuizRow, RECORD } from "./quiz-rows.ts";
import type { Sql } from "./sql.ts";

type QuizRecordRow = Omit<QuizRow, "published_hash"> & { draft: string };

/** Compares the stored quizzes with what the log says. @throws Difference */
export function compareQuizzes(sql: Sql, { quizzes }: QuizReplay): void {
	let rows = 0;
	for (const { seq, draft, origin: text, ...quiz } of sql.each<QuizRecordRow>(
		`SELECT ${RECORD}, draft FROM quizzes ORDER BY seq`,
	)) {
		same("quizzes", quiz.id, "seq", seq, seqOfId(quiz.id));
		const known = quizzes.get(quiz.id);
		const origin = readable("quizzes", quiz.id, () => text && JSON.parse(text));
		const expected = known && { ...known, slugs: JSON.stringify(known.slugs) };
		sameColumns("quizzes", quiz.id, { ...quiz, origin }, expected);
		same("quizzes", quiz.id, "hash of the draft", sha256Hex(draft), quiz.draft_hash);
		rows++;
	}
	same("quizzes", "all", "number of rows", rows, quizzes.size);
}

interface VersionRow {
	id: string;
	number: number;
	hash: string;
	draft_hash: string | null;
	content: string;
	published_at: number;
}

/** Compares the stored versions with what the log says. @throws Difference */
export function compareVersions(sql: Sql, { versions }: QuizReplay): void {
	const query = `SELECT q.id, v.number, v.hash, v.draft_hash, v.content, v.published_at
		FROM quiz_versions AS v JOIN quizzes AS q ON q.seq = v.quiz ORDER BY v.quiz, v.number`;
	let rows = 0;
	for (const { id, number, content, draft_hash, ...version } of sql.each<VersionRow>(query)) {
		const key = `${id} ${number}`;
		sameJson("quiz_versions", key, { ...version, draft_hash: draft_hash ?? version.hash }, versions.get(key));
		same("quiz_versions", key, "hash of the content", sha256Hex(content), version.hash);
		rows++;
	}
	same("quiz_versions", "all", "number of rows", rows, versions.size);
}
