import type { EventBody } from "../log/events.ts";
import { MARK_PARTS } from "../quizzes/limits.ts";
import { type Hundredths, hundredthsOf, marksOf } from "./marks.ts";

/**
 * Statistics are sums of integers, so that attempts can be added in any order, and taken out again, without a rest.
 *
 * The sums of a version's questions are two vectors. That of attempts whose marks are whole is `[n, Σt, Σt²]`, then for each question
 * `[answered, Σx, Σx², Σxt, chosen₀, chosen₁ …]` with one number for each of its options, where t is an attempt's score, x its score on
 * the question, and chosenᵢ how often option i was chosen. That of the others has the same in hundredths, but of each product two
 * sums, of its lower and its higher part: the products of large marks would soon be more than a number holds exactly. An attempt is in the
 * one or the other by what its row of the log says, so that it is taken out of where it was put in.
 */
const HEAD = 3;
const PER_QUESTION = 4;
const FINE_HEAD = 4;
const FINE_PER_QUESTION = 6;
/** Both parts of a product of two scores are below it, so its sums over 2²⁷ attempts are exact. */
const PART = 2 ** 26;
const HISTOGRAM_BINS = 10;

type Submitted = Pick<EventBody<"attempt.submitted">, "score" | "max_score" | "items" | "hundredths">;

/** `[question id, marks, number of options]` in the order of the vector. */
export type Layout = [id: string, max: number, options: number][];

export const layoutOf = ({ items, hundredths }: Submitted): Layout =>
	items.map(([id, , , max, options], index) => {
		const [, fine] = hundredths?.items[index] ?? [];
		return [id, fine === undefined ? max : marksOf(fine), options];
	});

/** The two vectors of a version. An empty one is of no attempt. */
export interface VersionSums {
	whole: number[];
	fine: number[];
}

export const NO_SUMS: VersionSums = { whole: [], fine: [] };

export const addSums = (a: VersionSums, b: VersionSums): VersionSums => ({
	whole: addVectors(a.whole, b.whole),
	fine: addVectors(a.fine, b.fine),
});

/** What one attempt adds to its version's vectors. */
export function questionSums({ score: t, items, hundredths }: Submitted): VersionSums {
	if (hundredths) return { whole: [], fine: fineSums(items, hundredths) };
	const sums = [1, t, t * t];
	for (const [, choice, x, , options] of items) {
		sums.push(Number(choice !== null), x, x * x, x * t, ...chosen(choice, options));
	}
	return { whole: sums, fine: [] };
}

function fineSums(items: Submitted["items"], { score: t, items: marks }: Hundredths): number[] {
	const sums = [1, t, ...partsOf(t * t)];
	items.forEach(([, choice, , , options], index) => {
		const [x] = marks[index] ?? [0];
		sums.push(Number(choice !== null), x, ...partsOf(x * x), ...partsOf(x * t), ...chosen(choice, options));
	});
	return sums;
}

function chosen(choice: Submitted["items"][number][1], options: number): number[] {
	const all = Array.isArray(choice) ? choice : [choice];
	return Array.from({ length: options }, (_, option) => Number(all.includes(option)));
}

/** The lower and the higher part of a product. */
const partsOf = (product: number): [number, number] => [product % PART, Math.floor(product / PART)];

/** What one attempt adds to the histogram: a one in its tenth of the percentage; 100 % is in the last. */
export function histogramSums(percentage_bp: number): number[] {
	const bin = Math.min(Math.floor(percentage_bp / 1_000), HISTOGRAM_BINS - 1);
	return Array.from({ length: HISTOGRAM_BINS }, (_, index) => Number(index === bin));
}

export const addVectors = (a: readonly number[], b: readonly number[]): number[] =>
	Array.from({ length: Math.max(a.length, b.length) }, (_, index) => (a[index] ?? 0) + (b[index] ?? 0));

/** What the vectors say of the version as a whole: how many attempts, and the sum of their scores in hundredths. */
export const totalsOf = ({ whole, fine }: VersionSums) => ({
	attempts: (whole[0] ?? 0) + (fine[0] ?? 0),
	score: (whole[1] ?? 0) * MARK_PARTS + (fine[1] ?? 0),
});

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

