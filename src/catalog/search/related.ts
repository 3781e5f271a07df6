import { SEARCH_RARE_MAX } from "../../domain/search/limits.ts";
import { expressionOf, likenessOf } from "../../domain/search/search.ts";
import { type Audiences, type CatalogQuiz, type CatalogRow, COLUMNS_OF_Q, catalogQuizOf } from "../quizzes/quizzes.ts";
import { countOf, FROM_THE_NEWEST, quizzesAt, READER, scopeOf, TURNS } from "./scopes.ts";

/** Quizzes like one. */

/** The quizzes of a turn that have one of the things, and what having it is worth. */
const alike = (turn: number) => {
	const table = turn === 2 ? "search_public" : "search_closed";
	return `SELECT rowid AS place, 1.0 / things.n AS worth FROM things CROSS JOIN ${table}
		WHERE things.turn = ${turn} AND ${table} MATCH things.value AND rowid > things.base AND rowid <= things.top`;
};

/** One frequent thing, where none is rare: the newest that have it. */
const newest = (turn: number) => {
	const table = turn === 2 ? "search_public" : "search_closed";
	const ofTurn = (column: string) => `(SELECT ${column} FROM frequent WHERE turn = ${turn})`;
	return `SELECT place, worth FROM (SELECT rowid AS place, 0 AS worth FROM ${table} WHERE ${table} MATCH coalesce(${ofTurn("value")}, '""')
		AND rowid > ${ofTurn("base")} AND rowid <= ${ofTurn("top")} ORDER BY rowid DESC LIMIT ?6)`;
};

/**
 * In each audience a thing counts the more the fewer quizzes have it, and one that more than SEARCH_RARE_MAX have says nothing. The last are
 * those that have the first of the frequent things, a tag if there is one: a plain word of the index, which costs no more than what is shown.
 */
export const RELATED = `WITH ${READER},
	counted AS MATERIALIZED (SELECT turn, base, top, key, value, n FROM (SELECT reader.turn AS turn, reader.base AS base, reader.top AS top, thing.key AS key, thing.value AS value,
			${countOf("thing.value")} AS n FROM reader CROSS JOIN json_each(?4, '$.likeness') AS thing WHERE reader.top IS NOT NULL)),
	things AS MATERIALIZED (SELECT turn, base, top, value, n FROM counted WHERE n BETWEEN 1 AND ${SEARCH_RARE_MAX}),
	frequent AS MATERIALIZED (SELECT turn, base, top, value, min(key) FROM counted WHERE n > ${SEARCH_RARE_MAX} GROUP BY turn),
	alike AS (${TURNS.map(alike).join(" UNION ALL ")}),
	newest AS (${TURNS.map(newest).join(" UNION ALL ")}),
	best AS MATERIALIZED (SELECT place, sum(worth) AS score FROM (SELECT place, worth FROM alike UNION ALL SELECT place, worth FROM newest)
		GROUP BY place ORDER BY score DESC, place DESC LIMIT ?6)
	SELECT ${COLUMNS_OF_Q} FROM ${quizzesAt("best")} WHERE q.id <> ?5 ORDER BY best.score DESC, q.published_at DESC, q.id`;

/** The quizzes most like this one that the audiences may see. */
export async function relatedQuizzes(
	db: D1DatabaseSession,
	audiences: Audiences,
	quiz: { id: string; tags: readonly string[]; title: string },
	limit: number,
): Promise<CatalogQuiz[]> {
	const scope = {
		...JSON.parse(scopeOf(audiences, expressionOf({}, []), FROM_THE_NEWEST)),
		likeness: likenessOf(quiz),
	};
	// One more, since the quiz itself is like itself.
	const bound = db.prepare(RELATED).bind(...audiences, JSON.stringify(scope), quiz.id, limit + 1);
	return (await bound.all<CatalogRow>()).results.map(catalogQuizOf).slice(0, limit);
}
