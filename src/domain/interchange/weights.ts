import { marksFor, marksOfParts } from "./marks.ts";
import { type Losses, Skip } from "./report.ts";

/** How an option counts: by being marked as the right one, or by a weight in per cent of the marks. */
export interface Weighted {
	marked: boolean;
	weight: number | null;
}

export type ChoiceKey =
	| { type?: never; correctAnswer: number; marks?: number }
	| { type: "multiple_choice"; correct_answers: number[]; scoring?: "partial"; marks?: number };

export const EVENED_OUT =
	"Weights were evened out: each right option counts the same, and each wrong one takes as much away.";
export const ANY_IS_RIGHT = "Any of several options is right on its own, which no type of question says.";
export const PART_IS_ENOUGH =
	"A part of the right options is enough for all of the marks, which no type of question says.";

/** Weights are written with few decimals: a third is 33.333 or 33.3. */
const WEIGHT_ERROR = 0.5;
const equal = (a: number, b: number) => Math.abs(a - b) <= WEIGHT_ERROR;

/** Whether a weight is all of the marks. */
export const isFull = (weight: number) => weight >= 100 - WEIGHT_ERROR;

/**
 * The key of a choice. With a marked option one is to be chosen; without, all with a positive weight are.
 * @param grade what all of it is worth
 * @throws Skip where there is no right option, or several of which one is enough
 */
export function choiceOf(options: readonly Weighted[], losses: Losses, grade = 1): ChoiceKey {
	const marked = options.flatMap(({ marked }, index) => (marked ? [index] : []));
	if (marked.length > 1) throw new Skip(ANY_IS_RIGHT);
	const [correctAnswer] = marked;
	if (correctAnswer === undefined) return severalOf(options, losses, grade);
	if (options.some(({ marked, weight }) => !marked && weight !== null && isFull(weight))) throw new Skip(ANY_IS_RIGHT);
	if (options.some(({ marked, weight }) => !marked && weight !== null && weight !== 0)) {
		losses.earns("Weights of wrong options were left out: only the right option counts.");
	}
	if (![null, 100].includes(options[correctAnswer]?.weight ?? null)) {
		losses.earns("The right option counts in full.");
	}
	return { correctAnswer, ...marksIn(grade, losses) };
}

/** One mark is the usual worth, and is not said. */
export const marksIn = (grade: number, losses: Losses): { marks?: number } =>
	grade === 1 ? {} : { marks: marksFor(grade, losses) };

/** The weights of all options that are chosen are added, and never give more than all of the marks. */
function severalOf(options: readonly Weighted[], losses: Losses, grade: number): ChoiceKey {
	const weights = options.map(({ weight }) => weight ?? 0);
	const correct_answers = weights.flatMap((weight, index) => (weight > 0 ? [index] : []));
	const [first, ...more] = correct_answers.map((index) => weights[index] ?? 0);
	if (first === undefined) throw new Skip("No option is right.");
	const full = weights.flatMap((weight, index) => (isFull(weight) ? [index] : []));
	if (full.length > 1) throw new Skip(ANY_IS_RIGHT);
	if (full.length === 1 && more.length > 0) {
		losses.earns(
			"Options that are worth a part of the marks were left out: the one that is worth all of them is right.",
		);
		return { correctAnswer: full[0] ?? 0, ...marksIn(grade, losses) };
	}
	const total = more.reduce((sum, weight) => sum + weight, first);
	if (more.length > 0 && isFull(total - Math.min(first, ...more))) throw new Skip(PART_IS_ENOUGH);
	const share = 100 / correct_answers.length;
	const even = weights.every((weight) => weight <= 0 || equal(weight, share));
	const wrong = weights.filter((weight) => weight <= 0);
	const type = "multiple_choice" as const;
	if (even && wrong.length > 0 && wrong.every((weight) => equal(weight, -100))) {
		// With one right option this is no loss: it alone is worth everything, and any other takes all of it.
		if (more.length > 0) losses.earns("A part of the right options counts nothing: all or nothing.");
		return { type, correct_answers, ...marksIn(grade, losses) };
	}
	if (!even || wrong.some((weight) => !equal(weight, -share))) losses.earns(EVENED_OUT);
	return { type, correct_answers, scoring: "partial", marks: marksOfParts(grade, correct_answers.length, losses) };
}
