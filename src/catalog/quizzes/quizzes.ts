import { shownMaxScore } from "../../domain/attempts/marks.ts";
import type { EventBody } from "../../domain/log/events.ts";
import type { Difficulty, Source, Visibility } from "../../domain/quizzes/quiz.ts";
import { versionName } from "../../domain/quizzes/version-names.ts";
import { titleKey } from "../../domain/search/search.ts";
import type { Access } from "../../domain/sharing/shares.ts";
import { type Applied, projection, rowsStay } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";

/** What changes a quiz in the catalog. */
export type PublicationEvent = Applied<"quiz.published" | "quiz.withdrawn" | "quiz.archived" | "quiz.deleted">;

/**
 * Who may see a quiz is one column: `public`, the tenant, or the owner. A principal sees what is published for one of
 * these three. Every read of published quizzes goes through this; the only other way is a grant, {@link readGrantedQuiz}.
 */
export type Audiences = readonly [everyone: "public", tenant: string, self: string];
export const audiencesOf = (principal: { tenant: string; user: string }): Audiences => [
	"public",
	principal.tenant,
	principal.user,
];

/** Where `q` is a quiz and ?2 to ?4 are audiences: the statistics of an archived quiz stay readable for its owner. */
export const MAY_READ_STATISTICS = "(q.audience IN (?2, ?3, ?4) OR (q.audience IS NULL AND q.archive_audience = ?4))";

const UNLESS_OLDER = `ON CONFLICT (id) DO UPDATE SET audience = excluded.audience, visibility = excluded.visibility,
		version = excluded.version, version_number = excluded.version_number, title = excluded.title,
		description = excluded.description, tags = excluded.tags, difficulty = excluded.difficulty,
		source = excluded.source, questions = excluded.questions, max_score = excluded.max_score, max_hundredths = excluded.max_hundredths,
		published_at = excluded.published_at, updated_at = excluded.updated_at, seq = excluded.seq,
		archive_audience = excluded.archive_audience, thumbnail = excluded.thumbnail,
		title_key = excluded.title_key
	WHERE excluded.seq > quizzes.seq`;

const ROW = `id, owner, audience, archive_audience, visibility, version, version_number, title, description, tags, difficulty,
	source, thumbnail, questions, max_score, max_hundredths, published_at, updated_at, seq, title_key`;

/** @param audiences SQL of the two: who finds it and takes it, and who still reads the statistics of an archived one */
const put = (audiences: string) => `INSERT INTO quizzes (${ROW})
	SELECT value ->> 'quiz', value ->> 'user', ${audiences}, value ->> 'visibility', value ->> 'version',
		value ->> 'version_number', value ->> 'title', value ->> 'description', value -> 'tags', value ->> 'difficulty',
		value ->> 'source', value ->> 'thumbnail', value ->> 'questions', value ->> 'max_score',
		value ->> 'max_hundredths', value ->> 'published_at',
		value ->> 'at', value ->> 'seq', value ->> 'title_key' FROM json_each(?1) WHERE true
	${UNLESS_OLDER}`;

const PUBLISH = put(`CASE value ->> 'visibility' WHEN 'public' THEN 'public' WHEN 'private' THEN value ->> 'user'
	WHEN 'tenant' THEN (SELECT tenant_id FROM shards WHERE user_id = value ->> 'user') END, NULL`);
const ARCHIVE = put("NULL, value ->> 'user'");

/** What is left of a quiz that was withdrawn: that it was, so that no older event brings it back. */
const WITHDRAW = `INSERT INTO quizzes (${ROW})
	SELECT value ->> 'quiz', value ->> 'user', NULL, NULL, 'private', '', 0, '', '', '[]', '', '', NULL, 0, 0, NULL, 0,
		value ->> 'at', value ->> 'seq', '' FROM json_each(?1) WHERE true
	${UNLESS_OLDER}`;

