import { mintId, randomRow, seqOfId } from "../../domain/ids.ts";
import { SCAN_ROWS_MAX } from "../../domain/limits.ts";
import { QUIZ_DELETED_KEPT_MS } from "../../domain/quizzes/limits.ts";
import { contentIn, type FrozenContent, type Visibility } from "../../domain/quizzes/quiz.ts";
import type { Claim } from "../../domain/quizzes/slugs.ts";
import type { QuizStatus } from "../../domain/quizzes/workflow.ts";
import type { Sql } from "../engine/sql.ts";
import {
	type AuthoredQuiz,
	CREATED_BY,
	HEAD,
	headOf,
	type Origin,
	type QuizHead,
	type QuizRow,
	RECORD,
} from "./quiz-rows.ts";

/** Nothing changes while a quiz is deleted, so a row in which the two differ is damaged and must not be purged. */
const IS_DELETED = "deleted_at IS NOT NULL AND deleted_at = updated_at";

/** Which of the own quizzes a list shows. */
export interface QuizFilter {
	status?: QuizStatus | undefined;
	deleted: boolean;
}

/** The SQL of authored quizzes. */
export class Quizzes {
	readonly #sql: Sql;
	/** When the first deleted quiz is to be purged; undefined where it must be looked up anew. A cache. */
	#nextPurgeAt: number | null | undefined;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	count(): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM quizzes")?.n ?? 0;
	}

	/** Without those that are deleted. */
	countKept(): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM quizzes WHERE deleted_at IS NULL")?.n ?? 0;
	}

	/** An id that nothing can be told by: it begins with a random row that is free. */
	newId(): string {
		for (;;) {
			const row = randomRow(crypto.getRandomValues(new Uint8Array(5)));
			const isFree = row > 0 && !this.#sql.one("SELECT seq FROM quizzes WHERE seq = ?", row);
			if (isFree) return mintId("quiz", row, crypto.getRandomValues(new Uint8Array(10)));
		}
	}

	/** @param created_by the row of the log */
	insert(created_by: number, id: string, title: string, draft: FrozenContent, origin: Origin | null, at: number): void {
		this.#sql.run(
			`INSERT INTO quizzes (seq, id, status, revision, title, draft, draft_hash, origin, created_at, updated_at, created_by)
			VALUES (?, ?, 'draft', 1, ?, ?, ?, ?, ?, ?, ?)`,
			seqOfId(id),
			id,
			title,
			draft.text,
			draft.hash,
			origin && JSON.stringify(origin),
			at,
			at,
			created_by,
		);
	}

	revise(id: string, status: QuizStatus, title: string, draft: FrozenContent, at: number): void {
		this.#sql.run(
			`UPDATE quizzes SET revision = revision + 1, status = ?, title = ?, draft = ?, draft_hash = ?, updated_at = ?
			WHERE seq = ?`,
			status,
			title,
			draft.text,
			draft.hash,
			at,
			seqOfId(id),
		);
	}

	head(id: string): QuizHead | null {
		const row = this.#sql.one<QuizRow>(`SELECT ${HEAD} FROM quizzes WHERE seq = ?`, seqOfId(id));
		return row?.id === id ? headOf(row) : null;
	}

	get(id: string): AuthoredQuiz | null {
		const head = this.head(id);
		return head && { ...head, content: contentIn(this.draftText(id)) };
	}

	draftText(id: string): string {
		return this.#sql.one<{ draft: string }>("SELECT draft FROM quizzes WHERE seq = ?", seqOfId(id))?.draft ?? "";
	}

	/** The title of the draft, or of the version that was published last. */
	titleFor(id: string, what: "draft" | "version"): string {
		const version = `SELECT v.content ->> '$.title' AS title FROM quizzes AS q
			JOIN quiz_versions AS v ON v.quiz = q.seq AND v.number = q.version WHERE q.seq = ?`;
		const query = what === "draft" ? "SELECT title FROM quizzes WHERE seq = ?" : version;
		return this.#sql.one<{ title: string }>(query, seqOfId(id))?.title ?? "";
	}

	/** Newest first, those that were created before row `before` of the log. Looks at no more than SCAN_ROWS_MAX rows; `next` is null at the end. */
	list({ status, deleted }: QuizFilter, before: number, limit: number): { items: QuizHead[]; next: number | null } {
		const query = `SELECT ${HEAD} FROM (SELECT ${RECORD} FROM quizzes WHERE ${CREATED_BY} < ?1 ORDER BY ${CREATED_BY} DESC LIMIT ?2) AS quizzes
			WHERE (deleted_at IS NOT NULL) = ?3 AND (?4 IS NULL OR status = ?4) LIMIT ?5`;
		const bindings = [before, SCAN_ROWS_MAX, Number(deleted), status ?? null, limit + 1];
		const rows = this.#sql.all<QuizRow>(query, ...bindings);
		const items = rows.slice(0, limit).map(headOf);
		if (rows.length > limit) return { items, next: rows[limit - 1]?.created_by ?? null };
		const oldest = `SELECT ${CREATED_BY} AS row FROM quizzes WHERE ${CREATED_BY} < ? ORDER BY ${CREATED_BY} DESC LIMIT 1 OFFSET ?`;
		return { items, next: this.#sql.one<{ row: number }>(oldest, before, SCAN_ROWS_MAX - 1)?.row ?? null };
	}

	/**
	 * Makes the draft the current version; a new one unless it is the same content as the last.
	 * @param frozen the draft with its nonce
	 */
	publish(quiz: QuizHead, { hash, text }: { hash: string; text: string }, visibility: Visibility, at: number): number {
		const seq = seqOfId(quiz.id);
		const number = quiz.published_hash === quiz.content_hash ? quiz.version : quiz.version + 1;
		if (number > quiz.version) {
			this.#sql.run(
				`INSERT INTO quiz_versions (quiz, number, hash, content, published_at, draft_hash)
				VALUES (?, ?, ?, ?, ?, ?)`,
				seq,
				number,
				hash,
				text,
				at,
				hash === quiz.content_hash ? null : quiz.content_hash,
			);
		}
		this.#sql.run(
			`UPDATE quizzes SET status = 'published', visibility = ?, version = ?, version_hash = ?,
			published_at = coalesce(published_at, ?), updated_at = ? WHERE seq = ?`,
			visibility,
			number,
			hash,
			at,
			at,
			seq,
		);
		return number;
	}

	setStatus(id: string, status: QuizStatus, at: number): void {
		this.#sql.run("UPDATE quizzes SET status = ?, updated_at = ? WHERE seq = ?", status, at, seqOfId(id));
	}

	/** The slugs that the quiz claimed, the one in use last. */
	claims(id: string): Claim[] {
		const row = this.#sql.one<{ slugs: string }>("SELECT slugs FROM quizzes WHERE seq = ?", seqOfId(id));
		return row ? JSON.parse(row.slugs) : [];
	}

	setClaims(id: string, claims: readonly Claim[], at: number): void {
		const query = "UPDATE quizzes SET slugs = ?, updated_at = ? WHERE seq = ?";
		this.#sql.run(query, JSON.stringify(claims), at, seqOfId(id));
	}

	/** @param deleted_at null to undelete it */
	setDeleted(id: string, status: QuizStatus, deleted_at: number | null, at: number): void {
		const query = "UPDATE quizzes SET status = ?, deleted_at = ?, updated_at = ? WHERE seq = ?";
		this.#sql.run(query, status, deleted_at, at, seqOfId(id));
		this.#nextPurgeAt = undefined;
	}

	/** When the next deleted quiz is to be purged, null if there is none. */
	nextPurgeAt(): number | null {
		if (this.#nextPurgeAt === undefined) {
			const query = `SELECT deleted_at FROM quizzes WHERE ${IS_DELETED} ORDER BY deleted_at LIMIT 1`;
			const first = this.#sql.one<{ deleted_at: number }>(query);
			this.#nextPurgeAt = first && first.deleted_at + QUIZ_DELETED_KEPT_MS;
		}
		return this.#nextPurgeAt;
	}

	/** Must be called after a transaction was undone. */
	forgetCache(): void {
		this.#nextPurgeAt = undefined;
	}

	/** Those that are to be purged by `now`, longest deleted first. */
	toPurge(now: number, limit: number): { id: string; deleted_at: number }[] {
		const query = `SELECT id, deleted_at FROM quizzes WHERE ${IS_DELETED} AND deleted_at <= ?
			ORDER BY deleted_at, seq LIMIT ?`;
		return this.#sql.all<{ id: string; deleted_at: number }>(query, now - QUIZ_DELETED_KEPT_MS, limit);
	}

	/** The quiz with all of its versions. */
	purge(id: string): void {
		this.#sql.run("DELETE FROM quiz_versions WHERE quiz = ?", seqOfId(id));
		this.#sql.run("DELETE FROM quizzes WHERE seq = ?", seqOfId(id));
		this.#nextPurgeAt = undefined;
	}
}
