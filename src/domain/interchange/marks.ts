import { hundredthsOf, marksOf } from "../attempts/marks.ts";
import { MARKS_MAX, MARKS_MIN } from "../quizzes/limits.ts";
import type { Losses } from "./report.ts";

/** Marks have two decimals here, and parts of them are rounded down to that; other systems give any numbers. */

/** A sum of thirds is not quite whole. */
const MARKS_ERROR = 1e-3;

/** The marks that a score is, to two decimals; null where a question cannot be worth so much, or so little. */
function marksNear(score: number): number | null {
	const marks = marksOf(hundredthsOf(score));
	return marks >= MARKS_MIN && marks <= MARKS_MAX ? marks : null;
}

/** Whether marks need no rounding. */
export const hasTwoDecimals = (marks: number): boolean => Math.abs(marks - marksOf(hundredthsOf(marks))) < 1e-9;

const isSame = (score: number, marks: number) => Math.abs(score - marks) < MARKS_ERROR;

/** The marks for a score that is given as a whole; 1 where no question is worth that. */
export function marksFor(score: number, losses: Losses): number {
	const marks = marksNear(score);
	if (marks === null)
		losses.earns(`Its score of ${shown(score)} is none from ${MARKS_MIN} to ${MARKS_MAX}: it is worth 1.`);
	else if (!isSame(score, marks)) losses.earns(`Its score of ${shown(score)} is rounded to ${marks}.`);
	return marks ?? 1;
}

/** The marks for a score of which parts count. With fewer hundredths than parts one part would earn nothing. */
export function marksOfParts(score: number, parts: number, losses: Losses): number {
	const marks = marksNear(score);
	if (marks !== null && hundredthsOf(marks) >= parts) {
		if (!isSame(score, marks)) losses.earns(`Its score of ${shown(score)} is rounded to ${marks}.`);
		if (hundredthsOf(marks) % parts !== 0) losses.earns("Parts of its marks are rounded down to hundredths.");
		return marks;
	}
	const each = score > MARKS_MAX ? 1 : Math.max(1, Math.round(score / parts));
	losses.earns(`It is worth ${each * parts} here and not ${shown(score)}, so that parts of it count.`);
	return each * parts;
}

const shown = (score: number) => Number(score.toFixed(4));
