import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import {
	type Answer,
	type Client,
	caughtUp,
	expectProblem,
	headSeq,
	newClient,
	publishedQuiz,
} from "../lib/harness.ts";
import { document } from "../lib/operations.ts";
import { CANARY, everyType, RIGHT, SHOWN } from "../lib/question-types.ts";

/** Questions of every type over HTTP: written, published, taken, read again. */

const QUIZZES = "/v1/users/me/quizzes";
const ATTEMPTS = "/v1/users/me/attempts";
const submit = (client: Client, quiz: string, answers: object, headers = {}) =>
	client.post(ATTEMPTS, { quiz, answers }, headers);

interface Body {
	[name: string]: unknown;
	id: string;
}
const questionsIn = (quiz: Answer["body"]): Body[] =>
	quiz.subjects.flatMap((subject: { questions: Body[] }) => subject.questions);

/** Answers of the right shape that say nothing of the key. */
const WRONG = {
	plain: 0,
	single: 0,
	all: [1, 3],
	some: [2],
	truth: true,
	number: -4.5,
	text: "Nobody",
	order: [0, 1, 2, 3],
	pairs: [null, 1, 1],
};

describe("a quiz of every type", () => {
	it("comes back to its author as it was written, and is saved again without a change", async () => {
		const author = await newClient();
		const created = await author.post(QUIZZES, everyType());
		expect(created.status).toBe(201);
		const read = (await author.get(`${QUIZZES}/${created.body.id}`)).body;
		const [, single] = questionsIn(read.content);
		expect(single).toEqual({ ...questionsIn(everyType())[1], type: "single_choice" });
		const number = questionsIn(read.content).find(({ id }) => id === "number");
		expect(number).toMatchObject({ correct: "-90210.77003", tolerance: "0.770109077" });
		const again = await author.put(`${QUIZZES}/${created.body.id}`, read.content, { "If-Match": read.etag });
		expect([again.status, again.body.revision]).toEqual([200, 1]);
	});

	it("is marked by its key: full marks for the right answers, which are shown as they were given", async () => {
		const taker = await newClient();
		const quiz = await publishedQuiz(await newClient(), everyType());
		const { status, body } = await submit(taker, quiz, RIGHT);
		expect(status).toBe(201);
		expect(body).toMatchObject({ score: 54, max_score: 54, percentage: 100, passed: true, answers: RIGHT });
		expect(body.questions).toEqual(Object.keys(RIGHT).map((id) => ({ id, score: 6, max_score: 6 })));
		expect((await taker.get(`${ATTEMPTS}/${body.id}`)).body).toEqual(body);
		expect((await taker.get(`${ATTEMPTS}?quiz=${quiz}`)).body.items).toEqual([body]);
		expect((await taker.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	it("gives marks in part, and none for what is blank, which is allowed everywhere", async () => {
		const taker = await newClient();
		const quiz = await publishedQuiz(await newClient(), everyType());
		const answers = { some: [0, 1], order: [1, 0, 2, 3], pairs: [2, null, 1], all: [], text: " " };
		const { body } = await submit(taker, quiz, answers);
		const marks = Object.fromEntries(body.questions.map(({ id, score }: Body) => [id, score]));
		expect(marks).toEqual({
			plain: 0,
			single: 0,
			all: 0,
			some: 4,
			truth: 0,
			number: 0,
			text: 0,
			order: 4,
			pairs: 2,
		});
		expect(body).toMatchObject({ answers, score: 10, percentage: 18.52, passed: false });
		expect((await submit(taker, quiz, {})).body).toMatchObject({ score: 0, answers: {} });
	});

	it("answers a retry as it answered first, and counts it once", async () => {
		const taker = await newClient();
		const quiz = await publishedQuiz(await newClient(), everyType());
		const key = { "Idempotency-Key": "once" };
		const first = await submit(taker, quiz, RIGHT, key);
		const again = await submit(taker, quiz, RIGHT, key);
		expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([first.text, "true"]);
		expectProblem(await submit(taker, quiz, { ...RIGHT, text: "another" }, key), "idempotency-key-reused");
		expect(await headSeq(taker)).toBe(2);
	});

	it("counts in the statistics how often each option was chosen, alone or with others", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, everyType());
		for (const answers of [RIGHT, WRONG, {}]) await submit(taker, quiz, answers);
		await caughtUp(taker);
		const { questions } = (await author.get(`/v1/quizzes/${quiz}/statistics`)).body;
		const counted = questions.map(({ id, n, answered, facility, option_counts }: Body) => [
			id,
			n,
			answered,
			facility,
			option_counts,
		]);
		expect(counted).toEqual([
			["plain", 3, 2, 1 / 3, [1, 0, 0, 1]],
			["single", 3, 2, 1 / 3, [1, 0, 1, 0]],
			["all", 3, 2, 1 / 3, [1, 1, 1, 1]],
			["some", 3, 2, 1 / 3, [1, 1, 1, 1]],
			["truth", 3, 2, 1 / 3, [1, 1]],
			["number", 3, 2, 1 / 3, []],
			["text", 3, 2, 1 / 3, []],
			["order", 3, 2, 1 / 3, []],
			["pairs", 3, 2, 1 / 3, []],
		]);
	});
});

describe("the key of every type", () => {
	it("is in no answer for a taker: all else is shown", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, everyType());
		const playable = await taker.get(`/v1/quizzes/${quiz}`);
		for (const question of questionsIn(playable.body)) {
			const shown = new Set(["id", "type", "question", "marks", "hint", ...(SHOWN[question.id] ?? ["nothing"])]);
			expect(Object.keys(question).sort()).toEqual([...shown].sort());
		}
		const submitted = await submit(taker, quiz, WRONG);
		expect(submitted.body).toMatchObject({ score: 0, answers: WRONG });
		await caughtUp(taker);
		const answers = [
			playable,
			submitted,
			await taker.get("/v1/quizzes?limit=100"),
			await taker.get(ATTEMPTS),
			await taker.get(`${ATTEMPTS}/${submitted.body.id}`),
			await taker.get(`/v1/quizzes/${quiz}/statistics`),
			await taker.get("/v1/users/me/log"),
			await submit(taker, quiz, { number: "x", text: 1, all: 9, order: [], pairs: [], some: [7], truth: 0, plain: 5 }),
		];
		for (const { text } of answers) {
			expect(text.length).toBeGreaterThan(0);
			expect(text).not.toMatch(CANARY);
			expect(text).not.toMatch(/correct|tolerance|accepted|explanation/i);
		}
		// What is looked for can be found: it is all in the author's own view.
		const { text } = await author.get(`${QUIZZES}/${quiz}`);
		for (const secret of [/CANARY Señor/, /CANARY explanation/, /-90210\.77003/, /0\.770109077/, /correct_matches/]) {
			expect(text).toMatch(secret);
		}
	});

	it("and what was answered in words and numbers are not in the log", async () => {
		const taker = await newClient();
		const quiz = await publishedQuiz(await newClient(), everyType());
		await submit(taker, quiz, { text: "My own words", number: 31_415, order: [2, 3, 0, 1] });
		const { text } = await taker.get("/v1/users/me/log");
		expect(text).toContain("answers_digest");
		expect(text).not.toMatch(/own words|31415|\[2,3,0,1\]/);
	});
});

