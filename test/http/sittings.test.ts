import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OPEN_ATTEMPT_DAYS } from "../../src/domain/attempts/limits.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import {
	type Client,
	caughtUp,
	expectProblem,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import { at } from "../lib/ledger-harness.ts";
import { CANARY, everyType, RIGHT } from "../lib/question-types.ts";

/** Attempts over HTTP: opened, saved, submitted; their time; what they show and what the catalog knows of them. */

const ATTEMPTS = "/v1/users/me/attempts";
const START = Date.UTC(2041, 0, 5, 8);

afterEach(() => {
	vi.useRealTimers();
});

const quizWith = async (settings: QuizDocument["settings"], document = quizDocument()) =>
	publishedQuiz(await newClient(), { ...document, ...(settings && { settings }) });

const open = async (taker: Client, quiz: string) => {
	const { status, body } = await taker.post(ATTEMPTS, { quiz });
	expect([status, body.status]).toEqual([201, "in_progress"]);
	return body;
};
const save = (taker: Client, id: string, ...changes: object[]) =>
	taker.request("PATCH", `${ATTEMPTS}/${id}`, { body: { changes } });
const submit = (taker: Client, id: string, headers?: Record<string, string>) =>
	taker.post(`${ATTEMPTS}/${id}/submission`, undefined, headers);

