import type { EventBody } from "../log/events.ts";

/**
 * Statistics are sums of integers, so that attempts can be added in any order, and taken out again, without a rest.
 *
 * The sums of a version's questions are one vector: `[n, Σt, Σt²]`, then for each question
 * `[answered, Σx, Σx², Σxt, chosen₀, chosen₁ …]` with one number for each of its options, where t is an attempt's score, x its score on the question, and chosenᵢ
 * how often option i was chosen.
 */
const HEAD = 3;
const PER_QUESTION = 4;
const HISTOGRAM_BINS = 10;

type Submitted = Pick<EventBody<"attempt.submitted">, "score" | "items">;

/** `[question id, marks, number of options]` in the order of the vector. */
export type Layout = [id: string, max: number, options: number][];

export const layoutOf = ({ items }: Submitted): Layout => items.map(([id, , , max, options]) => [id, max, options]);

/** What one attempt adds to its version's vector. */
export function questionSums({ score: t, items }: Submitted): number[] {
	const sums = [1, t, t * t];
	for (const [, choice, x, , options] of items) {
		const all = Array.isArray(choice) ? choice : [choice];
		const chosen = Array.from({ length: options }, (_, option) => Number(all.includes(option)));
		sums.push(Number(choice !== null), x, x * x, x * t, ...chosen);
	}
	return sums;
}

/** What one attempt adds to the histogram: a one in its tenth of the percentage; 100 % is in the last. */
export function histogramSums(percentage_bp: number): number[] {
	const bin = Math.min(Math.floor(percentage_bp / 1_000), HISTOGRAM_BINS - 1);
	return Array.from({ length: HISTOGRAM_BINS }, (_, index) => Number(index === bin));
}

export const addVectors = (a: readonly number[], b: readonly number[]): number[] =>
	Array.from({ length: Math.max(a.length, b.length) }, (_, index) => (a[index] ?? 0) + (b[index] ?? 0));

/** What a vector says of the version as a whole: how many attempts, and the sum of their scores. */
export const totalsOf = ([attempts = 0, score = 0]: readonly number[]) => ({ attempts, score });

export interface QuestionStatistics {
	id: string;
	max_score: number;
	/** Attempts in which the question stood, and those in which it was answered. */
	n: number;
	answered: number;
	mean_score: number;
	/** Mean score as a share of the marks, 0 (nobody) to 1 (everybody). */
	facility: number | null;
	/**
	 * Corrected item-total correlation: Pearson's r between the score on this question and that on the rest of the quiz,
	 * −1 to 1; null where either does not vary. (Lord & Novick 1968, §15; Moodle calls it the discrimination index.)
	 */
	discrimination: number | null;
	/** How often each option was chosen. */
	option_counts: number[];
}

/** The statistics of each question of a version, from its vector. */
export function questionStatistics(layout: Layout, sums: readonly number[]): QuestionStatistics[] {
	const [n = 0, t = 0, tt = 0] = sums;
	let end = HEAD;
	return layout.map(([id, max_score, options]) => {
		const start = end;
		end += PER_QUESTION + options;
		const [answered = 0, x = 0, xx = 0, xt = 0, ...option_counts] = sums.slice(start, end);
		// With r = t − x, the score on the rest: Σr = Σt − Σx, Σr² = Σt² − 2Σxt + Σx², Σxr = Σxt − Σx².
		const discrimination = pearson(n, { x, y: t - x, xx, yy: tt - 2 * xt + xx, xy: xt - xx });
		const mean_score = n === 0 ? 0 : x / n;
		const facility = n === 0 ? null : x / (n * max_score);
		return { id, max_score, n, answered, mean_score, facility, discrimination, option_counts };
	});
}

/** Pearson's correlation from sums: (nΣxy − ΣxΣy) / √((nΣx² − (Σx)²)(nΣy² − (Σy)²)). */
function pearson(n: number, s: { x: number; y: number; xx: number; yy: number; xy: number }): number | null {
	const vx = n * s.xx - s.x * s.x;
	const vy = n * s.yy - s.y * s.y;
	if (vx <= 0 || vy <= 0) return null;
	return (n * s.xy - s.x * s.y) / Math.sqrt(vx * vy);
}