/** The last change of each quiz. */
export const quizzes = projection({
	kinds: ["quiz.published", "quiz.withdrawn", "quiz.archived", "quiz.deleted"],
	apply(db, events) {
		const items = { publish: [] as object[], archive: [] as object[], withdraw: [] as object[] };
		for (const { kind, user, at, seq, body } of lastChanges(events)) {
			const row = { user, at, seq };
			if (kind === "quiz.published") items.publish.push(stateOf(body, row));
			else if (kind === "quiz.archived") body.last && items.archive.push(stateOf(body.last, row));
			else items.withdraw.push({ quiz: body.quiz, ...row });
		}
		return [
			...forEach(db, PUBLISH, items.publish),
			...forEach(db, ARCHIVE, items.archive),
			...forEach(db, WITHDRAW, items.withdraw),
		];
	},
	undo: rowsStay,
	tables: [
		{
			name: "quizzes",
			key: ["id"],
			kind: "owned",
			columns: [
				"id",
				"owner",
				"audience",
				"archive_audience",
				"visibility",
				"version",
				"version_number",
				"title",
				"description",
				"tags",
				"difficulty",
				"source",
				"thumbnail",
				"questions",
				"max_score",
				"max_hundredths",
				"published_at",
				"updated_at",
				"seq",
				"title_key",
			],
			incidental: ["popularity", "rating"],
		},
	],
});

/** Of events in each log's order, the last one about each quiz. */
export const lastChanges = (events: readonly PublicationEvent[]): PublicationEvent[] => [
	...new Map(events.filter(changesCatalog).map((event) => [event.body.quiz, event])).values(),
];

/** What a row of `quizzes` has of a version. The text for searches goes another way, and is long. */
function stateOf(
	{ search_text: _, ...version }: Omit<Applied<"quiz.published">["body"], "claim">,
	row: { user: string; at: number; seq: number },
): object {
	return { ...version, ...row, title_key: titleKey(version.title) };
}

/** What never was published is not in the catalog, and needs no word there that it is gone. */
function changesCatalog({ kind, body }: PublicationEvent): boolean {
	if (kind === "quiz.archived") return body.last !== null;
	return kind !== "quiz.deleted" || body.version_number > 0;
}

/** A published quiz as lists show it. */
export interface CatalogQuiz {
	id: string;
	owner: string;
	visibility: Visibility;
	/** Name of the current version. */
	version: string;
	version_number: number;
	title: string;
	description: string;
	tags: string[];
	difficulty: Difficulty;
	source: Source;
	/** SHA-256 of the bytes of a picture. */
	thumbnail: string | null;
	question_count: number;
	max_score: number;
	published_at: number;
	updated_at: number;
	/** Takers and likes as the schedule last counted them. */
	popularity: number;
	rating: number;
}

/** The same with what its current version is called inside: it is in no list, and leaves the server nowhere. */
export interface PublishedQuiz extends CatalogQuiz {
	content_hash: string;
}

/** A row of `quizzes`; its `version` is the hash of the content. */
export type CatalogRow = Omit<CatalogQuiz, "tags" | "question_count"> & {
	tags: string;
	questions: number;
	/** Null where `max_score` says it. */
	max_hundredths: number | null;
};

const SELECTED = {
	id: true,
	owner: true,
	visibility: true,
	version: true,
	version_number: true,
	title: true,
	description: true,
	tags: true,
	difficulty: true,
	source: true,
	thumbnail: true,
	questions: true,
	max_score: true,
	max_hundredths: true,
	published_at: true,
	updated_at: true,
	popularity: true,
	rating: true,
} as const satisfies Record<keyof CatalogRow, true>;
const NAMES = Object.keys(SELECTED);
export const COLUMNS = NAMES.join(", ");
/** The same of a table under another name. */
export const columnsOf = (alias: string) => NAMES.map((name) => `${alias}.${name}`).join(", ");
export const COLUMNS_OF_Q = columnsOf("q");

