import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { submittedEvent } from "../../src/domain/attempts/attempts.ts";
import { hundredthsIn } from "../../src/domain/attempts/marks.ts";
import { type Marks, score } from "../../src/domain/attempts/scoring.ts";
import {
	addSums,
	addVectors,
	histogramSums,
	layoutOf,
	NO_SUMS,
	questionStatistics,
	questionSums,
} from "../../src/domain/attempts/statistics.ts";
import { answerKeys, answersTo } from "../lib/single-choice-keys.ts";

/** What of each question's marks an attempt earns, where it is not all or none of them. */
const shares = fc.option(fc.array(fc.nat({ max: 100 }), { minLength: 8, maxLength: 8 }));

/** Attempts at one quiz, as the log says them: with whole marks, and with others. */
const attempts = answerKeys.chain((key) =>
	fc.tuple(fc.constant(key), fc.array(fc.tuple(answersTo(key), shares), { maxLength: 30 })).map(([quiz, all]) =>
		all.map(([answers, earned]) => {
			const submission = { quiz: quiz.quiz, answers: Object.fromEntries(answers) };
			const marks = score(quiz, answers);
			return submittedEvent("att_x", 1, quiz, submission, earned ? inPart(marks, earned) : marks);
		}),
	),
);

function inPart(marks: Marks, earned: readonly number[]): Marks {
	const items = marks.items.map((item, place) => ({
		...item,
		score: Math.floor((item.max * (earned[place] ?? 0)) / 100),
	}));
	return { ...marks, items, score: items.reduce((sum, item) => sum + item.score, 0) };
}
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

const sumsOf = (all: Submitted[]) => all.map(questionSums).reduce(addSums, NO_SUMS);

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
					const marks = all.map(hundredthsIn);
					const scores = marks.map(({ items }) => (items[index]?.[0] ?? 0) / 100);
					const rests = marks.map(({ score }, i) => score / 100 - (scores[i] ?? 0));
					expect(question).toMatchObject({
						n: all.length,
						answered: items.filter((item) => item?.[1] !== null).length,
					});
					expect(question.mean_score).toBeCloseTo(mean(scores), 9);
					expect(question.facility).toBeCloseTo(mean(scores) / question.max_score, 9);
					expect(question.option_counts).toEqual(
						question.option_counts.map((_, o) => items.filter((item) => item?.[1] === o).length),
					);
					const fine = rests.map((rest) => Math.round(rest * 100));
					if (!varies(scores) || !varies(fine)) expect(question.discrimination).toBeNull();
					else expect(question.discrimination).toBeCloseTo(correlation(scores, rests), 6);
				});
			}),
		);
	});

	it("do not depend on the order of the attempts, nor on how they came in batches", () => {
		fc.assert(
			fc.property(attempts, fc.nat(), (all, cut) => {
				const at = cut % (all.length + 1);
				const halves = addSums(sumsOf(all.slice(at)), sumsOf(all.slice(0, at)));
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
				const { whole, fine } = first ? questionSums(first) : NO_SUMS;
				const less = (sums: number[], taken: number[]) =>
					addVectors(
						sums,
						taken.map((sum) => -sum),
					).map((sum) => sum + 0);
				const rest = sumsOf(others);
				const before = sumsOf(all);
				const none = (sums: number[]) => sums.map(() => 0);
				expect(less(before.whole, whole)).toEqual(rest.whole.length ? rest.whole : none(before.whole));
				expect(less(before.fine, fine)).toEqual(rest.fine.length ? rest.fine : none(before.fine));
			}),
		);
	});

	it("are exact beyond 2⁵³: of 100,000 attempts at 500 questions of 1,000 marks each", () => {
		const attempt = (earned: number): Submitted => {
			const items = Array.from({ length: 500 }, (_, id) => ({
				id: `q${id}`,
				choice: 0,
				score: id === 0 ? earned : 99_999,
				max: 100_000,
				options: 0,
			}));
			const total = items.reduce((sum, item) => sum + item.score, 0);
			const marks = { items, score: total, max_score: 50_000_000, percentage_bp: 0, passed: false };
			const key = { quiz: "quz_x", version: "0".repeat(64), version_number: 1, pass_percentage: 50, questions: [] };
			return submittedEvent("att_x", 1, key, { quiz: "quz_x", answers: {} }, marks);
		};
		const times = 50_000;
		const [low, high] = [questionSums(attempt(1)).fine, questionSums(attempt(2)).fine];
		const fine = low.map((sum, place) => (sum + (high[place] ?? 0)) * times);
		expect(fine.every(Number.isSafeInteger)).toBe(true);
		const [first, second] = questionStatistics(layoutOf(attempt(1)), { whole: [], fine });
		// The rest of the quiz is the same in all of them, so nothing correlates with it; the second goes with the first alone.
		expect(first).toMatchObject({ n: 2 * times, mean_score: 0.015, discrimination: null });
		expect(second).toMatchObject({ mean_score: 999.99, discrimination: null });
	});

	it("say 1 and no more of a question that all have right, and of two that go together", () => {
		const of = (earned: number, max: number, options = 0) => ({ id: "", choice: null, score: earned, max, options });
		const attempt = (...items: { score: number; max: number }[]) => {
			const said = items.map(({ score: earned, max }, id) => ({ ...of(earned, max), id: String(id) }));
			const total = said.reduce((sum, item) => sum + item.score, 0);
			const marks = { items: said, score: total, max_score: 1_000, percentage_bp: 0, passed: false };
			const key = { quiz: "quz_x", version: "0".repeat(64), version_number: 1, pass_percentage: 50, questions: [] };
			return submittedEvent("att_x", 1, key, { quiz: "quz_x", answers: {} }, marks);
		};
		const right = Array.from({ length: 3 }, () => attempt({ score: 70, max: 70 }));
		expect(questionStatistics(layoutOf(right[0] ?? attempt()), sumsOf(right))[0]?.facility).toBe(1);
		const both = (earned: number) => attempt({ score: earned, max: 100 }, { score: earned, max: 100 });
		const together = Array.from({ length: 15 }, (_, index) => both(index < 6 ? 100 : 0));
		expect(questionStatistics(layoutOf(both(0)), sumsOf(together))[0]?.discrimination).toBe(1);
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