/** Sums of a question in hundredths and in squares of them. Exact, however large. */
interface Moments {
	answered: number;
	x: bigint;
	xx: bigint;
	xt: bigint;
	option_counts: number[];
}

/** The statistics of each question of a version, from its vectors. */
export function questionStatistics(layout: Layout, sums: VersionSums): QuestionStatistics[] {
	const { attempts } = totalsOf(sums);
	const [n, t] = [BigInt(attempts), BigInt(totalsOf(sums).score)];
	const tt = squaresOf(sums.whole[2]) + wholeOf(sums.fine, 2);
	const { whole, fine } = momentsIn(layout, sums);
	return layout.map(([id, max_score], index) => {
		const { answered, x, xx, xt, option_counts } = sumOf(whole[index], fine[index]);
		// With r = t − x, the score on the rest: Σr = Σt − Σx, Σr² = Σt² − 2Σxt + Σx², Σxr = Σxt − Σx².
		const discrimination = pearson(n, { x, y: t - x, xx, yy: tt - 2n * xt + xx, xy: xt - xx });
		const mean_score = attempts === 0 ? 0 : marksOf(Number(x)) / attempts;
		const facility = attempts === 0 ? null : Number(x) / (attempts * hundredthsOf(max_score));
		return { id, max_score, n: attempts, answered, mean_score, facility, discrimination, option_counts };
	});
}

function momentsIn(layout: Layout, sums: VersionSums): { whole: Moments[]; fine: Moments[] } {
	let [wholeEnd, fineEnd] = [HEAD, FINE_HEAD];
	const whole: Moments[] = [];
	const fine: Moments[] = [];
	for (const [, , options] of layout) {
		const [wholeAt, fineAt] = [wholeEnd, fineEnd];
		wholeEnd += PER_QUESTION + options;
		fineEnd += FINE_PER_QUESTION + options;
		const [answered = 0, x = 0, xx, xt, ...option_counts] = sums.whole.slice(wholeAt, wholeEnd);
		whole.push({ answered, x: BigInt(x * MARK_PARTS), xx: squaresOf(xx), xt: squaresOf(xt), option_counts });
		const other = sums.fine.slice(fineAt, fineEnd);
		fine.push({
			answered: other[0] ?? 0,
			x: BigInt(other[1] ?? 0),
			xx: wholeOf(other, 2),
			xt: wholeOf(other, 4),
			option_counts: other.slice(FINE_PER_QUESTION),
		});
	}
	return { whole, fine };
}

const NO_MOMENTS: Moments = { answered: 0, x: 0n, xx: 0n, xt: 0n, option_counts: [] };

const sumOf = (a = NO_MOMENTS, b = NO_MOMENTS): Moments => ({
	answered: a.answered + b.answered,
	x: a.x + b.x,
	xx: a.xx + b.xx,
	xt: a.xt + b.xt,
	option_counts: addVectors(a.option_counts, b.option_counts),
});

/** A sum of products of whole marks as one of hundredths. */
const squaresOf = (sum = 0): bigint => BigInt(sum) * BigInt(MARK_PARTS ** 2);

/** The sum of products of which the vector has the two parts at `place`. */
const wholeOf = (sums: readonly number[], place: number): bigint =>
	BigInt(sums[place] ?? 0) + BigInt(sums[place + 1] ?? 0) * BigInt(PART);

/** Pearson's correlation from sums: (nΣxy − ΣxΣy) / √((nΣx² − (Σx)²)(nΣy² − (Σy)²)), of which nothing is rounded but the three differences. */
function pearson(n: bigint, s: { x: bigint; y: bigint; xx: bigint; yy: bigint; xy: bigint }): number | null {
	const vx = n * s.xx - s.x * s.x;
	const vy = n * s.yy - s.y * s.y;
	if (vx <= 0n || vy <= 0n) return null;
	const r = Number(n * s.xy - s.x * s.y) / (Math.sqrt(Number(vx)) * Math.sqrt(Number(vy)));
	return Math.max(-1, Math.min(1, r));
}
