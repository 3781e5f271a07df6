import type { QuizContent, Visibility } from "../../domain/quizzes/quiz.ts";
import type { Claim } from "../../domain/quizzes/slugs.ts";
import type { QuizStatus } from "../../domain/quizzes/workflow.ts";

/** What a quiz is a copy of; `version` is null for a copy of the draft. */
export interface Origin {
	owner: string;
	quiz: string;
	version: number | null;
}

/** An authored quiz, without its content. */
export interface QuizHead {
	id: string;
	status: QuizStatus;
	visibility: Visibility | null;
	/** Grows with every change of the draft; `etag` is made of it. */
	revision: number;
	etag: string;
	title: string;
	/** The slug that it claimed last. Which address that is, the catalog says. */
	slug: string | null;
	/** Hash of the draft's content. */
	content_hash: string;
	version: number;
	/** Hash of the version that was published last, and of its content as the draft had it. */
	version_hash: string | null;
	published_hash: string | null;
	origin: Origin | null;
	created_at: number;
	updated_at: number;
	published_at: number | null;
	/** It is purged 30 days later. */
	deleted_at: number | null;
}

export interface AuthoredQuiz extends QuizHead {
	content: QuizContent;
}

/** A row of `quizzes` without its content. */
export interface QuizRow extends Omit<QuizHead, "etag" | "content_hash" | "slug" | "origin"> {
	seq: number;
	created_by: number;
	draft_hash: string;
	slugs: string;
	origin: string | null;
}

/** The row of the log that created a quiz; of older ones it is their key. */
export const CREATED_BY = "coalesce(created_by, seq)";

const COLUMNS = `seq, id, status, visibility, revision, title, slugs, draft_hash, version, version_hash, origin, created_at,
	updated_at, published_at, deleted_at`;
/** The columns of a QuizRow that the log determines. */
export const RECORD = `${COLUMNS}, ${CREATED_BY} AS created_by`;
/** All of them; a version of before there were nonces has the hash of its draft. */
export const HEAD = `${RECORD}, (SELECT coalesce(v.draft_hash, v.hash) FROM quiz_versions AS v
	WHERE v.quiz = quizzes.seq AND v.number = quizzes.version) AS published_hash`;

/** The revision names a draft of the quiz; a hash of it would let what it says be guessed. */
export const quizEtag = (revision: number): string => `"${revision}"`;

export function headOf({ seq: _, created_by: __, draft_hash, slugs, origin, ...row }: QuizRow): QuizHead {
	const claims: Claim[] = JSON.parse(slugs);
	return {
		...row,
		content_hash: draft_hash,
		etag: quizEtag(row.revision),
		slug: claims.at(-1)?.[0] ?? null,
		origin: origin === null ? null : JSON.parse(origin),
	};
}
