import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { decideSubmission } from "../../src/domain/attempts/attempts.ts";
import {
	ATTEMPTS_PER_TAKER_MAX,
	DELAY_S_MAX,
	GRACE_S_MAX,
	TIME_LIMIT_S_MAX,
} from "../../src/domain/attempts/limits.ts";
import { type AnswerKey, freeze, type QuizDocument, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import { versionName } from "../../src/domain/quizzes/version-names.ts";
import {
	type Answer,
	type Client,
	caughtUp,
	expectProblem,
	newClient,
	publishedQuiz,
	quizDocument,
	runnerOf,
	since,
} from "../lib/harness.ts";

/** Settings of a quiz: how often it may be taken, whether the marks of questions are told, whose attempts count. */

const ATTEMPTS = "/v1/users/me/attempts";

const withSettings = (settings: QuizDocument["settings"], title = "Set"): QuizDocument => ({
	...quizDocument(title),
	settings,
});

/** A quiz with these settings, whose author is not the one who calls. */
const quizWith = async (settings: QuizDocument["settings"]) => publishedQuiz(await newClient(), withSettings(settings));

/** Publishes the quiz anew with other settings, and gives a header by which the change is seen. */
async function changed(author: Client, quiz: string, settings: QuizDocument["settings"]): Promise<Answer> {
	const path = `/v1/users/me/quizzes/${quiz}`;
	expect((await author.put(path, withSettings(settings), { "If-Match": "*" })).status).toBe(200);
	const published = await author.put(`${path}/publication`, { visibility: "public" }, { Prefer: "wait=20" });
	expect(published.status).toBe(200);
	return published;
}

describe("a content", () => {
	it("keeps its text and its hash where it says nothing of settings, and says its settings as they were given", () => {
		const plain = quizContentSchema.parse(quizDocument());
		expect(freeze(plain).text).not.toContain("settings");
		for (const settings of [{}, { attempts_max: 2 }, { question_marks: "hidden", count_author: true }] as const) {
			expect(quizContentSchema.parse(withSettings(settings)).settings).toEqual(settings);
		}
	});

	it("is refused with a setting that is not known or out of its bounds, with its pointer", async () => {
		const author = await newClient();
		const wrong: [settings: unknown, pointer: string][] = [
			[{ attempts_max: 0 }, "/settings/attempts_max"],
			[{ attempts_max: 1.5 }, "/settings/attempts_max"],
			[{ attempts_max: ATTEMPTS_PER_TAKER_MAX + 1 }, "/settings/attempts_max"],
			[{ attempts_max: null }, "/settings/attempts_max"],
			[{ question_marks: "later" }, "/settings/question_marks"],
			[{ count_author: "no" }, "/settings/count_author"],
			[{ time_limit_h: 1 }, "/settings/time_limit_h"],
			[{ time_limit_s: 0 }, "/settings/time_limit_s"],
			[{ time_limit_s: TIME_LIMIT_S_MAX + 1 }, "/settings/time_limit_s"],
			[{ grace_s: -1 }, "/settings/grace_s"],
			[{ grace_s: GRACE_S_MAX + 1 }, "/settings/grace_s"],
			[{ delay_s: DELAY_S_MAX + 1 }, "/settings/delay_s"],
			[{ overdue: "extend" }, "/settings/overdue"],
			[{ opens_at: 2, closes_at: 1 }, "/settings/closes_at"],
			[{ draw: [{ from: "none", take: 1 }] }, "/settings/draw/0/from"],
			[{ draw: [{ from: "all", take: 5 }] }, "/settings/draw/0/take"],
			[[], "/settings"],
		];
		for (const [settings, pointer] of wrong) {
			const answer = await author.post("/v1/users/me/quizzes", { ...quizDocument(), settings });
			expectProblem(answer, "invalid-request");
			expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual([pointer]);
		}
	});

	it("shows its settings to its author and to takers, and stands in the difference of two versions", async () => {
		const author = await newClient();
		const settings = { attempts_max: 3, question_marks: "hidden" } as const;
		const quiz = await publishedQuiz(author, withSettings(settings));
		const path = `/v1/users/me/quizzes/${quiz}`;
		expect((await author.get(path)).body.content.settings).toEqual(settings);
		expect((await (await newClient()).get(`/v1/quizzes/${quiz}`)).body.settings).toEqual(settings);
		await author.put(path, withSettings({}), { "If-Match": "*" });
		expect((await author.get(`${path}/versions/1/diff`)).body.fields).toEqual(["settings"]);
	});
});

describe("attempts_max", () => {
	it("refuses the next attempt, saying what was allowed, and repeats those that were made", async () => {
		const quiz = await quizWith({ attempts_max: 2 });
		const taker = await newClient();
		const key = { "Idempotency-Key": "second" };
		const body = { quiz, answers: { 1: 0 } };
		expect((await taker.post(ATTEMPTS, body)).status).toBe(201);
		const second = await taker.post(ATTEMPTS, body, key);
		expect(second).toMatchObject({ status: 201, body: { number: 2 } });
		for (const answers of [{ 1: 0 }, { nothing: "of the kind" }]) {
			const refused = await taker.post(ATTEMPTS, { quiz, answers });
			expectProblem(refused, "attempt-limit-reached");
			expect(refused.body).toMatchObject({ attempts_max: 2, attempts: 2 });
		}
		expect((await taker.post(ATTEMPTS, body, key)).body).toEqual(second.body);
		expect((await taker.get(ATTEMPTS)).body.items).toHaveLength(2);
		expect((await (await newClient()).post(ATTEMPTS, body)).status).toBe(201);
	});

	it("of two attempts at once lets the last one through that is allowed, and no other", async () => {
		const quiz = await quizWith({ attempts_max: 1 });
		const taker = await newClient();
		const answers = await Promise.all(
			[0, 1, 2, 3].map((option) => taker.post(ATTEMPTS, { quiz, answers: { 1: option } })),
		);
		expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422]);
	});

	it("counts attempts at earlier versions, and lets the same request through once more are allowed", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, withSettings({}));
		const taker = await newClient();
		await taker.post(ATTEMPTS, { quiz, answers: {} });
		const key = { "Idempotency-Key": "next" };
		const once = { ...key, ...since(await changed(author, quiz, { attempts_max: 1 })) };
		expectProblem(await taker.post(ATTEMPTS, { quiz, answers: {} }, once), "attempt-limit-reached");
		const twice = { ...key, ...since(await changed(author, quiz, { attempts_max: 2 })) };
		expect((await taker.post(ATTEMPTS, { quiz, answers: {} }, twice)).body).toMatchObject({ number: 2 });
	});
});