describe("a response that is none to its question", () => {
	it("is 400, named by its question with what would have been one, and nothing changes", async () => {
		const taker = await newClient();
		const quiz = await publishedQuiz(await newClient(), everyType());
		await submit(taker, quiz, {});
		const before = await headSeq(taker);
		const wrong: [id: string, response: unknown, allowed: RegExp][] = [
			["plain", [0], /index of an option, 0 to 3/],
			["all", 2, /different indices of options, each 0 to 3/],
			["some", [1, 1], /different indices of options, each 0 to 3/],
			["truth", 1, /true or false/],
			["number", "1,5", /decimal text/],
			["text", 7, /text of at most 1000 characters/],
			["text", "x".repeat(1_001), /1000 characters/],
			["order", [0, 1, 2], /all 4 indices of items/],
			["pairs", [0, 4, 0], /for each prompt the index of a choice, 0 to 3, or null/],
			["pairs", { a: 1 }, /list of at most 26 indices/],
			["plain", null, /must be an index/],
		];
		for (const [id, response, allowed] of wrong) {
			const refused = await submit(taker, quiz, { [id]: response });
			expectProblem(refused, "invalid-request", [`/answers/${id}`]);
			expect(refused.body.errors[0].detail).toMatch(allowed);
		}
		const several = await submit(taker, quiz, { truth: "no", text: "fine", order: [0], nobody: 1 });
		expectProblem(several, "invalid-request", ["/answers/truth", "/answers/order", "/answers/nobody"]);
		expect(await headSeq(taker)).toBe(before);
	});
});

