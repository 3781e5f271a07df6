import { seqOfId } from "../../domain/ids.ts";
import { contentIn, type QuizContent } from "../../domain/quizzes/quiz.ts";
import type { Sql } from "../engine/sql.ts";

/** A version of a quiz: what was published, frozen. */
export interface VersionHead {
	number: number;
	/** Of its content as it was frozen. */
	hash: string;
	bytes: number;
	/** When this content was published first. */
	published_at: number;
}

export interface Version extends VersionHead {
	content: QuizContent;
}

/** A content as it was frozen. */
export interface FrozenText {
	hash: string;
	text: string;
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
		return row && { ...row, content: contentIn(row.content) };
	}

	frozen(quiz: string, number: number): FrozenText | null {
		const query = "SELECT hash, content AS text FROM quiz_versions WHERE quiz = ? AND number = ?";
		return this.#sql.one<FrozenText>(query, seqOfId(quiz), number);
	}

	/** The frozen text of the quiz's first version with the content of a draft of this hash, if one has it. */
	ofDraft(quiz: string, draft_hash: string): FrozenText | null {
		const first = `SELECT min(number) FROM quiz_versions WHERE quiz = ?1 AND coalesce(draft_hash, hash) = ?2`;
		const query = `SELECT hash, content AS text FROM quiz_versions WHERE quiz = ?1 AND number = (${first})`;
		return this.#sql.one<FrozenText>(query, seqOfId(quiz), draft_hash);
	}
}
