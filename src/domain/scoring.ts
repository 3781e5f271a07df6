import type { AnswerKey } from "./quiz.ts";

/** One question of one attempt. Marks are integers, so every sum of them is exact. */
export interface ScoredItem {
	id: string;
	/** Index of the chosen option; null where the question was left blank. */
	choice: number | null;
	score: number;
	max: number;
	/** How many options there were to choose from. */
	options: number;
}

export interface Marks {
	items: ScoredItem[];
	score: number;
	max_score: number;
	/** The percentage in hundredths of a per cent, 0 to 10,000, rounded half up; an integer, so that its sums are exact. */
	percentage_bp: number;
	passed: boolean;
}

/**
 * Marks the answers against the key. Total: any map of question ids to numbers has a result. A question that is not
 * answered, or not with one of its options, scores nothing. `passed` compares exact integers, not the rounded percentage.
 */
export function score(key: AnswerKey, answers: ReadonlyMap<string, number>): Marks {
	const items = key.questions.map(({ id, correct, marks, options }): ScoredItem => {
		const choice = answers.get(id) ?? null;
		return { id, choice, score: choice === correct ? marks : 0, max: marks, options };
	});
	const total = items.reduce((sum, item) => sum + item.score, 0);
	const max = items.reduce((sum, item) => sum + item.max, 0);
	return {
		items,
		score: total,
		max_score: max,
		percentage_bp: basisPoints(total, max),
		passed: total * 100 >= key.pass_percentage * max,
	};
}

/** `part / whole` in hundredths of a per cent, rounded half up in integers; 0 of 0 is 0. */
export function basisPoints(part: number, whole: number): number {
	return whole === 0 ? 0 : Math.floor((part * 20_000 + whole) / (2 * whole));
}
