import {
	FACET_TAGS_MAX,
	SEARCH_CANDIDATES_MAX,
	SEARCH_READ_QUIZZES,
	SEARCH_READS_MAX,
} from "../../domain/search/limits.ts";
import type { Expression, Search } from "../../domain/search/search.ts";
import type { Audiences } from "../quizzes/quizzes.ts";
import { type Candidate, type ListPosition, type Read, readMeant } from "./candidates.ts";
import { FROM_THE_NEWEST, found, quizzesAt, SCOPE, scopeOf } from "./scopes.ts";

/** How many of the matches have which tag, difficulty and source. */
export interface Facets {
	/** Matches that were counted: all of them, or the newest SEARCH_CANDIDATES_MAX of each audience. */
	counted: number;
	/** False where there may be more matches than were counted. */
	exact: boolean;
	by_tag: FacetCount[];
	by_difficulty: FacetCount[];
	by_source: FacetCount[];
}

interface FacetCount {
	value: string;
	count: number;
}

export const NO_FACETS: Facets = { counted: 0, exact: true, by_tag: [], by_difficulty: [], by_source: [] };

/** Turns of which there may be more than was found. */
const INCOMPLETE = `SELECT count(*) FROM scope
	WHERE low > base OR (SELECT count(*) FROM found WHERE found.turn = scope.turn) >= ${SEARCH_CANDIDATES_MAX}`;

export const FACETS = `WITH ${SCOPE}, ${found(SEARCH_CANDIDATES_MAX)},
	seen AS MATERIALIZED (SELECT q.tags, q.difficulty, q.source FROM ${quizzesAt("found")}),
	tags AS (SELECT tag.value AS value, count(*) AS count FROM seen, json_each(seen.tags) AS tag
		GROUP BY 1 ORDER BY count DESC, value LIMIT ${FACET_TAGS_MAX})
	SELECT 'tags' AS facet, value, count FROM tags
	UNION ALL SELECT 'difficulties', difficulty, count(*) FROM seen GROUP BY difficulty
	UNION ALL SELECT 'sources', source, count(*) FROM seen GROUP BY source
	UNION ALL SELECT 'counted', '', count(*) FROM seen
	UNION ALL SELECT 'incomplete', '', (${INCOMPLETE})
	ORDER BY facet, count DESC, value`;

type FacetRow = FacetCount & { facet: "tags" | "difficulties" | "sources" | "counted" | "incomplete" };

/** @param expression what the list matches, its filters included */
export async function readFacets(db: D1DatabaseSession, audiences: Audiences, expression: Expression): Promise<Facets> {
	const bound = db.prepare(FACETS).bind(...audiences, scopeOf(audiences, expression, FROM_THE_NEWEST));
	const { results } = await bound.all<FacetRow>();
	const of = (name: string): FacetCount[] =>
		results.flatMap(({ facet, value, count }) => (facet === name ? [{ value, count }] : []));
	return {
		counted: of("counted")[0]?.count ?? 0,
		exact: of("incomplete")[0]?.count === 0,
		by_tag: of("tags"),
		by_difficulty: of("difficulties"),
		by_source: of("sources"),
	};
}

/** The same of a search whose matches have to be read: of as many as one page may read. */
export async function countFacets(db: D1DatabaseSession, read: Read, search: Search): Promise<Facets> {
	const all: Candidate[] = [];
	let rest: ListPosition | null = null;
	for (let times = 0; times < SEARCH_READS_MAX; times++) {
		const batch = await readMeant(db, read, search, rest, SEARCH_READ_QUIZZES);
		all.push(...batch.candidates);
		rest = batch.rest;
		if (rest === null) break;
	}
	const quizzes = all.map(({ quiz }) => quiz);
	return {
		counted: quizzes.length,
		exact: rest === null,
		by_tag: counted(quizzes.flatMap(({ tags }) => tags)).slice(0, FACET_TAGS_MAX),
		by_difficulty: counted(quizzes.map(({ difficulty }) => difficulty)),
		by_source: counted(quizzes.map(({ source }) => source)),
	};
}

/** How often each value is there: the most frequent first, equals by their UTF-8 bytes as the engine has them. */
function counted(values: readonly string[]): FacetCount[] {
	const counts = new Map<string, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return [...counts]
		.map(([value, count]) => ({ value, count }))
		.sort((a, b) => b.count - a.count || Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)));
}
