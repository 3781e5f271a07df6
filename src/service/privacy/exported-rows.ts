import { withoutHiddenMarks } from "../../domain/attempts/attempts.ts";
import { ERASED_USER } from "../../domain/privacy/erasure.ts";
import {
	type Field,
	fieldIn,
	hasSealed,
	isSealed,
	openAnswers,
	openField,
	type UserKey,
} from "../../domain/privacy/private-texts.ts";
import { contentIn, shownContent } from "../../domain/quizzes/quiz.ts";
import type { ExportedRow, Shown, Table } from "../../shard/engine/table.ts";
import { erasedQuizzes } from "./erased-quizzes.ts";
import { requiredKey } from "./user-keys.ts";

/** Rows of a shard's tables as an export has them: texts opened, JSON as what it says, and nothing that the user may not see. */

type Row = Record<string, unknown>;
type Stored = ExportedRow[string];

export async function shownRows(
	env: Env,
	user: string,
	{ columns }: Table,
	rows: readonly ExportedRow[],
): Promise<Row[]> {
	const fields = Object.entries(columns).flatMap(([column, shown]) => fieldOf(column, shown));
	const isAnySealed = rows.some((row) => fields.some(({ column, field }) => isStoredSealed(field, row[column])));
	const key = isAnySealed ? await requiredKey(env, user) : null;
	const shown = await Promise.all(
		rows.map(async (row) => {
			const members = Object.entries(row).map(async ([column, value]) => {
				return [column, await shownValue(key, columns[column] ?? "value", value)] as const;
			});
			const whole = Object.fromEntries(await Promise.all(members));
			return "question_marks" in whole ? withoutHiddenMarks("attempt.submitted", whole) : whole;
		}),
	);
	return withoutErasedOrigins(env, shown);
}

const fieldOf = (column: string, shown: Shown): { column: string; field: Field }[] =>
	typeof shown === "object" && "field" in shown ? [{ column, field: shown.field }] : [];

const isStoredSealed = (field: Field, stored: Stored | undefined): boolean =>
	typeof stored === "string" &&
	(field === "answers" ? hasSealed(JSON.parse(stored)) : isSealed(field, fieldIn(field, stored)));

async function shownValue(key: UserKey | null, shown: Shown, stored: Stored): Promise<unknown> {
	if (shown === "value" || typeof stored !== "string") return stored;
	if (shown === "json") return JSON.parse(stored);
	if (shown === "content") return shownContent(contentIn(stored));
	if ("withheld" in shown) return undefined;
	const value = fieldIn(shown.field, stored);
	if (key && shown.field === "answers") return openAnswers(key, JSON.parse(stored));
	return key ? openField(key, shown.field, value) : value;
}

/** Of a copy, who wrote what it is a copy of is said only while they are there: in `quizzes` as `origin`, in `copies` as columns. */
async function withoutErasedOrigins(env: Env, rows: readonly Row[]): Promise<Row[]> {
	const quizOf = ({ origin, origin_quiz }: Row) => (isOrigin(origin) ? origin.quiz : origin_quiz);
	const erased = await erasedQuizzes(
		env,
		rows.map(quizOf).filter((quiz) => typeof quiz === "string"),
	);
	return rows.map((row) => {
		const quiz = quizOf(row);
		if (typeof quiz !== "string" || !erased.has(quiz)) return row;
		return isOrigin(row.origin)
			? { ...row, origin: { ...row.origin, owner: ERASED_USER } }
			: { ...row, origin_owner: ERASED_USER };
	});
}

const isOrigin = (value: unknown): value is { quiz: string } =>
	typeof value === "object" && value !== null && "quiz" in value && typeof value.quiz === "string";
