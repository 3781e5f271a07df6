import { expect, inject, test } from "vitest";
import { createClient } from "./generated/hey-api/client/index.ts";
import {
	createQuiz,
	getQuiz,
	getQuizStatistics,
	grantCredits,
	listHolds,
	listQuizzes,
	publishQuiz,
	reserveCredits,
	settleHold,
	submitAttempt,
} from "./generated/hey-api/index.ts";
import type { Question } from "./generated/hey-api/types.gen.ts";
import type {} from "./provided.ts";

/** One journey by the functions that hey-api generates, which are named after the operations. */

const client = createClient({ baseUrl: inject("url"), auth: inject("token") });
const path = { user: "me" };
const keyed = () => ({ "Idempotency-Key": crypto.randomUUID() });

/** A response to any question, by its type: one that the document does not have would not compile. */
function responseTo(question: Question): number | number[] | string | boolean | null[] {
	switch (question.type) {
		case "single_choice":
			return question.options.length - 1;
		case "multiple_choice":
			return question.options.map((_, index) => index);
		case "true_false":
			return true;
		case "numeric":
			return "1281";
		case "short_text":
			return question.case_sensitive ? "Sicily" : "sicily";
		case "ordering":
			return question.items.map((_, index) => index);
		case "matching":
			return question.prompts.map(() => null);
		default:
			return question satisfies never;
	}
}

test("publishes a quiz, attempts it, pays for a generation, reads figures and pages, and tells problems apart", async () => {
	const { data: draft } = await createQuiz({
		client,
		path,
		headers: keyed(),
		throwOnError: true,
		body: {
			title: "Rivers",
			settings: { count_author: true },
			subjects: [
				{
					name: "All",
					questions: [
						{ id: 1, type: "single_choice", question: "The longest?", options: ["Rhine", "Nile"], correctAnswer: 1 },
						{ id: 2, type: "true_false", question: "Does the Nile flow north?", correct: true, marks: 2 },
					],
				},
			],
		},
	});
	const [first] = draft.content.subjects[0]?.questions ?? [];
	expect(first?.type === "single_choice" && first.correctAnswer).toBe(1);

	const quiz = draft.id;
	const waiting = { Prefer: "wait=20" };
	const published = await publishQuiz({
		client,
		path: { ...path, quiz },
		headers: waiting,
		body: { visibility: "public" },
	});
	expect(published.data).toMatchObject({ status: "published", version_number: 1 });

	const read = await getQuiz({ client, path: { quiz } });
	const questions = read.data?.subjects.flatMap((subject) => subject.questions) ?? [];
	const attempt = await submitAttempt({
		client,
		path,
		headers: { ...keyed(), ...waiting },
		body: { quiz, answers: Object.fromEntries(questions.map((each) => [each.id, responseTo(each)])) },
	});
	expect(attempt.data).toMatchObject({ score: 3, max_score: 3, passed: true });

	await grantCredits({ client, path, headers: keyed(), body: { amount: 10, kind: "bonus" }, throwOnError: true });
	const hold = await reserveCredits({ client, path, headers: keyed(), body: { amount: 6 }, throwOnError: true });
	const tooMuch = await reserveCredits({ client, path, headers: keyed(), body: { amount: 60 } });
	// The members are there once the code is known, and only then.
	if (tooMuch.error?.code !== "insufficient-credits") throw new Error(`not refused: ${tooMuch.error?.code}`);
	expect(tooMuch.error.needed).toBe(60);
	const ofHold = { client, path: { ...path, hold: hold.data.id }, body: { amount: 4 } };
	const settled = await settleHold({ ...ofHold, headers: keyed() });
	expect(settled.data).toMatchObject({ status: "settled", settled: 4, returned: 2 });
	const again = await settleHold({ ...ofHold, headers: keyed() });
	switch (again.error?.code) {
		case "hold-already-settled":
			expect(again.error.settled).toBe(4);
			break;
		default:
			throw new Error(`not refused: ${again.error?.code}`);
	}

	const statistics = await getQuizStatistics({ client, path: { quiz } });
	expect(statistics.data?.questions.map(({ id }) => id)).toEqual(["1", "2"]);
	const page = await listQuizzes({ client, query: { limit: 1, sort: "newest" } });
	expect(page.data?.items[0]).toMatchObject({ id: quiz, question_count: 2 });
	const query = { limit: 1 };
	await reserveCredits({ client, path, headers: keyed(), body: { amount: 1 }, throwOnError: true });
	const newest = await listHolds({ client, path, query });
	const cursor = newest.data?.next_cursor ?? "none";
	const earlier = await listHolds({ client, path, query: { ...query, cursor } });
	expect([newest, earlier].map(({ data }) => data?.items[0]?.status)).toEqual(["held", "settled"]);
});
