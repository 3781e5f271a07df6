import { z } from "zod";
import { RANK_ANCHORS_MAX, RELATED_CANDIDATES_MAX, SEARCH_CANDIDATES_MAX, SNIPPET_WORDS } from "../domain/limits.ts";
import type { Listed } from "./lists.ts";
import { type Audiences, type CatalogQuiz, COLUMNS_OF_Q, type QuizRow, quizOf } from "./quizzes.ts";

/** Searches in the order of relevance, related quizzes, and snippets. */

/** Of title, tags, description, questions' texts, labels. */
const WEIGHTS = "16.0, 8.0, 3.0, 1.0, 0.0";

const candidates = (match: string, max: number) => `SELECT rowid AS number, bm25(quiz_fts, ${WEIGHTS}) AS score
	FROM quiz_fts WHERE quiz_fts MATCH ${match} AND rowid <= ?6 ORDER BY rowid DESC LIMIT ${max}`;

/**
 * First the quizzes with everything that is searched for in their title, then the others; in each part by bm25. Weights alone would
 * not put titles first, since bm25 saturates: a short quiz that repeats a word in its questions passes a long one that has it
 * in its title. The newest SEARCH_CANDIDATES_MAX of each part are ranked, so what a search reads is bounded.
 */
export const RANKED = `WITH titled AS MATERIALIZED (${candidates("?4", SEARCH_CANDIDATES_MAX)}),
	anywhere AS MATERIALIZED (${candidates("?5", SEARCH_CANDIDATES_MAX)}),
	ranked AS MATERIALIZED (SELECT number, 0 AS tier, score FROM titled
		UNION ALL SELECT number, 1, score FROM anywhere WHERE number NOT IN (SELECT number FROM titled)),
	last AS MATERIALIZED (SELECT tier, score, number FROM ranked WHERE number IN (SELECT value FROM json_each(?7))
		ORDER BY tier DESC, score DESC, number LIMIT 1),
	page AS MATERIALIZED (SELECT ranked.number, ranked.tier, ranked.score FROM ranked LEFT JOIN last ON true
		WHERE (ranked.tier, ranked.score, -ranked.number) 
			> (coalesce(last.tier, ?8), coalesce(last.score, ?9), -coalesce(last.number, 0))
		ORDER BY ranked.tier, ranked.score, ranked.number DESC LIMIT ?10)
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
	match: { anywhere: string; title: string },
	after: RankPosition | null,
	limit: number,
): Promise<Listed[]> {
	const [, newest, before, tier, score] = after ?? ["relevance", Number.MAX_SAFE_INTEGER, [], -1, 0];
	const values = [...audiences, match.title, match.anywhere, newest, JSON.stringify(before), tier, score, limit];
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

export const RELATED = `SELECT ${COLUMNS_OF_Q}
	FROM (SELECT number FROM (${candidates("?4", RELATED_CANDIDATES_MAX)}) ORDER BY score, number DESC LIMIT ?7) AS f
		CROSS JOIN quiz_texts AS t ON t.number = f.number
		CROSS JOIN quizzes AS q ON q.id = t.quiz AND q.audience IN (?1, ?2, ?3) AND q.id <> ?5`;

/** The quizzes most like this one among the newest that have anything in common with it. */
export async function relatedQuizzes(
	db: D1DatabaseSession,
	audiences: Audiences,
	{ quiz, match }: { quiz: string; match: string },
	limit: number,
): Promise<CatalogQuiz[]> {
	// One more, since the quiz itself is like itself.
	const bound = db.prepare(RELATED).bind(...audiences, match, quiz, Number.MAX_SAFE_INTEGER, limit + 1);
	return (await bound.all<QuizRow>()).results.map(quizOf).slice(0, limit);
}

/** Where in a quiz the words were found: plain text, and in it the ranges [from, to) in UTF-16 code units. */
export interface Snippet {
	field: "title" | "description" | "questions" | "tags";
	text: string;
	marks: [from: number, to: number][];
}

/** Fields in the order in which one is chosen, with their places in the index. */
const FIELDS = { title: 0, description: 2, questions: 3, tags: 1 } as const;
const FIELD_NAMES = ["title", "description", "questions", "tags"] as const satisfies readonly (keyof typeof FIELDS)[];
/** Characters of private use, which no text has a reason to have; one that has them gets wrong ranges and nothing worse. */
const [BEGIN, END] = ["\ue000", "\ue001"];

export const SNIPPETS = `SELECT t.quiz, ${FIELD_NAMES.map(
	(field) => `snippet(quiz_fts, ${FIELDS[field]}, char(${0xe000}), char(${0xe001}), '…', ${SNIPPET_WORDS}) AS ${field}`,
).join(", ")}
	FROM json_each(?2) AS id CROSS JOIN quiz_texts AS t ON t.quiz = id.value
		CROSS JOIN quiz_fts ON quiz_fts.rowid = t.number WHERE quiz_fts MATCH ?1`;

/**
 * The best piece of each quiz, by its id.
 * @param quizzes ids of quizzes that the reader may see and that the words are in
 */
export async function snippetsOf(
	db: D1DatabaseSession,
	match: string,
	quizzes: readonly string[],
): Promise<Map<string, Snippet>> {
	if (quizzes.length === 0) return new Map();
	type Row = Record<Snippet["field"] | "quiz", string>;
	const { results } = await db.prepare(SNIPPETS).bind(match, JSON.stringify(quizzes)).all<Row>();
	return new Map(
		results.flatMap((row): [string, Snippet][] => {
			const field = FIELD_NAMES.find((name) => row[name].includes(BEGIN));
			return field ? [[row.quiz, { field, ...marked(row[field]) }]] : [];
		}),
	);
}

/** The text without the characters that mark, and the ranges between them. */
export function marked(text: string): Pick<Snippet, "text" | "marks"> {
	const marks: Snippet["marks"] = [];
	let plain = "";
	let from = 0;
	for (const piece of text.split(/([\ue000\ue001])/)) {
		if (piece === BEGIN) from = plain.length;
		else if (piece === END) marks.push([from, plain.length]);
		else plain += piece;
	}
	return { text: plain, marks };
}
