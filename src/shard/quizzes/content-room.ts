import { CONTENT_BYTES_PER_USER_MAX } from "../../domain/quizzes/limits.ts";
import { refused } from "../../domain/result.ts";
import type { Sql } from "../engine/sql.ts";

/**
 * How many bytes all drafts and versions have. What copies a content, as a publication, a duplicate or a share does, stores
 * much for a short request, so all of it together has a limit. Counted once, and then kept in memory.
 */
export class ContentRoom {
	readonly #sql: Sql;
	/** Undefined where it must be counted. */
	#bytes: number | undefined;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Must be called after a transaction was undone, and after contents were removed. */
	forgetCache(): void {
		this.#bytes = undefined;
	}

	bytes(): number {
		if (this.#bytes === undefined) {
			const query = `SELECT (SELECT coalesce(sum(octet_length(draft)), 0) FROM quizzes)
				+ (SELECT coalesce(sum(octet_length(content)), 0) FROM quiz_versions) AS bytes`;
			this.#bytes = this.#sql.one<{ bytes: number }>(query)?.bytes ?? 0;
		}
		return this.#bytes;
	}

	/** Why there is no room for so many bytes more; null if there is. Fewer bytes always find room. */
	refusal(more: number) {
		if (more <= 0 || this.bytes() + more <= CONTENT_BYTES_PER_USER_MAX) return null;
		const detail = `A user's quizzes and their versions have at most ${CONTENT_BYTES_PER_USER_MAX} bytes; ${this.bytes()} are taken.`;
		return refused({ code: "conflict", detail });
	}

	/** Counts what has been stored, or replaced, in the same transaction. */
	add(more: number): void {
		if (this.#bytes !== undefined) this.#bytes += more;
	}
}
