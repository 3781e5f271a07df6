import { z } from "zod";
import { RANK_ANCHORS_MAX, RELATED_CANDIDATES_MAX, SEARCH_CANDIDATES_MAX, SEARCH_FEW_MAX } from "../domain/limits.ts";
import type { Listed } from "./lists.ts";
import { type Audiences, type CatalogQuiz, COLUMNS_OF_Q, type QuizRow, quizOf } from "./quizzes.ts";

/** Searches in the order of relevance, and related quizzes. */

/** Of title, tags, description, questions' texts, labels. */
const WEIGHTS = "16.0, 8.0, 3.0, 1.0, 0.0";

/** Two expressions for what matches: whoever it is for, and only what is for the reader. */
export interface Match {
	anyones: string;
	readers: string;
}

const matches = (columns: string, match: string, max: string | number) =>
	`SELECT ${columns} FROM quiz_fts WHERE quiz_fts MATCH ${match} AND rowid <= ?4 ORDER BY rowid DESC LIMIT ${max}`;

const SCORED = `rowid AS number, bm25(quiz_fts, ${WEIGHTS}) AS score`;

/** The audience of a row of `quiz_texts`, as the index has it, is one of ?1 to ?3. */
const IS_READERS = `substr(t.labels, 1, instr(t.labels, ' ') - 1)
	IN ('a' || lower(hex(?1)), 'a' || lower(hex(?2)), 'a' || lower(hex(?3)))`;

/** Whether few quizzes match, whoever they are for. What this table says decides how `candidates` are found. */
const few = (match: string) =>
	`few AS MATERIALIZED (SELECT count(*) <= ${SEARCH_FEW_MAX} AS yes FROM (${matches("rowid", match, SEARCH_FEW_MAX + 1)}))`;

/**
 * The newest `max` matches that the reader may see, with their scores. For each phrase of an expression bm25 counts the rows of the whole
 * index that have it, and nearly all have the audience "public". Where few match, it is therefore left out of the expression and
 * looked up for each match. Where many do, it stays in, so that not even matches for others are read without a bound. The one of
 * the two that is not needed has the limit 0 and is not begun. The scores are the same: labels have no weight.
 */
const candidates = ({ anyones, readers }: Match, max: number) => `SELECT f.number, f.score
		FROM (${matches(SCORED, anyones, `iif((SELECT yes FROM few), ${SEARCH_FEW_MAX}, 0)`)}) AS f
			CROSS JOIN quiz_texts AS t ON t.number = f.number WHERE ${IS_READERS}
	UNION ALL SELECT number, score FROM (${matches(SCORED, readers, `iif((SELECT yes FROM few), 0, ${max})`)})`;

/**
 * First the quizzes with everything that is searched for in their title, then the others; in each part by bm25. Weights alone would
 * not put titles first, since bm25 saturates: a short quiz that repeats a word in its questions passes a long one that has it
 * in its title. The newest SEARCH_CANDIDATES_MAX of each part are ranked, so what a search reads is bounded.
 */
export const RANKED = `WITH ${few("?7")},
	titled AS MATERIALIZED (${candidates({ anyones: "?5", readers: "?6" }, SEARCH_CANDIDATES_MAX)}),
	anywhere AS MATERIALIZED (${candidates({ anyones: "?7", readers: "?8" }, SEARCH_CANDIDATES_MAX)}),
	ranked AS MATERIALIZED (SELECT number, 0 AS tier, score FROM titled
		UNION ALL SELECT number, 1, score FROM anywhere WHERE number NOT IN (SELECT number FROM titled)),
	last AS MATERIALIZED (SELECT tier, score, number FROM ranked WHERE ?9 <> '[]' AND number IN (SELECT value FROM json_each(?9))
		ORDER BY tier DESC, score DESC, number LIMIT 1),
	page AS MATERIALIZED (SELECT ranked.number, ranked.tier, ranked.score FROM ranked LEFT JOIN last ON true
		WHERE (ranked.tier, ranked.score, -ranked.number)
			> (coalesce(last.tier, ?10), coalesce(last.score, ?11), -coalesce(last.number, 0))
		ORDER BY ranked.tier, ranked.score, ranked.number DESC LIMIT ?12)
	SELECT ${COLUMNS_OF_Q}, page.number, page.tier, page.score, (SELECT max(number) FROM quiz_texts) AS newest
	FROM page CROSS JOIN quiz_texts AS t ON t.number = page.number
		CROSS JOIN quizzes AS q ON q.id = t.quiz AND q.audience IN (?1, ?2, ?3)
	ORDER BY page.tier, page.score, page.number DESC`;

/**
 * Only quizzes up to the number `newest` are ranked. The list goes on after the last of the `before`, which are the latest ones shown,
 * wherever that stands now; if all of them are gone, after the score that the last one had.
 */
export type RankPosition = ["relevance", newest: number, before: number[], tier: number, score: number];
export const rankPosition: z.ZodType<RankPosition> = z.tuple([
	...([z.literal("relevance"), z.int().min(1), z.array(z.int().min(1)).max(RANK_ANCHORS_MAX)] as const),
	...([z.int().min(0).max(1), z.number()] as const),
]);

type RankedRow = QuizRow & { number: number; tier: number; score: number; newest: number };

/**
 * What matches, by relevance. A page goes on where the one before ended, as the order is now, and quizzes that have come since
 * the first page are not in it. The scores move a little with every quiz that is published, since they depend on how frequent words are.
 * @param match what must be matched anywhere, and by the title alone to come first
 */
export async function rankedMatches(
	db: D1DatabaseSession,
	audiences: Audiences,
	match: { anywhere: Match; title: Match },
	after: RankPosition | null,
	limit: number,
): Promise<Listed[]> {
	const [, newest, before, tier, score] = after ?? ["relevance", Number.MAX_SAFE_INTEGER, [], -1, 0];
	const { title, anywhere } = match;
	const expressions = [title.anyones, title.readers, anywhere.anyones, anywhere.readers];
	const values = [...audiences, newest, ...expressions, JSON.stringify(before), tier, score, limit];
	const { results } = await db
		.prepare(RANKED)
		.bind(...values)
		.all<RankedRow>();
	const numbers = [...before, ...results.map(({ number }) => number)];
	return results.map(({ number: _, tier, score, newest: now, ...row }, index) => {
		const shown = numbers.slice(0, before.length + index + 1).slice(-RANK_ANCHORS_MAX);
		return { quiz: quizOf(row), position: ["relevance", Math.min(newest, now), shown, tier, score] };
	});
}

export const RELATED = `WITH ${few("?5")},
	alike AS (${candidates({ anyones: "?5", readers: "?6" }, RELATED_CANDIDATES_MAX)})
	SELECT ${COLUMNS_OF_Q} FROM (SELECT number FROM alike ORDER BY score, number DESC LIMIT ?8) AS f
		CROSS JOIN quiz_texts AS t ON t.number = f.number
		CROSS JOIN quizzes AS q ON q.id = t.quiz AND q.audience IN (?1, ?2, ?3) AND q.id <> ?7`;

/** The quizzes most like this one among the newest that have anything in common with it. */
export async function relatedQuizzes(
	db: D1DatabaseSession,
	audiences: Audiences,
	{ quiz, match }: { quiz: string; match: Match },
	limit: number,
): Promise<CatalogQuiz[]> {
	// One more, since the quiz itself is like itself.
	const values = [...audiences, Number.MAX_SAFE_INTEGER, match.anyones, match.readers, quiz, limit + 1];
	const bound = db.prepare(RELATED).bind(...values);
	return (await bound.all<QuizRow>()).results.map(quizOf).slice(0, limit);
}
