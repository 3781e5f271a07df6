import type { Visibility } from "../domain/quiz.ts";
import { type Applied, forEach } from "./fold.ts";

type Publication = Applied<"quiz.published" | "quiz.withdrawn">;

/**
 * Who may see a quiz is one column: `public`, the tenant, or the owner. A principal sees what is published for one of
 * these three. Every read of published quizzes goes through this.
 */
export type Audiences = readonly [everyone: "public", tenant: string, self: string];
export const audiencesOf = (principal: { tenant: string; user: string }): Audiences => [
	"public",
	principal.tenant,
	principal.user,
];

const UNLESS_OLDER = `ON CONFLICT (id) DO UPDATE SET audience = excluded.audience, visibility = excluded.visibility,
		version = excluded.version, version_number = excluded.version_number, title = excluded.title,
		description = excluded.description, tags = excluded.tags, difficulty = excluded.difficulty,
		source = excluded.source, questions = excluded.questions, max_score = excluded.max_score,
		published_at = excluded.published_at, updated_at = excluded.updated_at, seq = excluded.seq
	WHERE excluded.seq > quizzes.seq`;

const PUBLISH = `INSERT INTO quizzes (id, owner, audience, visibility, version, version_number, title, description, tags,
		difficulty, source, questions, max_score, published_at, updated_at, seq)
	SELECT value ->> 'quiz', value ->> 'user',
		CASE value ->> 'visibility' WHEN 'public' THEN 'public' WHEN 'private' THEN value ->> 'user'
			WHEN 'tenant' THEN (SELECT tenant_id FROM shards WHERE user_id = value ->> 'user') END,
		value ->> 'visibility', value ->> 'version', value ->> 'version_number', value ->> 'title',
		value ->> 'description', value -> 'tags', value ->> 'difficulty', value ->> 'source', value ->> 'questions',
		value ->> 'max_score', value ->> 'published_at', value ->> 'at', value ->> 'seq' FROM json_each(?1) WHERE true
	${UNLESS_OLDER}`;

/** What is left of a quiz that was withdrawn: that it was, so that no older event brings it back. */
const WITHDRAW = `INSERT INTO quizzes (id, owner, audience, visibility, version, version_number, title, description, tags,
		difficulty, source, questions, max_score, published_at, updated_at, seq)
	SELECT value ->> 'quiz', value ->> 'user', NULL, 'private', '', 0, '', '', '[]', '', '', 0, 0, 0, value ->> 'at',
		value ->> 'seq' FROM json_each(?1) WHERE true
	${UNLESS_OLDER}`;

/** The last publication or withdrawal of each quiz. The events are in each log's order. */
export function quizStatements(db: D1Database, events: readonly Publication[]): D1PreparedStatement[] {
	const last = new Map(events.map((event) => [event.body.quiz, event]));
	const items = (kind: Publication["kind"]) =>
		[...last.values()].flatMap(({ kind: own, user, at, seq, body }) =>
			own === kind ? [{ ...body, user, at, seq }] : [],
		);
	return [...forEach(db, PUBLISH, items("quiz.published")), ...forEach(db, WITHDRAW, items("quiz.withdrawn"))];
}

/** A published quiz as lists show it. */
export interface CatalogQuiz {
	id: string;
	owner: string;
	visibility: Visibility;
	/** Content hash of the current version. */
	version: string;
	version_number: number;
	title: string;
	description: string;
	tags: string[];
	difficulty: string;
	source: string;
	questions: number;
	max_score: number;
	published_at: number;
	updated_at: number;
}

const COLUMNS = `id, owner, visibility, version, version_number, title, description, tags, difficulty, source, questions,
	max_score, published_at, updated_at`;

type QuizRow = Omit<CatalogQuiz, "tags"> & { tags: string };

const quizOf = (row: QuizRow): CatalogQuiz => ({ ...row, tags: JSON.parse(row.tags) });

export async function readQuiz(db: D1DatabaseSession, id: string, audiences: Audiences): Promise<CatalogQuiz | null> {
	const query = `SELECT ${COLUMNS} FROM quizzes WHERE id = ?1 AND audience IN (?2, ?3, ?4)`;
	const row = await db
		.prepare(query)
		.bind(id, ...audiences)
		.first<QuizRow>();
	return row && quizOf(row);
}

/** Where a page ends: the newest-first order is by first publication, then by id. */
type Position = [published_at: number, id: string];

const page = (audience: string) => `SELECT * FROM (SELECT ${COLUMNS} FROM quizzes WHERE audience = ${audience}
	AND (published_at, id) < (?4, ?5) ORDER BY published_at DESC, id DESC LIMIT ?6)`;

/** One index search per audience, merged; each reads no more rows than the page has. */
export const LIST_NEWEST = `${["?1", "?2", "?3"].map(page).join(" UNION ALL ")}
	ORDER BY published_at DESC, id DESC LIMIT ?6`;

/** The newest first, after `after`. */
export async function listQuizzes(
	db: D1DatabaseSession,
	audiences: Audiences,
	after: Position | null,
	limit: number,
): Promise<CatalogQuiz[]> {
	const [published_at, id] = after ?? [Number.MAX_SAFE_INTEGER, ""];
	const { results } = await db
		.prepare(LIST_NEWEST)
		.bind(...audiences, published_at, id, limit)
		.all<QuizRow>();
	return results.map(quizOf);
}
