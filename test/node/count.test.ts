import { expect, test } from "vitest";
import type { Attempt, PlayableQuiz, QuizStatistics } from "../../dev/contract.ts";
import { addAttempts, countOf } from "../../dev/count.ts";
import { hundredthsOf } from "../../src/domain/attempts/marks.ts";

/** What the independent count of statistics makes of attempts whose answer is known. */

const statistics = (settings: PlayableQuiz["settings"], scores: (number | null)[][], questions: object[]) => {
	const quiz = { id: "quz_1", version: "ver_1", owner: "usr_a", settings, subjects: [{ questions: [{ id: "1" }] }] };
	const attempts = scores.map(([score], index) => ({
		user: `usr_${index}`,
		attempt: {
			version: "ver_1",
			score: 1,
			percentage: 50,
			passed: true,
			answers: { "1": 0 },
			question_marks: settings.question_marks ?? "shown",
			questions: [{ id: "1", score, max_score: 2 }],
		},
	}));
	const none = {
		attempts: 0,
		takers: 0,
		version_attempts: 0,
		mean_score: null,
		mean_percentage: null,
		pass_rate: null,
	};
	const bins = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
	const before = countOf({ ...none, histogram: bins, questions: [] } as unknown as QuizStatistics);
	// The count looks at nothing else of a quiz and of an attempt.
	const all = attempts as unknown as { user: string; attempt: Attempt }[];
	const counted = addAttempts(before, quiz as unknown as PlayableQuiz, all);
	const sums = { attempts: 2, takers: 2, version_attempts: 2, mean_score: 1, mean_percentage: 50, pass_rate: 1 };
	const histogram = bins.with(5, 2);
	return { counted, said: countOf({ ...sums, histogram, questions } as unknown as QuizStatistics) };
};

test("marks of questions are counted where they are told", () => {
	const questions = [{ id: "1", n: 2, answered: 2, max_score: 2, mean_score: 1.5, facility: 0.75 }];
	const { counted, said } = statistics({}, [[1], [2]], questions);
	expect(counted).toEqual(said);
	expect(counted.questions["1"]?.score).toBe(hundredthsOf(3));
});

test("a quiz that hides them is counted without them, as its statistics are for takers", () => {
	const questions = [{ id: "1", n: 2, answered: 2, max_score: 2 }];
	const { counted, said } = statistics({ question_marks: "hidden" }, [[null], [null]], questions);
	expect(counted).toEqual(said);
});

test("marks that are missing where they should be told are no marks", () => {
	expect(statistics({}, [[1], [null]], []).counted.questions["1"]?.score).toBeNaN();
});
