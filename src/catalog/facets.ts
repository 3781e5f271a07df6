import { FACET_TAGS_MAX, SEARCH_CANDIDATES_MAX } from "../domain/limits.ts";
import type { Audiences } from "./quizzes.ts";

/** How many of the matches have which tag, difficulty and source. */
export interface Facets {
	/** Matches that were counted: all of them, or the newest SEARCH_CANDIDATES_MAX. */
	counted: number;
	/** False where there may be more matches than were counted. */
	exact: boolean;
	tags: FacetCount[];
	difficulties: FacetCount[];
	sources: FacetCount[];
}

interface FacetCount {
	value: string;
	count: number;
}

export const FACETS = `WITH found AS MATERIALIZED (SELECT q.tags, q.difficulty, q.source
		FROM (SELECT rowid AS number FROM quiz_fts WHERE quiz_fts MATCH ?4 ORDER BY rowid DESC LIMIT ${SEARCH_CANDIDATES_MAX}) AS f
			CROSS JOIN quiz_texts AS t ON t.number = f.number
			CROSS JOIN quizzes AS q ON q.id = t.quiz AND q.audience IN (?1, ?2, ?3)),
	tags AS (SELECT tag.value AS value, count(*) AS count FROM found, json_each(found.tags) AS tag
		GROUP BY 1 ORDER BY count DESC, value LIMIT ${FACET_TAGS_MAX})
	SELECT 'tags' AS facet, value, count FROM tags
	UNION ALL SELECT 'difficulties', difficulty, count(*) FROM found GROUP BY difficulty
	UNION ALL SELECT 'sources', source, count(*) FROM found GROUP BY source
	UNION ALL SELECT 'counted', '', count(*) FROM found
	ORDER BY facet, count DESC, value`;

/** @param match what the list matches, its filters included */
export async function readFacets(db: D1DatabaseSession, audiences: Audiences, match: string): Promise<Facets> {
	const { results } = await db
		.prepare(FACETS)
		.bind(...audiences, match)
		.all<FacetCount & { facet: "tags" | "difficulties" | "sources" | "counted" }>();
	const of = (name: string): FacetCount[] =>
		results.flatMap(({ facet, value, count }) => (facet === name ? [{ value, count }] : []));
	const counted = of("counted")[0]?.count ?? 0;
	return {
		...{ counted, exact: counted < SEARCH_CANDIDATES_MAX },
		...{ tags: of("tags"), difficulties: of("difficulties"), sources: of("sources") },
	};
}