describe("question_marks", () => {
	/** The answers that an attempt with these options gets, and everything else that its taker can read of it. */
	async function everythingOf(quiz: string, headers = {}): Promise<{ answers: Answer[]; taker: Client }> {
		const taker = await newClient();
		const key = { "Idempotency-Key": "again", ...headers };
		const body = { quiz, answers: { 1: 0, 2: 0, 3: 2 } };
		const submitted = await taker.post(ATTEMPTS, body, key);
		expect(submitted).toMatchObject({ status: 201, body: { score: 2, max_score: 4, percentage: 50 } });
		await caughtUp(taker);
		const paths = ["", `?quiz=${quiz}`, `/${submitted.body.id}`].map((path) => `${ATTEMPTS}${path}`);
		const read = await Promise.all([...paths, "/v1/users/me/log"].map((path) => taker.get(path)));
		return { taker, answers: [submitted, await taker.post(ATTEMPTS, body, key), ...read] };
	}

	/** Per question, whatever answer says it. */
	const scoresIn = ({ body }: Answer): unknown[] => {
		const attempts = body.items ?? [body];
		return attempts.flatMap((item: Answer["body"]) => [
			...(item.questions ?? []).map(({ score }: { score: unknown }) => score),
			...(item.body?.items ?? []).map(([, , score]: unknown[]) => score),
		]);
	};

	it("hidden, stand in no answer for the taker: attempt, repetition, lists, the own log", async () => {
		const { answers } = await everythingOf(await quizWith({ question_marks: "hidden" }));
		for (const answer of answers) {
			expect(answer.status).toBeLessThan(300);
			expect(scoresIn(answer)).toEqual([null, null, null, null]);
		}
		const { answers: shown } = await everythingOf(await quizWith({ question_marks: "shown" }));
		for (const answer of shown) expect(scoresIn(answer)).toEqual([1, 0, 1, 0]);
	});

	it("hidden, cannot be told from the statistics before and after an attempt: only the author sees them there", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, withSettings({ question_marks: "hidden" }));
		await everythingOf(quiz);
		const path = `/v1/quizzes/${quiz}/statistics`;
		const taker = await newClient();
		for (const at of [path, `${path}?version=${versionName(quiz, 1)}`]) {
			const { questions, mean_score } = (await taker.get(at)).body;
			expect(mean_score).toBe(2);
			const counts = { max_score: 1, n: 1 };
			expect(questions).toEqual([
				{ id: "1", ...counts, answered: 1 },
				{ id: "2", ...counts, answered: 1 },
				{ id: "3", ...counts, answered: 1 },
				{ id: "4", ...counts, answered: 0 },
			]);
			expect((await author.get(at)).body.questions[0]).toMatchObject({
				facility: 1,
				mean_score: 1,
				option_counts: [1, 0, 0, 0],
			});
		}
		// At a version that shows them they are everybody's again; at the first one they stay hidden.
		await everythingOf(quiz, since(await changed(author, quiz, {})));
		const now = await Promise.all([path, `${path}?version=${versionName(quiz, 1)}`].map((at) => taker.get(at)));
		expect(now.map(({ body }) => body.questions[0].facility)).toEqual([1, undefined]);
	});

	it("hidden, stay so after the quiz was published anew with its marks shown, and leave nothing to differ by the log", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, withSettings({ question_marks: "hidden" }));
		const { answers, taker } = await everythingOf(quiz);
		const headers = since(await changed(author, quiz, {}));
		const next = await taker.post(ATTEMPTS, { quiz, answers: { 1: 0 } }, headers);
		expect(next.body).toMatchObject({ question_marks: "shown", questions: [{ score: 1 }, {}, {}, {}] });
		const first = await taker.get(`${ATTEMPTS}/${answers[0]?.body.id}`);
		expect(first.body).toMatchObject({ question_marks: "hidden", questions: [{ score: null }, {}, {}, {}] });
		expect((await taker.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});
});

