import { z } from "zod";
import { SEARCH_CANDIDATES_MAX } from "../../domain/search/limits.ts";
import type { Expression } from "../../domain/search/search.ts";
import { type Audiences, COLUMNS, COLUMNS_OF_Q, columnsOf } from "../quizzes/quizzes.ts";
import { type Batch, type Candidate, candidateOf, type TextRow } from "./candidates.ts";
import { type Before, beforePositions, FROM_THE_NEWEST, found, quizzesAt, SCOPE, scopeOf, TURNS } from "./scopes.ts";

/** Lists of published quizzes, with and without filters, each in several orders. Ranked searches are in ranking.ts. */

export const SORTS = ["newest", "popular", "rating", "title"] as const;
export type Sort = (typeof SORTS)[number];

/** The column of each order, and which way it goes; then by id. */
const ORDERS = {
	newest: { column: "published_at", way: "DESC", before: "<", first: Number.MAX_SAFE_INTEGER },
	popular: { column: "popularity", way: "DESC", before: "<", first: Number.MAX_SAFE_INTEGER },
	rating: { column: "rating", way: "DESC", before: "<", first: Number.MAX_SAFE_INTEGER },
	title: { column: "title_key", way: "ASC", before: ">", first: "" },
} as const satisfies Record<Sort, { column: string; way: "ASC" | "DESC"; before: "<" | ">"; first: number | string }>;

/** One index search for each audience, merged; each reads no more rows than the page has. */
export function listQuery(sort: Sort): string {
	const { column, way, before } = ORDERS[sort];
	const order = `ORDER BY ${column} ${way}, id ${way} LIMIT ?6`;
	const one = (audience: string) => `SELECT ${COLUMNS}, place FROM (SELECT ${COLUMNS}, ${column} AS place FROM quizzes
		WHERE audience = ${audience} AND (${column}, id) ${before} (?4, ?5) ${order})`;
	const all = ["?1", "?2", "?3"].map(one).join(" UNION ALL ");
	return `SELECT ${COLUMNS}, place, '' AS texts FROM (${all}) ORDER BY place ${way}, id ${way} LIMIT ?6`;
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
	count: number,
): Promise<Batch> {
	const [, place, id] = after ?? [sort, ORDERS[sort].first, ""];
	const bound = db.prepare(listQuery(sort)).bind(...audiences, place, id, count);
	return listed(sort, (await bound.all<PlacedRow>()).results, count);
}

type PlacedRow = TextRow & { place: string | number };

function listed(sort: Sort, rows: readonly PlacedRow[], count: number): Batch {
	const candidates = rows.map(({ place, ...row }) => candidateOf(row, [sort, place, row.id]));
	return { candidates, rest: candidates.length === count ? (candidates.at(-1)?.position ?? null) : null };
}

/** Of each turn the newest matches, and how far down the places it has come; a turn without any has one row that says so. */
export const MATCHES_NEWEST = `WITH ${SCOPE}, ${found("?5")},
	matched AS MATERIALIZED (SELECT found.turn AS turn, p.place, t.questions AS texts, ${COLUMNS_OF_Q}
		FROM ${quizzesAt("found")} CROSS JOIN quiz_texts AS t ON t.quiz = q.id)
	SELECT scope.turn, low - base AS low, place - base AS number, texts, ${columnsOf("matched")}
	FROM scope LEFT JOIN matched ON matched.turn = scope.turn ORDER BY scope.turn, place DESC`;

export type NumberPosition = ["number", before: Before];
export const numberPosition: z.ZodType<NumberPosition> = z.tuple([z.literal("number"), beforePositions]);

type NewestRow = { turn: number; low: number } & ((TextRow & { number: number }) | { number: null });

/** What was read of a turn's matches, newest first. */
interface Matches {
	rows: (TextRow & { number: number })[];
	/** The place down to which the rows are all that there are; 0 where nothing is left below. */
	low: number;
	/** As many as were asked for: there may be more above `low` too. */
	isFull: boolean;
}

/**
 * What matches, newest first, after `after`. Exact, however long the list. Each audience is in the order in which the catalog came to
 * know of its quizzes, and of the next ones of each the one goes first that was published last.
 */
export async function newestMatches(
	db: D1DatabaseSession,
	audiences: Audiences,
	expression: Expression,
	after: NumberPosition | null,
	count: number,
): Promise<Batch> {
	const before: Before = [...(after?.[1] ?? FROM_THE_NEWEST)];
	const bound = db.prepare(MATCHES_NEWEST).bind(...audiences, scopeOf(audiences, expression, before), count);
	const turns = matchesOf((await bound.all<NewestRow>()).results, count);
	const candidates: Candidate[] = [];
	// Where the rows of a turn have come to an end and its quizzes have not, the next one is not known.
	while (candidates.length < count && !turns.some(({ rows, low }) => rows.length === 0 && low > 0)) {
		const turn = newestOf(turns);
		const next = turns[turn]?.rows.shift();
		if (!next) break;
		const { number, ...row } = next;
		before[turn] = number;
		candidates.push(candidateOf(row, ["number", [...before]]));
	}
	turns.forEach(({ rows, low, isFull }, turn) => {
		if (rows.length === 0 && !isFull) before[turn] = low + 1;
	});
	const isEnd = turns.every(({ rows, low, isFull }) => rows.length === 0 && !isFull && low === 0);
	return { candidates, rest: isEnd ? null : ["number", before] };
}

function matchesOf(results: readonly NewestRow[], count: number): Matches[] {
	return TURNS.map((turn) => {
		const ofTurn = results.filter((row) => row.turn === turn);
		const rows = ofTurn.flatMap(({ turn: _, low: __, ...row }) => (row.number === null ? [] : [row]));
		return { rows, low: ofTurn[0]?.low ?? 0, isFull: rows.length === count };
	});
}

/** The turn whose next quiz was published last. */
function newestOf(turns: readonly Matches[]): number {
	const published = turns.map(({ rows: [next] }) => next?.published_at ?? Number.NEGATIVE_INFINITY);
	return published.indexOf(Math.max(...published));
}

export function matchesQuery(sort: Sort): string {
	const { column, way, before } = ORDERS[sort];
	return `WITH ${SCOPE}, ${found(SEARCH_CANDIDATES_MAX)},
		page AS MATERIALIZED (SELECT q.id, q.${column} AS place FROM ${quizzesAt("found")}
			WHERE (q.${column}, q.id) ${before} (?5, ?6) ORDER BY q.${column} ${way}, q.id ${way} LIMIT ?7)
		SELECT ${COLUMNS_OF_Q}, page.place, t.questions AS texts FROM page CROSS JOIN quizzes AS q ON q.id = page.id
			CROSS JOIN quiz_texts AS t ON t.quiz = page.id ORDER BY page.place ${way}, page.id ${way}`;
}

/** What matches in another order; of very many matches the newest SEARCH_CANDIDATES_MAX of each audience. */
export async function sortedMatches(
	db: D1DatabaseSession,
	audiences: Audiences,
	expression: Expression,
	sort: Sort,
	after: SortPosition | null,
	count: number,
): Promise<Batch> {
	const [, place, id] = after ?? [sort, ORDERS[sort].first, ""];
	const scope = scopeOf(audiences, expression, FROM_THE_NEWEST);
	const bound = db.prepare(matchesQuery(sort)).bind(...audiences, scope, place, id, count);
	return listed(sort, (await bound.all<PlacedRow>()).results, count);
}
