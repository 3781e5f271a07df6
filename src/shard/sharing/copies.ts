import { seqOfId } from "../../domain/ids.ts";
import type { Sql } from "../engine/sql.ts";

/** The version of somebody's quiz of which an own one is a copy. */
export interface CopyOrigin {
	quiz: string;
	/** Content hash. */
	version: string;
	owner: string;
}

export interface CopyRow {
	/** The key of the own quiz. */
	quiz: number;
	share: string;
	origin_quiz: string;
	origin_version: string;
	origin_owner: string;
}

/** The columns of a CopyRow. */
export const COPY_COLUMNS = "quiz, share, origin_quiz, origin_version, origin_owner";

/** The SQL of copies that shares let make. */
export class Copies {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** A copy that was purged meanwhile gives its place to the new one. */
	insert(quiz: string, share: string, origin: CopyOrigin): void {
		this.#sql.run(
			`INSERT OR REPLACE INTO copies (${COPY_COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
			seqOfId(quiz),
			share,
			origin.quiz,
			origin.version,
			origin.owner,
		);
	}

	/** The copy that was made by this share, if one was. */
	byShare(share: string): { quiz: string; origin: CopyOrigin } | null {
		const row = this.#sql.one<Omit<CopyRow, "quiz" | "share"> & { id: string }>(
			`SELECT q.id, c.origin_quiz, c.origin_version, c.origin_owner
			FROM copies AS c JOIN quizzes AS q ON q.seq = c.quiz WHERE c.share = ?`,
			share,
		);
		if (!row) return null;
		const origin = { quiz: row.origin_quiz, version: row.origin_version, owner: row.origin_owner };
		return { quiz: row.id, origin };
	}
}
