import type { Visibility } from "../../domain/quizzes/quiz.ts";
import type { Audiences } from "../quizzes/quizzes.ts";
import { projection, rowsStay } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";

const UNLESS_OLDER = `ON CONFLICT (id) DO UPDATE SET audience = excluded.audience, visibility = excluded.visibility,
		title = excluded.title, description = excluded.description, quizzes = excluded.quizzes,
		created_at = excluded.created_at, updated_at = excluded.updated_at, seq = excluded.seq
	WHERE excluded.seq > collections.seq`;

const SAVE = `INSERT INTO collections (id, owner, audience, visibility, title, description, quizzes, created_at, updated_at, seq)
	SELECT value ->> 'collection', value ->> 'user',
		CASE value ->> 'visibility' WHEN 'public' THEN 'public' WHEN 'private' THEN value ->> 'user'
			WHEN 'tenant' THEN (SELECT tenant_id FROM shards WHERE user_id = value ->> 'user') END,
		value ->> 'visibility', value ->> 'title', value ->> 'description', value -> 'quizzes', value ->> 'created_at',
		value ->> 'at', value ->> 'seq' FROM json_each(?1) WHERE true
	${UNLESS_OLDER}`;

/** What is left of one that was deleted: that it was, so that no older event brings it back. */
const DELETE = `INSERT INTO collections (id, owner, audience, visibility, title, description, quizzes, created_at, updated_at, seq)
	SELECT value ->> 'collection', value ->> 'user', NULL, 'private', '', '', '[]', 0, value ->> 'at', value ->> 'seq'
	FROM json_each(?1) WHERE true
	${UNLESS_OLDER}`;

/** The last state of each collection. */
export const collections = projection({
	kinds: ["collection.saved", "collection.deleted"],
	apply(db, events) {
		const last = new Map(events.map((event) => [event.body.collection, event]));
		const items = (kind: "collection.saved" | "collection.deleted") =>
			[...last.values()].flatMap(({ kind: own, user, at, seq, body }) =>
				own === kind ? [{ ...body, user, at, seq }] : [],
			);
		return [...forEach(db, SAVE, items("collection.saved")), ...forEach(db, DELETE, items("collection.deleted"))];
	},
	undo: rowsStay,
	tables: [
		{
			name: "collections",
			key: ["id"],
			kind: "owned",
			columns: [
				"id",
				"owner",
				"audience",
				"visibility",
				"title",
				"description",
				"quizzes",
				"created_at",
				"updated_at",
				"seq",
			],
			incidental: [],
		},
	],
});

/** A collection as lists show it. Which quizzes are in it is not shown here: not every reader may see each of them. */
export interface CatalogCollection {
	id: string;
	owner: string;
	visibility: Visibility;
	title: string;
	description: string;
	created_at: number;
	updated_at: number;
}

const COLUMNS = "id, owner, visibility, title, description, created_at, updated_at";

/** One collection with the ids of all its quizzes, in its order. */
export async function readCatalogCollection(
	db: D1DatabaseSession,
	id: string,
	audiences: Audiences,
): Promise<(CatalogCollection & { quizzes: string[] }) | null> {
	const query = `SELECT ${COLUMNS}, quizzes FROM collections WHERE id = ?1 AND audience IN (?2, ?3, ?4)`;
	const row = await db
		.prepare(query)
		.bind(id, ...audiences)
		.first<CatalogCollection & { quizzes: string }>();
	return row && { ...row, quizzes: JSON.parse(row.quizzes) };
}

const page = (
	audience: string,
) => `SELECT ${COLUMNS} FROM (SELECT ${COLUMNS} FROM collections WHERE audience = ${audience}
	AND (created_at, id) < (?4, ?5) ORDER BY created_at DESC, id DESC LIMIT ?6)`;

/** One index search per audience, merged; each reads no more rows than the page has. */
const LIST_NEWEST = `${["?1", "?2", "?3"].map(page).join(" UNION ALL ")} ORDER BY created_at DESC, id DESC LIMIT ?6`;

/** The newest first, after `after`. */
export async function listCatalogCollections(
	db: D1DatabaseSession,
	audiences: Audiences,
	after: [created_at: number, id: string] | null,
	limit: number,
): Promise<CatalogCollection[]> {
	const [created_at, id] = after ?? [Number.MAX_SAFE_INTEGER, ""];
	const statement = db.prepare(LIST_NEWEST).bind(...audiences, created_at, id, limit);
	return (await statement.all<CatalogCollection>()).results;
}
