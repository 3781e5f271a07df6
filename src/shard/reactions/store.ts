import type { Reaction } from "../../domain/reactions/reactions.ts";
import type { Sql } from "../engine/sql.ts";

/** A quiz that the user has among the favourites, or likes, and since when. */
export interface Reacted {
	quiz: string;
	seq: number;
	at: number;
}

/** The SQL of favourites and likes. */
export class Reactions {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	get(kind: Reaction, quiz: string): Reacted | null {
		return this.#sql.one("SELECT quiz, seq, at FROM reactions WHERE kind = ? AND quiz = ?", kind, quiz);
	}

	/** Whether there are as many of the kind as `limit`, or more. */
	reaches(kind: Reaction, limit: number): boolean {
		return this.#sql.one("SELECT seq FROM reactions WHERE kind = ? LIMIT 1 OFFSET ?", kind, limit - 1) !== null;
	}

	count(kind: Reaction): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM reactions WHERE kind = ?", kind)?.n ?? 0;
	}

	insert(kind: Reaction, quiz: string, seq: number, at: number): void {
		this.#sql.run("INSERT INTO reactions (kind, quiz, seq, at) VALUES (?, ?, ?, ?)", kind, quiz, seq, at);
	}

	remove(kind: Reaction, quiz: string): void {
		this.#sql.run("DELETE FROM reactions WHERE kind = ? AND quiz = ?", kind, quiz);
	}

	/** Newest first, those before row `before`. */
	list(kind: Reaction, before: number, limit: number): Reacted[] {
		const query = "SELECT quiz, seq, at FROM reactions WHERE kind = ? AND seq < ? ORDER BY seq DESC LIMIT ?";
		return this.#sql.all<Reacted>(query, kind, before, limit);
	}
}