describe("count_author", () => {
	/** Attempts and takers of the quiz, and of the version how many. */
	async function figures(reader: Client, quiz: string): Promise<number[]> {
		const { body } = await reader.get(`/v1/quizzes/${quiz}/statistics`);
		return [body.attempts, body.takers, body.version_attempts];
	}

	it("absent, leaves the author's own attempts out of every figure, and in the author's own list", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, withSettings({}));
		for (let n = 0; n < 3; n++) await author.post(ATTEMPTS, { quiz, answers: { 1: 0 } });
		await taker.post(ATTEMPTS, { quiz, answers: {} });
		for (const client of [author, taker]) await caughtUp(client);
		expect(await figures(taker, quiz)).toEqual([1, 1, 1]);
		const { body } = await author.get(`/v1/quizzes/${quiz}/statistics`);
		expect(body).toMatchObject({ mean_percentage: 0, histogram: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
		expect(body.questions[0]).toMatchObject({ n: 1, option_counts: [0, 0, 0, 0] });
		expect((await author.get(ATTEMPTS)).body.items).toHaveLength(3);
	});

	it("absent, costs the author no look at the attempts before", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, withSettings({}));
		const take = () => author.post(ATTEMPTS, { quiz, answers: { 1: 0 } });
		expect((await take()).status).toBe(201);
		const looks = await runInDurableObject(author.shard(), (instance) => {
			const { stores } = runnerOf(instance);
			return vi.spyOn(stores.attempts, "counted");
		});
		expect((await take()).body.number).toBe(2);
		expect(looks).not.toHaveBeenCalled();
		const counts = since(await changed(author, quiz, { count_author: true }));
		expect((await author.post(ATTEMPTS, { quiz, answers: { 1: 0 } }, counts)).status).toBe(201);
		expect(looks).toHaveBeenCalledTimes(1);
	});

	it("counts the author from the version on that says so, as one taker, and no longer from the one that does not", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, withSettings({}));
		const take = async (headers = {}) => {
			expect((await author.post(ATTEMPTS, { quiz, answers: { 1: 0 } }, headers)).status).toBe(201);
			await caughtUp(author);
		};
		await take();
		expect(await figures(author, quiz)).toEqual([0, 0, 0]);
		const counts = since(await changed(author, quiz, { count_author: true }));
		await take(counts);
		await take(counts);
		expect(await figures(author, quiz)).toEqual([2, 1, 2]);
		await take(since(await changed(author, quiz, { count_author: false })));
		expect(await figures(author, quiz)).toEqual([2, 1, 0]);
		await take(since(await changed(author, quiz, { count_author: true, attempts_max: 9 })));
		expect(await figures(author, quiz)).toEqual([3, 1, 1]);
		expect((await author.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	});
});

