import { seqOfId } from "../domain/ids.ts";
import type { FrozenContent, QuizContent, Visibility } from "../domain/quiz.ts";
import type { Sql } from "./sql.ts";

/** An authored quiz, without its content. */
export interface QuizHead {
	id: string;
	status: "draft" | "published" | "withdrawn";
	visibility: Visibility | null;
	/** Grows with every change of the draft; `etag` is made of it. */
	revision: number;
	etag: string;
	title: string;
	/** Hash of the draft's content, and of the version that was published last. */
	content_hash: string;
	version: number;
	version_hash: string | null;
	created_at: number;
	updated_at: number;
	published_at: number | null;
}

export interface AuthoredQuiz extends QuizHead {
	content: QuizContent;
}

interface QuizRow extends Omit<QuizHead, "etag" | "content_hash"> {
	seq: number;
	draft_hash: string;
}

const HEAD = `seq, id, status, visibility, revision, title, draft_hash, version, version_hash,
	created_at, updated_at, published_at`;

/** The SQL of authored quizzes and their versions. */
export class Quizzes {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	count(): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM quizzes")?.n ?? 0;
	}

	insert(seq: number, id: string, title: string, draft: FrozenContent, at: number): void {
		this.#sql.run(
			`INSERT INTO quizzes (seq, id, status, revision, title, draft, draft_hash, created_at, updated_at)
			VALUES (?, ?, 'draft', 1, ?, ?, ?, ?, ?)`,
			...[seq, id, title, draft.text, draft.hash, at, at],
		);
	}

	revise(id: string, title: string, draft: FrozenContent, at: number): void {
		this.#sql.run(
			"UPDATE quizzes SET revision = revision + 1, title = ?, draft = ?, draft_hash = ?, updated_at = ? WHERE seq = ?",
			...[title, draft.text, draft.hash, at, seqOfId(id)],
		);
	}

	head(id: string): QuizHead | null {
		const row = this.#sql.one<QuizRow>(`SELECT ${HEAD} FROM quizzes WHERE seq = ?`, seqOfId(id));
		return row?.id === id ? headOf(row) : null;
	}

	get(id: string): AuthoredQuiz | null {
		const head = this.head(id);
		return head && { ...head, content: JSON.parse(this.draftText(id)) };
	}

	draftText(id: string): string {
		return this.#sql.one<{ draft: string }>("SELECT draft FROM quizzes WHERE seq = ?", seqOfId(id))?.draft ?? "";
	}

	/** Newest first, those before row `before`. */
	list(before: number, limit: number): { seq: number; quiz: QuizHead }[] {
		const query = `SELECT ${HEAD} FROM quizzes WHERE seq < ? ORDER BY seq DESC LIMIT ?`;
		return this.#sql.all<QuizRow>(query, before, limit).map((row) => ({ seq: row.seq, quiz: headOf(row) }));
	}

	/** Makes the draft the current version; a new one unless it is the same content as the last. */
	publish(quiz: QuizHead, visibility: Visibility, at: number): number {
		const seq = seqOfId(quiz.id);
		const number = quiz.version_hash === quiz.content_hash ? quiz.version : quiz.version + 1;
		if (number > quiz.version) {
			this.#sql.run(
				`INSERT INTO quiz_versions (quiz, number, hash, content, published_at)
				SELECT seq, ?, draft_hash, draft, ? FROM quizzes WHERE seq = ?`,
				...[number, at, seq],
			);
		}
		this.#sql.run(
			`UPDATE quizzes SET status = 'published', visibility = ?, version = ?, version_hash = draft_hash,
			published_at = coalesce(published_at, ?), updated_at = ? WHERE seq = ?`,
			...[visibility, number, at, at, seq],
		);
		return number;
	}

	withdraw(id: string, at: number): void {
		this.#sql.run("UPDATE quizzes SET status = 'withdrawn', updated_at = ? WHERE seq = ?", at, seqOfId(id));
	}
}

function headOf({ seq: _, draft_hash, ...row }: QuizRow): QuizHead {
	return { ...row, content_hash: draft_hash, etag: `"${row.revision}-${draft_hash.slice(0, 16)}"` };
}
