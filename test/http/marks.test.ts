import { describe, expect, it } from "vitest";
import { MARKS_MAX, MARKS_MIN } from "../../src/domain/quizzes/limits.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { caughtUp, expectProblem, newClient, publishedQuiz, since } from "../lib/harness.ts";

/** Marks of two decimals: what questions are worth, and what a part of them comes to. */

const ATTEMPTS = "/v1/users/me/attempts";

/** One question of which parts count, and one that counts as a whole. */
const inParts = (marks: number, settings?: QuizDocument["settings"]): QuizDocument => ({
	title: "In parts",
	...(settings && { settings }),
	subjects: [
		{
			name: "all",
			questions: [
				{
					id: "parts",
					question: "Which?",
					type: "multiple_choice",
					options: ["a", "b", "c", "d"],
					correct_answers: [0, 1, 2],
					scoring: "partial",
					marks,
				},
				{ id: "whole", question: "Is it?", type: "true_false", correct: true, marks: 2 },
			],
		},
	],
});

describe("a part of the marks", () => {
	it("is never rounded to nothing: a third of one mark is 0.33, and all thirds are one", async () => {
		const quiz = await publishedQuiz(await newClient(), inParts(1));
		const taker = await newClient();
		const submit = async (answers: object) => (await taker.post(ATTEMPTS, { quiz, answers })).body;
		const third = await submit({ parts: [0], whole: true });
		expect(third).toMatchObject({
			score: 2.33,
			max_score: 3,
			percentage: 77.67,
			questions: [
				{ id: "parts", score: 0.33, max_score: 1 },
				{ id: "whole", score: 2, max_score: 2 },
			],
		});
		expect(await submit({ parts: [0, 1] })).toMatchObject({ score: 0.66, percentage: 22, passed: false });
		expect(await submit({ parts: [0, 1, 2], whole: true })).toMatchObject({ score: 3, percentage: 100 });
		expect((await taker.get(`${ATTEMPTS}/${third.id}`)).body).toEqual(third);
		expect((await taker.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	it("stands in the statistics as it was earned, beside whole marks", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, inParts(1));
		for (const parts of [[0], [0, 1], [0, 1, 2], []]) {
			const taker = await newClient();
			expect((await taker.post(ATTEMPTS, { quiz, answers: { parts, whole: parts.length > 1 } })).status).toBe(201);
			await caughtUp(taker);
		}
		const { body } = await author.get(`/v1/quizzes/${quiz}/statistics`);
		expect(body).toMatchObject({ attempts: 4, version_attempts: 4, max_score: 3 });
		expect(body.mean_score).toBeCloseTo((0.33 + 2.66 + 3 + 0) / 4, 9);
		const [parts, whole] = body.questions;
		expect(parts).toMatchObject({ n: 4, answered: 3, max_score: 1, option_counts: [3, 2, 1, 0] });
		expect(parts.facility).toBeCloseTo((0.33 + 0.66 + 1) / 4, 9);
		expect(whole).toMatchObject({ n: 4, answered: 4, facility: 0.5 });
		// Pearson's r of 0.33, 0.66, 1, 0 and 0, 2, 2, 0.
		expect(parts.discrimination).toBeCloseTo(0.89306, 5);
	});

	it("is told nowhere where the marks of questions are hidden", async () => {
		const quiz = await publishedQuiz(await newClient(), inParts(1, { question_marks: "hidden" }));
		const taker = await newClient();
		const { body } = await taker.post(ATTEMPTS, { quiz, answers: { parts: [0] } });
		expect(body).toMatchObject({ score: 0.33, questions: [{ score: null }, { score: null }] });
		const feed = (await taker.get("/v1/users/me/log")).body.items;
		const row = feed.find(({ kind }: { kind: string }) => kind === "attempt.submitted");
		expect(row.body.items).toEqual([
			["parts", [0], null, 1, 4],
			["whole", null, null, 2, 2],
		]);
		expect(row.body.hundredths).toEqual({
			score: 33,
			max_score: 300,
			items: [
				[null, 100],
				[null, 200],
			],
		});
	});
});

describe("a question", () => {
	it("is worth two decimals of marks, which lists, attempts and statistics say", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, inParts(0.25));
		expect((await author.get(`/v1/quizzes/${quiz}`)).body).toMatchObject({
			max_score: 2.25,
			subjects: [{ questions: [{ marks: 0.25 }, { marks: 2 }] }],
		});
		expect((await author.get(`/v1/quizzes?author=${author.user}`)).body.items).toMatchObject([{ max_score: 2.25 }]);
		const taker = await newClient();
		const { body } = await taker.post(ATTEMPTS, { quiz, answers: { parts: [0], whole: true } }, { Prefer: "wait=20" });
		expect(body).toMatchObject({ score: 2.08, max_score: 2.25 });
		const statistics = `/v1/quizzes/${quiz}/statistics`;
		expect((await author.get(statistics)).body).toMatchObject({ max_score: 2.25, mean_score: 2.08 });
		const path = `/v1/users/me/quizzes/${quiz}`;
		const archived = await author.put(`${path}/status`, { status: "archived" }, { Prefer: "wait=20" });
		expect((await author.request("GET", statistics, { headers: since(archived) })).body.max_score).toBe(2.25);
	});

	it("is worth a hundredth at least and 1,000 at most, and no third decimal", async () => {
		const author = await newClient();
		const create = (marks: number) => author.post("/v1/users/me/quizzes", inParts(marks));
		for (const marks of [MARKS_MIN, 0.07, 0.1 + 0.2, 99.99, MARKS_MAX]) {
			const { status, body } = await create(marks);
			expect([status, body.content?.subjects[0].questions[0].marks]).toEqual([201, Number(marks.toFixed(2))]);
		}
		for (const marks of [0, -1, 0.001, 1.005, MARKS_MAX + 0.01]) {
			expectProblem(await create(marks), "invalid-request", ["/subjects/0/questions/0/marks"]);
		}
	});
});
