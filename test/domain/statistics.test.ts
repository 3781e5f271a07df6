import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { submittedEvent } from "../../src/domain/attempts/attempts.ts";
import { score } from "../../src/domain/attempts/scoring.ts";
import {
	addVectors,
	histogramSums,
	layoutOf,
	questionStatistics,
	questionSums,
} from "../../src/domain/attempts/statistics.ts";
import { answerKeys, answersTo } from "../lib/single-choice-keys.ts";

/** Attempts at one quiz, as the log says them. */
const attempts = answerKeys.chain((key) =>
	fc.tuple(fc.constant(key), fc.array(answersTo(key), { maxLength: 30 })).map(([quiz, all]) =>
		all.map((answers) => {
			const submission = { quiz: quiz.quiz, answers: Object.fromEntries(answers) };
			return submittedEvent("att_x", 1, quiz, submission, score(quiz, answers));
		}),
	),
);
type Submitted = ReturnType<typeof submittedEvent>;

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Pearson's r by its definition, from the deviations; NaN where one of the two does not vary. */
function correlation(xs: number[], ys: number[]): number {
	const [mx, my] = [mean(xs), mean(ys)];
	const sum = (f: (x: number, y: number) => number) =>
		xs.reduce((total, x, i) => total + f(x - mx, (ys[i] ?? 0) - my), 0);
	return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}
const varies = (values: number[]) => new Set(values).size > 1;

const sumsOf = (all: Submitted[]) => all.map(questionSums).reduce(addVectors, []);

describe("statistics from sums", () => {
	it("equal those computed from the attempts themselves", () => {
		fc.assert(
			fc.property(attempts, (all) => {
				const [first] = all;
				fc.pre(first !== undefined);
				const statistics = questionStatistics(first ? layoutOf(first) : [], sumsOf(all));
				expect(statistics).toHaveLength(first?.items.length ?? 0);
				statistics.forEach((question, index) => {
					const items = all.map(({ items }) => items[index]);
					const scores = items.map((item) => item?.[2] ?? 0);
					const rests = all.map((attempt, i) => attempt.score - (scores[i] ?? 0));
					expect(question).toMatchObject({
						n: all.length,
						answered: items.filter((item) => item?.[1] !== null).length,
					});
					expect(question.mean_score).toBeCloseTo(mean(scores), 9);
					expect(question.facility).toBeCloseTo(mean(scores) / question.max_score, 9);
					expect(question.option_counts).toEqual(
						question.option_counts.map((_, o) => items.filter((item) => item?.[1] === o).length),
					);
					if (!varies(scores) || !varies(rests)) expect(question.discrimination).toBeNull();
					else expect(question.discrimination).toBeCloseTo(correlation(scores, rests), 6);
				});
			}),
		);
	});

	it("do not depend on the order of the attempts, nor on how they came in batches", () => {
		fc.assert(
			fc.property(attempts, fc.nat(), (all, cut) => {
				const at = cut % (all.length + 1);
				const halves = addVectors(sumsOf(all.slice(at)), sumsOf(all.slice(0, at)));
				expect(halves).toEqual(sumsOf(all));
				expect(sumsOf([...all].reverse())).toEqual(sumsOf(all));
			}),
		);
	});

	it("lose an attempt without a rest when it is taken out again", () => {
		fc.assert(
			fc.property(attempts, (all) => {
				const [first, ...others] = all;
				fc.pre(first !== undefined && others.length > 0);
				const taken = (first ? questionSums(first) : []).map((sum) => -sum);
				expect(addVectors(sumsOf(all), taken).map((sum) => sum + 0)).toEqual(sumsOf(others));
			}),
		);
	});

	it("count each attempt in one tenth, the full marks in the last", () => {
		fc.assert(
			fc.property(fc.nat({ max: 10_000 }), (percentage_bp) => {
				const bins = histogramSums(percentage_bp);
				expect(bins).toHaveLength(10);
				expect(bins.indexOf(1)).toBe(Math.min(9, Math.floor(percentage_bp / 1_000)));
				expect(bins.reduce((sum, bin) => sum + bin, 0)).toBe(1);
			}),
		);
	});
});
