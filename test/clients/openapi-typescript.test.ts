import createClient from "openapi-fetch";
import { expect, inject, test } from "vitest";
import type { components, paths } from "./generated/schema.ts";
import type {} from "./provided.ts";

/** One journey by the types of openapi-typescript: what it could not tell would not compile. */

const { GET, POST, PUT } = createClient<paths>({
	baseUrl: inject("url"),
	headers: { Authorization: `Bearer ${inject("token")}` },
});
const me = { user: "me" };
const keyed = () => ({ "Idempotency-Key": crypto.randomUUID() });

type Question = components["schemas"]["Question"];

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
	const created = await POST("/v1/users/{user}/quizzes", {
		params: { path: me, header: keyed() },
		body: {
			title: "Volcanoes",
			settings: { count_author: true },
			subjects: [
				{
					name: "All",
					questions: [
						{ id: 1, type: "single_choice", question: "Below?", options: ["Lava", "Magma"], correctAnswer: 1 },
						{ id: 2, type: "true_false", question: "Is Etna active?", correct: true, marks: 2 },
					],
				},
			],
		},
	});
	const draft = created.data;
	if (!draft) throw new Error(created.error.detail);
	const [first] = draft.content.subjects[0]?.questions ?? [];
	expect(first?.type === "single_choice" && first.correctAnswer).toBe(1);

	const published = await PUT("/v1/users/{user}/quizzes/{quiz}/publication", {
		params: { path: { ...me, quiz: draft.id }, header: { Prefer: "wait=20" } },
		body: { visibility: "public" },
	});
	expect(published.data).toMatchObject({ status: "published", version_number: 1 });

	const read = await GET("/v1/quizzes/{quiz}", { params: { path: { quiz: draft.id } } });
	const questions = read.data?.subjects.flatMap((subject) => subject.questions) ?? [];
	const attempt = await POST("/v1/users/{user}/attempts", {
		params: { path: me, header: { ...keyed(), Prefer: "wait=20" } },
		body: { quiz: draft.id, answers: Object.fromEntries(questions.map((each) => [each.id, responseTo(each)])) },
	});
	expect(attempt.data).toMatchObject({ score: 3, max_score: 3, passed: true });

	await POST("/v1/users/{user}/credits/grants", {
		params: { path: me, header: keyed() },
		body: { amount: 10, kind: "bonus" },
	});
	const holds = "/v1/users/{user}/credits/holds";
	const hold = await POST(holds, { params: { path: me, header: keyed() }, body: { amount: 6 } });
	if (!hold.data) throw new Error(hold.error.detail);
	const tooMuch = await POST(holds, { params: { path: me, header: keyed() }, body: { amount: 60 } });
	// The members are there once the code is known, and only then.
	if (tooMuch.error?.code !== "insufficient-credits") throw new Error(`not refused: ${tooMuch.error?.code}`);
	expect(tooMuch.error.needed).toBe(60);
	const settlement = { params: { path: { ...me, hold: hold.data.id }, header: keyed() }, body: { amount: 4 } };
	const settled = await POST("/v1/users/{user}/credits/holds/{hold}/settlement", settlement);
	expect(settled.data).toMatchObject({ status: "settled", settled: 4, returned: 2 });
	const again = await POST("/v1/users/{user}/credits/holds/{hold}/settlement", {
		...settlement,
		params: { ...settlement.params, header: keyed() },
	});
	switch (again.error?.code) {
		case "hold-already-settled":
			expect(again.error.settled).toBe(4);
			break;
		default:
			throw new Error(`not refused: ${again.error?.code}`);
	}

	const statistics = await GET("/v1/quizzes/{quiz}/statistics", { params: { path: { quiz: draft.id } } });
	expect(statistics.data?.questions.map(({ id }) => id)).toEqual(["1", "2"]);
	const page = await GET("/v1/quizzes", { params: { query: { limit: 1, sort: "newest" } } });
	expect(page.data?.items[0]).toMatchObject({ id: draft.id, question_count: 2 });
	const query = { limit: 1 };
	await POST(holds, { params: { path: me, header: keyed() }, body: { amount: 1 } });
	const newest = await GET(holds, { params: { path: me, query } });
	const cursor = newest.data?.next_cursor ?? "none";
	const earlier = await GET(holds, { params: { path: me, query: { ...query, cursor } } });
	expect([newest, earlier].map(({ data }) => data?.items[0]?.status)).toEqual(["held", "settled"]);
});