describe("an attempt", () => {
	it("is opened, saved and submitted: what is stored is told, and what is stored is marked", async () => {
		const quiz = await quizWith({});
		const taker = await newClient();
		const opened = await open(taker, quiz);
		expect(opened).toMatchObject({ number: 1, deadline: null, saved: {}, answers: {}, option_order: {} });
		expect(opened.questions.map(({ id }: { id: string }) => id)).toEqual(["1", "2", "3", "4"]);
		expect(JSON.stringify(opened)).not.toMatch(/correctAnswer|CANARY/);
		const first = await save(
			taker,
			opened.id,
			{ question: "1", counter: 1, response: 0 },
			{ question: "2", counter: 1, response: 3 },
		);
		expect(first).toMatchObject({ status: 200, body: { saved: { 1: 1, 2: 1 }, deadline: null } });
		expect(first.body.server_time).toBeGreaterThanOrEqual(opened.server_time);
		// An older one that comes late changes nothing; what is stored is told.
		const late = await save(
			taker,
			opened.id,
			{ question: "1", counter: 1, response: 2 },
			{ question: "2", counter: 9, response: 1, flagged: true, time_s: 12 },
		);
		expect(late.body.saved).toEqual({ 1: 1, 2: 9 });
		expect((await taker.get(`${ATTEMPTS}/${opened.id}`)).body).toMatchObject({
			status: "in_progress",
			answers: { 1: 0, 2: 1 },
			flags: ["2"],
			times_s: { 2: 12 },
		});
		const submitted = await submit(taker, opened.id);
		expect(submitted).toMatchObject({
			status: 201,
			body: { id: opened.id, status: "submitted", score: 2, max_score: 4, answers: { 1: 0, 2: 1 }, ended_by: "taker" },
		});
		expect((await taker.get(`${ATTEMPTS}/${opened.id}`)).body).toEqual(submitted.body);
		expect((await taker.get(ATTEMPTS)).body.items).toEqual([submitted.body]);
		expectProblem(await submit(taker, opened.id), "attempt-already-submitted");
		expectProblem(
			await save(taker, opened.id, { question: "1", counter: 99, response: 1 }),
			"attempt-already-submitted",
		);
		expect((await taker.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	it("has texts, which are stored sealed, opened for the taker alone and marked as they were given", async () => {
		const quiz = await publishedQuiz(await newClient(), everyType());
		const taker = await newClient();
		const { id } = await open(taker, quiz);
		const changes = Object.entries(RIGHT).map(([question, response], n) => ({ question, counter: n + 1, response }));
		expect((await save(taker, id, ...changes)).status).toBe(200);
		const read = (await taker.get(`${ATTEMPTS}/${id}`)).body;
		expect(read.answers).toEqual(RIGHT);
		expect(JSON.stringify(read.questions)).not.toMatch(CANARY);
		const { body } = await submit(taker, id);
		expect(body).toMatchObject({ percentage: 100, answers: RIGHT });
		expect((await taker.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	it("that is opened twice goes on, and a retry of the opening shows where it stands", async () => {
		const quiz = await quizWith({ attempts_max: 1 });
		const taker = await newClient();
		const headers = { "Idempotency-Key": "open-it" };
		const first = await taker.post(ATTEMPTS, { quiz }, headers);
		const [again, other] = await Promise.all([taker.post(ATTEMPTS, { quiz }, headers), taker.post(ATTEMPTS, { quiz })]);
		expect([again.body.id, other.body.id]).toEqual([first.body.id, first.body.id]);
		expect(again.headers.get("Idempotent-Replayed")).toBe("true");
		const [one, two] = await Promise.all([submit(taker, first.body.id), submit(taker, first.body.id)]);
		expect([one?.status, two?.status].sort()).toEqual([201, 409]);
		expect((await taker.post(ATTEMPTS, { quiz }, headers)).body).toMatchObject({
			id: first.body.id,
			status: "submitted",
		});
		expectProblem(await taker.post(ATTEMPTS, { quiz }), "attempt-limit-reached");
	});

	it("is refused what does not belong to it, by pointer, and nothing is changed", async () => {
		const quiz = await quizWith({});
		const taker = await newClient();
		const { id } = await open(taker, quiz);
		const good = { question: "1", counter: 1, response: 0 };
		const wrong: [object, string][] = [
			[{ question: "9", counter: 1, response: 0 }, "/changes/1/question"],
			[{ question: "2", counter: 1, response: 4 }, "/changes/1/response"],
			[{ question: "2", counter: 0, response: 1 }, "/changes/1/counter"],
			[{ question: "2", counter: 1.5, response: 1 }, "/changes/1/counter"],
			[{ question: "2", counter: 1 }, "/changes/1/response"],
		];
		for (const [bad, pointer] of wrong) expectProblem(await save(taker, id, good, bad), "invalid-request", [pointer]);
		expect((await taker.get(`${ATTEMPTS}/${id}`)).body.saved).toEqual({});
		const stranger = await newClient();
		for (const answer of [await save(stranger, id, good), await submit(stranger, id)])
			expectProblem(answer, "not-found");
	});

	it("of a quiz with a time limit, drawn questions or one way is opened, and not submitted at once", async () => {
		const taker = await newClient();
		for (const settings of [
			{ time_limit_s: 60 },
			{ navigation: "one_way" },
			{ draw: [{ from: "all", take: 1 }] },
		] as const) {
			const quiz = await quizWith(settings as QuizDocument["settings"]);
			expectProblem(await taker.post(ATTEMPTS, { quiz, answers: {} }), "conflict");
		}
	});

	it("shows what is drawn and shuffled, the same whenever it is read, and takes no other answers", async () => {
		const quiz = await quizWith({ draw: [{ from: "all", take: 2 }], shuffle: { questions: true, options: true } });
		const taker = await newClient();
		const opened = await open(taker, quiz);
		const ids = opened.questions.map(({ id }: { id: string }) => id);
		expect(ids).toHaveLength(2);
		expect(Object.keys(opened.option_order).sort()).toEqual([...ids].sort());
		const read = (await taker.get(`${ATTEMPTS}/${opened.id}`)).body;
		expect([read.questions, read.option_order]).toEqual([opened.questions, opened.option_order]);
		const [left = ""] = ["1", "2", "3", "4"].filter((id) => !ids.includes(id));
		expectProblem(await save(taker, opened.id, { question: left, counter: 1, response: 0 }), "invalid-request", [
			"/changes/0/question",
		]);
		const right = ids.map((question: string) => ({ question, counter: 1, response: Number(question) - 1 }));
		expect((await save(taker, opened.id, ...right)).status).toBe(200);
		expect((await submit(taker, opened.id)).body).toMatchObject({ score: 2, max_score: 2 });
	});
});

describe("the time of an attempt", () => {
	it("ends by the server's clock: answers count until the deadline and its grace, and then what is saved counts", async () => {
		const quiz = await quizWith({ time_limit_s: 60, grace_s: 5 });
		let taker = await newClient();
		taker = await at(START, taker);
		const { id, deadline } = await open(taker, quiz);
		expect(deadline).toBe(START + 60_000);
		taker = await at(START + 65_000, taker);
		expect((await save(taker, id, { question: "1", counter: 1, response: 0 })).status).toBe(200);
		taker = await at(START + 65_001, taker);
		const late = await save(taker, id, { question: "2", counter: 2, response: 1 });
		expectProblem(late, "deadline-passed");
		expect(late.body).toMatchObject({ deadline, received_at: START + 65_001 });
		expectProblem(await submit(taker, id), "deadline-passed");
		expect((await taker.get(`${ATTEMPTS}/${id}`)).body).toMatchObject({
			status: "submitted",
			ended_by: "clock",
			deadline,
			score: 1,
			answers: { 1: 0 },
			time_taken_s: 60,
		});
	});

	it("ends by the alarm where nobody asks, by the quiz's rule", async () => {
		const [counts, counts_not] = [
			await quizWith({ time_limit_s: 60 }),
			await quizWith({ time_limit_s: 60, overdue: "abandon" }),
		];
		let taker = await newClient();
		taker = await at(START, taker);
		const ids = [(await open(taker, counts)).id, (await open(taker, counts_not)).id];
		for (const id of ids) await save(taker, id, { question: "1", counter: 1, response: 0 });
		taker = await at(START + 60_001, taker);
		await runDurableObjectAlarm(taker.shard());
		const kinds = (await taker.get("/v1/users/me/log?limit=100")).body.items.map(({ kind }: { kind: string }) => kind);
		expect(kinds.slice(1, 3)).toEqual(["attempt.opened", "attempt.opened"]);
		// Both are due at one instant.
		expect(kinds.slice(3).sort()).toEqual(["attempt.abandoned", "attempt.submitted"]);
		expect((await taker.get(`${ATTEMPTS}/${ids[1]}`)).body).toMatchObject({
			status: "abandoned",
			saved: {},
			questions: [],
		});
		expect((await taker.get("/v1/users/me/credits/verification")).body).toMatchObject({ ok: true });
	});

	it("without a limit ends as abandoned after OPEN_ATTEMPT_DAYS, and the number stays taken", async () => {
		const quiz = await quizWith({});
		let taker = await newClient();
		taker = await at(START, taker);
		const { id } = await open(taker, quiz);
		taker = await at(START + OPEN_ATTEMPT_DAYS * DAY_MS - 1, taker);
		expect((await taker.get(`${ATTEMPTS}/${id}`)).body.status).toBe("in_progress");
		taker = await at(START + OPEN_ATTEMPT_DAYS * DAY_MS, taker);
		expect((await taker.get(`${ATTEMPTS}/${id}`)).body.status).toBe("abandoned");
		expect((await taker.post(ATTEMPTS, { quiz, answers: {} })).body.number).toBe(2);
	});

	it("begins between opening and closing time, and after the delay", async () => {
		const quiz = await quizWith({ opens_at: START, closes_at: START + 100_000, delay_s: 10 });
		let taker = await newClient();
		for (const body of [{ quiz }, { quiz, answers: {} }]) {
			taker = await at(START - 1, taker);
			expectProblem(await taker.post(ATTEMPTS, body), "quiz-not-open");
			taker = await at(START + 100_001, taker);
			expectProblem(await taker.post(ATTEMPTS, body), "quiz-not-open");
		}
		taker = await at(START + 50_000, taker);
		const { id, deadline } = await open(taker, quiz);
		expect(deadline).toBe(START + 100_000);
		expect((await submit(taker, id)).status).toBe(201);
		taker = await at(START + 59_999, taker);
		expectProblem(await taker.post(ATTEMPTS, { quiz }), "quiz-not-open");
		taker = await at(START + 60_000, taker);
		expect((await open(taker, quiz)).number).toBe(2);
	});
});

describe("the catalog", () => {
	it("hears of an opening with the next message, or after a minute, and counts the attempt once", async () => {
		const quiz = await quizWith({});
		const taker = await newClient();
		await taker.post(ATTEMPTS, { quiz: await quizWith({}), answers: {} }, { Prefer: "wait=20" });
		const { messages, restore } = await interceptQueue(taker);
		const { id } = await open(taker, quiz);
		expect(messages).toHaveLength(0);
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
		await runDurableObjectAlarm(taker.shard());
		await expect.poll(() => messages.length).toBe(1);
		restore();
		vi.useRealTimers();
		await submit(taker, id);
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
		await runDurableObjectAlarm(taker.shard());
		vi.useRealTimers();
		await caughtUp(taker);
		const statistics = (await taker.get(`/v1/quizzes/${quiz}/statistics`)).body;
		expect(statistics).toMatchObject({ attempts: 1, takers: 1 });
		const query = `SELECT o.number, o.abandoned_at, f.score FROM opening_facts AS o
			JOIN attempt_facts AS f ON f.shard = o.shard AND f.opened = o.seq WHERE o.quiz = ?`;
		const { results } = await testEnv.CATALOG.prepare(query).bind(quiz).all();
		expect(results).toEqual([{ number: 1, abandoned_at: null, score: 0 }]);
	});

	it("counts a taker whose first attempt came to nothing by the one that was submitted", async () => {
		const quiz = await quizWith({ overdue: "abandon", closes_at: START + 60_000 });
		const known = await newClient();
		const taker = await at(START, known);
		await open(taker, quiz);
		const submitted = await taker.post(ATTEMPTS, { quiz, answers: {} });
		expect(submitted.body.number).toBe(2);
		vi.useRealTimers();
		await caughtUp(known);
		expect((await known.get(`/v1/quizzes/${quiz}/statistics`)).body).toMatchObject({ attempts: 1, takers: 1 });
	});
});