describe("an attempt of before answers were stored", () => {
	it("shows the choices that its items have, and its verification is right", async () => {
		const taker = await newClient();
		const quiz = await publishedQuiz(await newClient());
		const { body } = await submit(taker, quiz, { 1: 0, 3: 2, 2: 3 });
		await runInDurableObject(taker.shard(), (_, { storage }) => storage.sql.exec("UPDATE attempts SET answers = NULL"));
		expect((await taker.get(`${ATTEMPTS}/${body.id}`)).body).toEqual(body);
		expect((await taker.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
		await runInDurableObject(taker.shard(), (_, { storage }) =>
			storage.sql.exec("UPDATE attempts SET items = replace(items, '\"1\",0', '\"1\",1')"),
		);
		expect((await taker.get("/v1/users/me/credits/verification")).body).toMatchObject({
			ok: false,
			records: { first_difference: { table: "attempts" } },
		});
	});
});

describe("a document", () => {
	it("of 10,000 questions is 400 with the limit, and makes no quiz", async () => {
		const author = await newClient();
		const questions = Array.from({ length: 10_000 }, (_, id) => ({
			id,
			type: "true_false",
			question: "?",
			correct: true,
		}));
		const refused = await author.post(QUIZZES, { title: "t", subjects: [{ name: "s", questions }] });
		expectProblem(refused, "invalid-request", ["/subjects"]);
		expect(refused.body.errors[0].detail).toBe("A quiz has at most 500 questions; this one has 10000.");
		expect(await headSeq(author)).toBe(0);
	});

	it("with many faults is told all of them", async () => {
		const question = { id: 1, question: "", type: "ordering", items: ["a", "a"], correct_order: [0, 2], points: 3 };
		const body = { title: "", subjects: [{ name: "s", questions: [question, { ...question, type: "essay" }] }] };
		const refused = await (await newClient()).post(QUIZZES, body);
		expectProblem(refused, "invalid-request");
		const at = "/subjects/0/questions";
		expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
			[
				"/title",
				`${at}/0/question`,
				`${at}/0/items/1`,
				`${at}/0/correct_order/1`,
				`${at}/0/points`,
				`${at}/1/type`,
				`${at}/1/id`,
			].sort(),
		);
	});

	it("with HTML and scripts in its texts comes back with these very texts", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const text = `<script>alert("1")</script> &lt; <img src=x onerror='a()'>`;
		const question = { id: 1, type: "short_text", question: text, accepted: [text], hint: text };
		const quiz = await publishedQuiz(author, {
			title: text,
			subjects: [{ name: text, questions: [{ ...question, type: "short_text" }] }],
		});
		const { body, headers } = await taker.get(`/v1/quizzes/${quiz}`);
		expect(headers.get("Content-Type")).toMatch(/^application\/json/);
		expect([body.title, body.subjects[0].name]).toEqual([text, text]);
		expect(questionsIn(body)[0]).toMatchObject({ question: text, hint: text });
		expect((await submit(taker, quiz, { 1: text })).body).toMatchObject({ score: 1, answers: { 1: text } });
	});
});

it("the examples of the OpenAPI document are a quiz that can be published and answers to it", async () => {
	const { example } = document.paths["/v1/users/{user}/quizzes"].post.requestBody.content["application/json"];
	const quiz = await publishedQuiz(await newClient(), example);
	const { answers } = document.components.schemas.Submission.example;
	const { status, body } = await submit(await newClient(), quiz, answers);
	expect([status, body.score, body.max_score, body.answers]).toEqual([201, 8.33, 10, answers]);
});
