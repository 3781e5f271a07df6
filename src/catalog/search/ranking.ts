import { z } from "zod";
import { ANYWHERE, type Expression } from "../../domain/search/search.ts";
import { type Audiences, COLUMNS_OF_Q } from "../quizzes/quizzes.ts";
import { type Batch, candidateOf, type TextRow } from "./candidates.ts";
import { type Before, beforePositions, FROM_THE_NEWEST, matches, quizzesAt, SCOPE, scopeOf, TURNS } from "./scopes.ts";

/** Searches in the order of relevance. */

const TIERS = Array.from({ length: ANYWHERE + 1 }, (_, tier) => tier);
const tiersOf = (turn: number) =>
	`turn_${turn} AS (${TIERS.map(
		(tier) => `SELECT ${turn} AS turn, ${tier} AS tier, place FROM (${matches(turn, tier)})`,
	).join(" UNION ALL ")})`;

/**
 * First the quizzes with all words in their title, then those with all in title and tags, then also in the description, then the others;
 * in each of these the reader's own, the tenant's, everybody's; then the newest. No frequency of any word has a part in it: whoever
 * sees a quiz found knows all that its rank came from. Of each tier and turn the newest SEARCH_CANDIDATES_MAX are ranked.
 */
export const RANKED = `WITH ${SCOPE}, ${TURNS.map(tiersOf).join(", ")},
	ranked AS MATERIALIZED (SELECT turn, place, min(tier) AS tier
		FROM (${TURNS.map((turn) => `SELECT turn, tier, place FROM turn_${turn}`).join(" UNION ALL ")}) GROUP BY turn, place),
	page AS MATERIALIZED (SELECT place, tier, ranked.turn AS turn, place - base AS number
		FROM ranked CROSS JOIN scope ON scope.turn = ranked.turn
		WHERE (tier, ranked.turn, base - place) > (?5, ?6, ?7) ORDER BY tier, ranked.turn, place DESC LIMIT ?8)
	SELECT ${COLUMNS_OF_Q}, t.questions AS texts, page.tier, page.turn, page.number,
		(SELECT json_group_object(turn, top - base) FROM scope) AS tops
	FROM ${quizzesAt("page")} CROSS JOIN quiz_texts AS t ON t.quiz = q.id
	ORDER BY page.tier, page.turn, page.number DESC`;

/** The quizzes of the first page's time only are ranked, and the list goes on after the one that is named last. */
export type RankPosition = ["relevance", before: Before, tier: number, turn: number, number: number];
export const rankPosition: z.ZodType<RankPosition> = z.tuple([
	z.literal("relevance"),
	beforePositions,
	z.int().min(0).max(ANYWHERE),
	z
		.int()
		.min(0)
		.max(TURNS.length - 1),
	z.int().min(1),
]);

interface RankedRow extends TextRow {
	tier: number;
	turn: number;
	number: number;
	/** By turn, the newest quiz of its audience. */
	tops: string;
}

/** What matches, by relevance. Quizzes that have come since the first page are not in it. */
export async function rankedMatches(
	db: D1DatabaseSession,
	audiences: Audiences,
	expression: Expression,
	after: RankPosition | null,
	count: number,
): Promise<Batch> {
	const [, before, tier, turn, number] = after ?? ["relevance", FROM_THE_NEWEST, -1, 0, 0];
	const values = [...audiences, scopeOf(audiences, expression, before), tier, turn, -number, count];
	const { results } = await db
		.prepare(RANKED)
		.bind(...values)
		.all<RankedRow>();
	const candidates = results.map(({ tier, turn, number, tops, ...row }) => {
		const position: RankPosition = ["relevance", after ? before : beforeThese(tops), tier, turn, number];
		return candidateOf(row, position);
	});
	return { candidates, rest: candidates.length === count ? (candidates.at(-1)?.position ?? null) : null };
}

/** What comes later has a later place, but for one that takes the place of the newest after that was withdrawn. */
function beforeThese(tops: string): Before {
	const newest: Record<string, number> = JSON.parse(tops);
	return [(newest[0] ?? 0) + 1, (newest[1] ?? 0) + 1, (newest[2] ?? 0) + 1];
}
