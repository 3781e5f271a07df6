import { MARK_PARTS } from "../quizzes/limits.ts";

/**
 * Marks are counted in hundredths, which are integers: so a part of them is not rounded to nothing, and every sum of them is exact.
 * Documents and answers show them as numbers with at most two decimals.
 */

/** @param marks with at most two decimals */
export const hundredthsOf = (marks: number): number => Math.round(marks * MARK_PARTS);

export const marksOf = (hundredths: number): number => hundredths / MARK_PARTS;

/** What an attempt earned and could have earned, of the whole and of each question in their order, in hundredths. */
export interface Hundredths {
	score: number;
	max_score: number;
	items: [score: number, max: number][];
}

type WholeItem = readonly [id: string, choice: unknown, score: number, max: number, ...more: unknown[]];

/** What a log row says of an attempt's marks: whole ones, which are all there is to say where there is nothing beside them. */
export interface SaidMarks {
	score: number;
	max_score: number;
	items: readonly WholeItem[];
	hundredths?: Hundredths | undefined;
}

/** The marks that a log row says, in hundredths. */
export const hundredthsIn = ({ score, max_score, items, hundredths }: SaidMarks): Hundredths =>
	hundredths ?? {
		score: score * MARK_PARTS,
		max_score: max_score * MARK_PARTS,
		items: items.map(([, , earned, max]) => [earned * MARK_PARTS, max * MARK_PARTS]),
	};

/** Whether whole marks say all of it. */
export const isWhole = ({ items }: Hundredths): boolean =>
	items.every((pair) => pair.every((hundredths) => hundredths % MARK_PARTS === 0));

/** What is left of earned marks where there are whole ones alone. */
export const wholeScore = (hundredths: number): number => Math.floor(hundredths / MARK_PARTS);

/** The same of marks that can be earned: there is at least one. */
export const wholeMax = (hundredths: number): number => Math.max(1, wholeScore(hundredths));

/** What log rows say of the marks that a quiz is worth. @param hundredths above 0 */
export const saidMaxScore = (hundredths: number): { max_score: number; max_hundredths?: number } => ({
	max_score: wholeMax(hundredths),
	...(hundredths % MARK_PARTS !== 0 && { max_hundredths: hundredths }),
});

/** The marks that a quiz is worth by what {@link saidMaxScore} says, as answers show them. */
export const shownMaxScore = (said: { max_score: number; max_hundredths?: number | null | undefined }): number =>
	said.max_hundredths ? marksOf(said.max_hundredths) : said.max_score;
