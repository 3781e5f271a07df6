import { seqOfId } from "../domain/ids.ts";
import type { QuizContent } from "../domain/quiz.ts";
import type { Sql } from "./sql.ts";

/** A version of a quiz: what was published, frozen. */
export interface VersionHead {
	number: number;
	/** Of its content: its name everywhere. */
	hash: string;
	bytes: number;
	/** When this content was published first. */
	published_at: number;
}

export interface Version extends VersionHead {
	content: QuizContent;
}

const HEAD = "number, hash, octet_length(content) AS bytes, published_at";

/** The SQL of versions. They are written by a publication and never changed. */
export class Versions {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Newest first, those before version `before`. */
	list(quiz: string, before: number, limit: number): VersionHead[] {
		const query = `SELECT ${HEAD} FROM quiz_versions WHERE quiz = ? AND number < ? ORDER BY number DESC LIMIT ?`;
		return this.#sql.all<VersionHead>(query, seqOfId(quiz), before, limit);
	}

	get(quiz: string, number: number): Version | null {
		const query = `SELECT ${HEAD}, content FROM quiz_versions WHERE quiz = ? AND number = ?`;
		const row = this.#sql.one<VersionHead & { content: string }>(query, seqOfId(quiz), number);
		return row && { ...row, content: JSON.parse(row.content) };
	}
}