describe("the times of an attempt", () => {
	const START = Date.UTC(2030, 0, 1);
	const key: AnswerKey = {
		quiz: "quz_x",
		version: "0".repeat(64),
		version_number: 1,
		pass_percentage: 50,
		questions: [{ id: "1", options: 4, correct: 0, marks: 1 }],
		published_at: START,
	};
	const faultsOf = (started_at: number | undefined, time_taken_s: number, now: number) => {
		const outcome = decideSubmission(key, { quiz: key.quiz, answers: {}, started_at, time_taken_s }, now);
		if (outcome.ok || outcome.refusal.code !== "invalid-request") return [];
		return outcome.refusal.errors.map(({ pointer }) => pointer);
	};

	it("lie after the quiz was there and within the span that has passed, to the millisecond and the second", () => {
		const now = START + 10_500;
		expect(faultsOf(START, 11, now)).toEqual([]);
		expect(faultsOf(START, 12, now)).toEqual(["/time_taken_s"]);
		expect(faultsOf(START - 1, 11, now)).toEqual(["/started_at"]);
		expect(faultsOf(START - 1, 60, now)).toEqual(["/started_at", "/time_taken_s"]);
		expect(faultsOf(now, 0, now)).toEqual([]);
		expect(faultsOf(now, 1, now)).toEqual(["/time_taken_s"]);
		expect(faultsOf(now + 1, 1, now)).toEqual(["/started_at"]);
		expect(faultsOf(undefined, 86_400, now)).toEqual([]);
	});

	it("are refused with 400 and the pointer where they cannot be, and the attempt is not made", async () => {
		const before = Date.now() - 1_000;
		const quiz = await quizWith({});
		const taker = await newClient();
		for (const [times, pointer] of [
			[{ started_at: before }, "/started_at"],
			[{ started_at: 1, time_taken_s: 1 }, "/started_at"],
			[{ started_at: Date.now(), time_taken_s: 3_600 }, "/time_taken_s"],
		] as const) {
			const refused = await taker.post(ATTEMPTS, { quiz, answers: {}, ...times });
			expectProblem(refused, "invalid-request");
			expect(refused.body.errors[0].pointer).toBe(pointer);
		}
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
		const times = { started_at: Date.now() - 30_000, time_taken_s: 30 };
		expect((await taker.post(ATTEMPTS, { quiz, answers: {}, ...times })).status).toBe(201);
		vi.useRealTimers();
	});
});
