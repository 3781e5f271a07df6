import { MARKS_MAX } from "../quizzes/limits.ts";
import type { Losses } from "./report.ts";

/** Marks are whole numbers here, and parts of them are rounded down; other systems give any numbers. */

/** A sum of thirds is not quite whole. */
const MARKS_ERROR = 1e-3;

function wholeIn(score: number): number | null {
	const marks = Math.round(score);
	return marks >= 1 && marks <= MARKS_MAX && Math.abs(score - marks) < MARKS_ERROR ? marks : null;
}

/** The marks for a score that is given as a whole; 1 where it is no whole number. */
export function wholeMarks(score: number, losses: Losses): number {
	const marks = wholeIn(score);
	if (marks === null)
		losses.earns(`Its score of ${shown(score)} is no whole number from 1 to ${MARKS_MAX}: it is worth 1.`);
	return marks ?? 1;
}

/** The marks for a score of which parts count. With fewer marks than parts one part would earn nothing. */
export function marksOfParts(score: number, parts: number, losses: Losses): number {
	const whole = wholeIn(score);
	if (whole !== null && whole >= parts) {
		if (whole % parts !== 0) losses.earns("Parts of its marks are rounded down to whole ones.");
		return whole;
	}
	const each = score > MARKS_MAX ? 1 : Math.max(1, Math.round(score / parts));
	losses.earns(`It is worth ${each * parts} here and not ${shown(score)}, so that parts of it count.`);
	return each * parts;
}

const shown = (score: number) => Number(score.toFixed(4));
