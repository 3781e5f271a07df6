import { seqOfId } from "../../domain/ids.ts";
import type { Visibility } from "../../domain/quizzes/quiz.ts";
import type { CollectionContent } from "../../domain/sharing/collections.ts";
import type { Sql } from "../engine/sql.ts";

/** A collection as its owner sees it. */
export interface Collection {
	id: string;
	/** Grows with every change; `etag` is made of it. */
	revision: number;
	etag: string;
	title: string;
	description: string;
	visibility: Visibility;
	quizzes: string[];
	created_at: number;
	updated_at: number;
}

export interface CollectionRow extends Omit<Collection, "etag" | "quizzes"> {
	seq: number;
	quizzes: string;
	deleted_at: number | null;
}

/** The columns of a CollectionRow. */
export const COLLECTION_COLUMNS =
	"seq, id, revision, title, description, visibility, quizzes, created_at, updated_at, deleted_at";

/** The SQL of collections. */
export class Collections {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Those that are not deleted, counted no further than `limit`. */
	count(limit: number): number {
		const query = "SELECT count(*) AS n FROM (SELECT 1 FROM collections WHERE deleted_at IS NULL LIMIT ?)";
		return this.#sql.one<{ n: number }>(query, limit)?.n ?? 0;
	}

	insert(seq: number, id: string, { title, description, visibility, quizzes }: CollectionContent, at: number): void {
		this.#sql.run(
			`INSERT INTO collections (seq, id, revision, title, description, visibility, quizzes, created_at, updated_at)
			VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)`,
			seq,
			id,
			title,
			description,
			visibility,
			JSON.stringify(quizzes),
			at,
			at,
		);
	}

	replace(id: string, { title, description, visibility, quizzes }: CollectionContent, at: number): void {
		this.#sql.run(
			`UPDATE collections SET revision = revision + 1, title = ?, description = ?, visibility = ?, quizzes = ?,
			updated_at = ? WHERE seq = ?`,
			title,
			description,
			visibility,
			JSON.stringify(quizzes),
			at,
			seqOfId(id),
		);
	}

	delete(id: string, at: number): void {
		const query = "UPDATE collections SET deleted_at = ?, updated_at = ? WHERE seq = ?";
		this.#sql.run(query, at, at, seqOfId(id));
	}

	get(id: string): Collection | null {
		const query = `SELECT ${COLLECTION_COLUMNS} FROM collections WHERE seq = ? AND deleted_at IS NULL`;
		const row = this.#sql.one<CollectionRow>(query, seqOfId(id));
		return row?.id === id ? collectionOf(row) : null;
	}

	/** Newest first, those before row `before`. */
	list(before: number, limit: number): { seq: number; collection: Collection }[] {
		const query = `SELECT ${COLLECTION_COLUMNS} FROM collections WHERE deleted_at IS NULL AND seq < ?
			ORDER BY seq DESC LIMIT ?`;
		const rows = this.#sql.all<CollectionRow>(query, before, limit);
		return rows.map((row) => ({ seq: row.seq, collection: collectionOf(row) }));
	}
}

function collectionOf({ seq, deleted_at: _, quizzes, ...row }: CollectionRow): Collection {
	return { ...row, quizzes: JSON.parse(quizzes), etag: `"${seq}-${row.revision}"` };
}