export const catalogQuizOf = ({ questions: question_count, max_hundredths, ...row }: CatalogRow): CatalogQuiz => ({
	...row,
	question_count,
	max_score: shownMaxScore({ max_score: row.max_score, max_hundredths }),
	version: versionName(row.id, row.version_number),
	tags: JSON.parse(row.tags),
});

/** A quiz that the catalog does not have yet, by what its shard has published: nobody has attempted or liked it. */
export function quizOfPublication({
	owner,
	updated_at,
	last,
}: {
	owner: string;
	updated_at: number;
	last: PublishedVersion;
}): PublishedQuiz {
	const { quiz: id, bytes: _, thumbnail = null, max_hundredths = null, tags, ...version } = last;
	const row = {
		...version,
		id,
		owner,
		thumbnail,
		max_hundredths,
		tags: JSON.stringify(tags),
		updated_at,
		popularity: 0,
		rating: 0,
	};
	return publishedOf(row);
}

type PublishedVersion = Omit<EventBody<"quiz.published">, "claim" | "search_text" | "reader">;

const publishedOf = (row: CatalogRow): PublishedQuiz => ({ ...catalogQuizOf(row), content_hash: row.version });

export async function readPublishedQuiz(
	db: D1DatabaseSession,
	id: string,
	audiences: Audiences,
): Promise<PublishedQuiz | null> {
	const query = `SELECT ${COLUMNS} FROM quizzes WHERE id = ?1 AND audience IN (?2, ?3, ?4)`;
	const row = await db
		.prepare(query)
		.bind(id, ...audiences)
		.first<CatalogRow>();
	return row && publishedOf(row);
}

/**
 * For a user who has used a share of a quiz with one of these accesses: whose it is, and the quiz of whatever visibility, null where
 * the catalog has it not as published. Whether the share is still alive the catalog does not know: the caller asks the owner's shard.
 */
export async function readGrantedQuiz(
	db: D1DatabaseSession,
	id: string,
	grantee: string,
	accesses: readonly Access[],
): Promise<{ owner: string; quiz: PublishedQuiz | null } | null> {
	const query = `SELECT g.owner AS grantor, ${COLUMNS_OF_Q} FROM quiz_grants AS g
		LEFT JOIN quizzes AS q ON q.id = g.quiz AND q.owner = g.owner AND q.audience IS NOT NULL
		WHERE g.quiz = ?1 AND g.grantee = ?2 AND g.access IN (SELECT value FROM json_each(?3)) LIMIT 1`;
	const row = await db
		.prepare(query)
		.bind(id, grantee, JSON.stringify(accesses))
		.first<{ grantor: string } & (CatalogRow | { id: null })>();
	if (!row) return null;
	const { grantor: owner, ...quiz } = row;
	return { owner, quiz: quiz.id === null ? null : publishedOf(quiz) };
}

/** Those of the listed quizzes that the audiences may see, in the order of the list. */
export async function readListedQuizzes(
	db: D1DatabaseSession,
	ids: readonly string[],
	audiences: Audiences,
): Promise<CatalogQuiz[]> {
	const query = `SELECT ${COLUMNS_OF_Q} FROM json_each(?4) AS listed CROSS JOIN quizzes AS q ON q.id = listed.value
		WHERE q.audience IN (?1, ?2, ?3) ORDER BY listed.key`;
	const { results } = await db
		.prepare(query)
		.bind(...audiences, JSON.stringify(ids))
		.all<CatalogRow>();
	return results.map(catalogQuizOf);
}

/** Those of the quizzes that these audiences see, in no order. */
export async function readQuizzes(
	db: D1DatabaseSession,
	ids: readonly string[],
	audiences: Audiences,
): Promise<CatalogQuiz[]> {
	const query = `SELECT ${COLUMNS} FROM quizzes WHERE id IN (SELECT value FROM json_each(?1)) AND audience IN (?2, ?3, ?4)`;
	const { results } = await db
		.prepare(query)
		.bind(JSON.stringify(ids), ...audiences)
		.all<CatalogRow>();
	return results.map(catalogQuizOf);
}
