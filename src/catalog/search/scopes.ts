import { z } from "zod";
import { SEARCH_BLOCK_QUIZZES, SEARCH_CANDIDATES_MAX, SEARCH_RARE_MAX } from "../../domain/search/limits.ts";
import { ANYWHERE, type Expression, LABELS } from "../../domain/search/search.ts";
import type { Audiences } from "../quizzes/quizzes.ts";

/**
 * What a search may look at. Each of a reader's audiences is searched for itself, from its newest quiz, as if there were no others: its
 * quizzes have places that follow one another, and all that is asked of the index stays between the first and the last of them. So nothing
 * that is found depends on what the reader may not see, and hardly any time does.
 *
 * The engine goes through all places that have a word until those of all words agree, whatever the limit of the statement. What bounds it is
 * a condition that few places satisfy: a word that is rare in the audience, or the blocks of its newest quizzes.
 */

/** In the order in which equals are listed: the reader's own, the tenant's, everybody's. */
export const TURNS = [0, 1, 2] as const;
const PUBLIC = 2;
/** Which quizzes of each turn come into question: those whose place in the audience is before this. */
export type Before = [number, number, number];
export const beforePositions: z.ZodType<Before> = z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]);
/** The places of an audience; the index has its number above them. */
const AUDIENCE_BITS = 32;
const PLACES = 2 ** AUDIENCE_BITS;
const BLOCK_BITS = Math.log2(SEARCH_BLOCK_QUIZZES);
export const FROM_THE_NEWEST: Before = [PLACES, PLACES, PLACES];

/** What ?4 of the statements says. */
export function scopeOf([everyone, tenant, self]: Audiences, expression: Expression, before: Before): string {
	const labels = [self, tenant, everyone].map(LABELS.audience);
	const blocks = Array.from({ length: expression.blocks }, (_, index) => index);
	return JSON.stringify({ ...expression, labels, before, blocks, block_count: expression.blocks });
}

/** How many of the audience's quizzes have a word or a label, no further than one more than are rare. */
const count = (table: string, word: string) => `(SELECT count(*) FROM (SELECT 1 FROM ${table}
	WHERE ${table} MATCH ${word} AND rowid > base AND rowid < base + ${PLACES} LIMIT ${SEARCH_RARE_MAX + 1}))`;
/** @param word SQL; the columns `turn` and `base` are there */
export const countOf = (word: string) =>
	`CASE turn WHEN ${PUBLIC} THEN ${count("search_public", word)} ELSE ${count("search_closed", word)} END`;

const LABEL = "char(0xe002)";

/** The audiences in which there is anything, with the place `top` of the newest quiz that comes into question. */
export const READER = `reader AS MATERIALIZED (SELECT turn, label, base, (SELECT place FROM search_places
			WHERE place > base AND place < base + before ORDER BY place DESC LIMIT 1) AS top
		FROM (SELECT key AS turn, value AS label, ?4 ->> ('$.before[' || key || ']') AS before,
				iif(key = ${PUBLIC}, 0, (SELECT number << ${AUDIENCE_BITS} FROM search_audiences WHERE label = value)) AS base
			FROM json_each(?4, '$.labels')))`;

/**
 * Of each audience: what keeps its search small, as an expression, and the places (low, top] that it goes through. The blocks do where
 * there are no more, without asking which words are rare.
 */
export const SCOPE = `${READER},
	scope AS MATERIALIZED (SELECT turn, base, top,
			iif(is_rare, base, max(base, (((top >> ${BLOCK_BITS}) - (?4 ->> '$.block_count') + 1) << ${BLOCK_BITS}) - 1)) AS low,
			iif(is_rare, '"' || ${LABEL} || label || '"', (SELECT group_concat('"' || ${LABEL} || 'b' || ((top >> ${BLOCK_BITS}) - value) || '"', ' OR ')
				FROM json_each(?4, '$.blocks') WHERE (top >> ${BLOCK_BITS}) - value >= base >> ${BLOCK_BITS})) AS within
		FROM (SELECT turn, label, base, top, (top >> ${BLOCK_BITS}) - (base >> ${BLOCK_BITS}) >= ?4 ->> '$.block_count'
				AND EXISTS (SELECT 1 FROM json_each(?4, '$.tokens') AS token WHERE ${countOf("token.value")} <= ${SEARCH_RARE_MAX}) AS is_rare
			FROM reader WHERE top IS NOT NULL))`;

/** The newest places of a turn's scope that match, of a tier or anywhere. */
export function matches(turn: number, tier: number = ANYWHERE, max: string | number = SEARCH_CANDIDATES_MAX): string {
	const table = turn === PUBLIC ? "search_public" : "search_closed";
	const ofTurn = (column: string) => `(SELECT ${column} FROM scope WHERE turn = ${turn})`;
	const expression = ofTurn(`'((' || within || ')' || (?4 ->> '$.wanted[${tier}]') || ')' || (?4 ->> '$.unwanted')`);
	return `SELECT rowid AS place FROM ${table} WHERE ${table} MATCH coalesce(${expression}, '""')
		AND rowid > ${ofTurn("low")} AND rowid <= ${ofTurn("top")} ORDER BY rowid DESC LIMIT ${max}`;
}

/** Of all turns, the newest places anywhere. */
export const found = (max: string | number) =>
	`found AS MATERIALIZED (${TURNS.map(
		(turn) => `SELECT ${turn} AS turn, place FROM (${matches(turn, ANYWHERE, max)})`,
	).join(" UNION ALL ")})`;

/** The quizzes of places, where the audience that the row says is the reader's: so they are, and this makes sure. */
export const quizzesAt = (places: string) => `${places}
	CROSS JOIN search_places AS p ON p.place = ${places}.place
	CROSS JOIN quizzes AS q ON q.id = p.quiz AND q.audience IN (?1, ?2, ?3)`;
