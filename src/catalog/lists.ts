import { z } from "zod";
import { SEARCH_CANDIDATES_MAX } from "../domain/limits.ts";
import { type Audiences, type CatalogQuiz, COLUMNS, COLUMNS_OF_Q, type QuizRow, quizOf } from "./quizzes.ts";

/** Lists of published quizzes, with and without filters, each in several orders. Ranked searches are in ranking.ts. */

/** The column of each order, and which way it goes; then by id. */
const ORDERS = {
	newest: { column: "published_at", way: "DESC", before: "<", first: Number.MAX_SAFE_INTEGER },
	popular: { column: "popularity", way: "DESC", before: "<", first: Number.MAX_SAFE_INTEGER },
	rating: { column: "rating", way: "DESC", before: "<", first: Number.MAX_SAFE_INTEGER },
	title: { column: "title_key", way: "ASC", before: ">", first: "" },
} as const;
export type Sort = keyof typeof ORDERS;
export const SORTS = ["newest", "popular", "rating", "title"] as const satisfies readonly Sort[];

/** A quiz of a list, and the position after which the list goes on. */
export interface Listed {
	quiz: CatalogQuiz;
	position: readonly (string | number | readonly number[])[];
}

/** One index search for each audience, merged; each reads no more rows than the page has. */
export function listQuery(sort: Sort): string {
	const { column, way, before } = ORDERS[sort];
	const order = `ORDER BY ${column} ${way}, id ${way} LIMIT ?6`;
	const one = (audience: string) => `SELECT ${COLUMNS}, place FROM (SELECT ${COLUMNS}, ${column} AS place FROM quizzes
		WHERE audience = ${audience} AND (${column}, id) ${before} (?4, ?5) ${order})`;
	return `${["?1", "?2", "?3"].map(one).join(" UNION ALL ")} ORDER BY place ${way}, id ${way} LIMIT ?6`;
}

export type SortPosition = [sort: Sort, place: string | number, id: string];
export const sortPosition = (sort: Sort): z.ZodType<SortPosition> =>
	z.tuple([z.literal(sort), sort === "title" ? z.string() : z.int(), z.string()]);

/** Every quiz that the audiences see, after `after`. Exact, however long the list. */
export async function listQuizzes(
	db: D1DatabaseSession,
	audiences: Audiences,
	sort: Sort,
	after: SortPosition | null,
	limit: number,
): Promise<Listed[]> {
	const [, place, id] = after ?? [sort, ORDERS[sort].first, ""];
	const bound = db.prepare(listQuery(sort)).bind(...audiences, place, id, limit);
	return listed(sort, (await bound.all<PlacedRow>()).results);
}

type PlacedRow = QuizRow & { place: string | number };

const listed = (sort: Sort, rows: readonly PlacedRow[]): Listed[] =>
	rows.map(({ place, ...row }) => ({ quiz: quizOf(row), position: [sort, place, row.id] }));

/** Matches in the order in which the catalog came to know of them, newest first, from the end of the index. */
export const MATCHES_NEWEST = `SELECT ${COLUMNS_OF_Q}, f.number AS place
	FROM (SELECT rowid AS number FROM quiz_fts WHERE quiz_fts MATCH ?4 AND rowid < ?5 ORDER BY rowid DESC LIMIT ?6) AS f
		CROSS JOIN quiz_texts AS t ON t.number = f.number
		CROSS JOIN quizzes AS q ON q.id = t.quiz AND q.audience IN (?1, ?2, ?3)
	ORDER BY f.number DESC`;

export type NumberPosition = ["number", number: number];
export const numberPosition: z.ZodType<NumberPosition> = z.tuple([z.literal("number"), z.int().min(1)]);

/** What matches, newest first, after `after`. Exact, however long the list. */
export async function newestMatches(
	db: D1DatabaseSession,
	audiences: Audiences,
	match: string,
	after: NumberPosition | null,
	limit: number,
): Promise<Listed[]> {
	const before = after?.[1] ?? Number.MAX_SAFE_INTEGER;
	const bound = db.prepare(MATCHES_NEWEST).bind(...audiences, match, before, limit);
	const { results } = await bound.all<PlacedRow>();
	return results.map(({ place, ...row }) => ({ quiz: quizOf(row), position: ["number", place] }));
}

export function matchesQuery(sort: Sort): string {
	const { column, way, before } = ORDERS[sort];
	return `SELECT ${COLUMNS_OF_Q}, q.${column} AS place
		FROM (SELECT rowid AS number FROM quiz_fts WHERE quiz_fts MATCH ?4 ORDER BY rowid DESC LIMIT ${SEARCH_CANDIDATES_MAX}) AS f
			CROSS JOIN quiz_texts AS t ON t.number = f.number
			CROSS JOIN quizzes AS q ON q.id = t.quiz AND q.audience IN (?1, ?2, ?3)
		WHERE (q.${column}, q.id) ${before} (?5, ?6) ORDER BY q.${column} ${way}, q.id ${way} LIMIT ?7`;
}

/** What matches in another order; of very many matches the newest SEARCH_CANDIDATES_MAX. */
export async function sortedMatches(
	db: D1DatabaseSession,
	audiences: Audiences,
	match: string,
	sort: Sort,
	after: SortPosition | null,
	limit: number,
): Promise<Listed[]> {
	const [, place, id] = after ?? [sort, ORDERS[sort].first, ""];
	const bound = db.prepare(matchesQuery(sort)).bind(...audiences, match, place, id, limit);
	return listed(sort, (await bound.all<PlacedRow>()).results);
}
