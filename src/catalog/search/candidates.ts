import { SEARCH_READ_QUIZZES, SEARCH_READS_MAX } from "../../domain/search/limits.ts";
import { mustBeRead, type Search } from "../../domain/search/search.ts";
import { isMeant, type QuizTexts, type Snippet, snippetOf } from "../../domain/search/snippets.ts";
import { type CatalogQuiz, type CatalogRow, catalogQuizOf } from "../quizzes/quizzes.ts";

/** From what the index finds to a page of what is meant. */

/** Where a list goes on. */
export type ListPosition = readonly (string | number | readonly number[])[];

export interface Candidate {
	quiz: CatalogQuiz;
	/** The texts of its questions; empty in a list that nothing is searched in. */
	questions: string;
	/** After which the list goes on behind this quiz. */
	position: ListPosition;
}

export interface Batch {
	candidates: Candidate[];
	/** Where the list goes on, null at its end. A batch may be short and still not be the last one. */
	rest: ListPosition | null;
}

/** The next so many candidates of a list, after a position of it or from its beginning. */
export type Read = (db: D1DatabaseSession, after: ListPosition | null, count: number) => Promise<Batch>;

/** A row of a quiz with the texts of its questions. */
export type TextRow = CatalogRow & { texts: string };

export function candidateOf({ texts, ...row }: TextRow, position: ListPosition): Candidate {
	return { quiz: catalogQuizOf(row), questions: texts, position };
}

export interface Found {
	quiz: CatalogQuiz;
	snippet: Snippet | null;
}

export interface FoundPage {
	found: Found[];
	next: ListPosition | null;
}

const textsOf = ({ quiz, questions }: Candidate): QuizTexts => ({
	title: quiz.title,
	description: quiz.description,
	questions,
	tags: quiz.tags.join(", "),
});

/** Those of a list that are meant, as many as there are at once. */
export async function readMeant(
	db: D1DatabaseSession,
	read: Read,
	search: Search,
	after: ListPosition | null,
	count: number,
): Promise<Batch> {
	const { candidates, rest } = await read(db, after, count);
	if (!mustBeRead(search)) return { candidates, rest };
	return { candidates: candidates.filter((candidate) => isMeant(search, textsOf(candidate))), rest };
}

/**
 * A page of a list. What the index cannot tell is read and looked at, some quizzes at a time and only so often: the page may then be short, or
 * even empty, and still have a next one.
 */
export async function readPage(
	db: D1DatabaseSession,
	read: Read,
	search: Search | null,
	after: ListPosition | null,
	limit: number,
): Promise<FoundPage> {
	const count = Math.max(limit + 1, search && mustBeRead(search) ? SEARCH_READ_QUIZZES : 0);
	const page: Candidate[] = [];
	let rest = after;
	for (let times = 0; times < SEARCH_READS_MAX; times++) {
		const batch = await readMeant(db, read, search ?? [], rest, count);
		page.push(...batch.candidates);
		rest = batch.rest;
		if (page.length > limit || rest === null) break;
	}
	const shown = page.slice(0, limit);
	const next = page.length > limit ? (shown.at(-1)?.position ?? null) : rest;
	return { found: shown.map((candidate) => foundOf(candidate, search)), next };
}

function foundOf(candidate: Candidate, search: Search | null): Found {
	return { quiz: candidate.quiz, snippet: search && snippetOf(search, textsOf(candidate)) };
}
