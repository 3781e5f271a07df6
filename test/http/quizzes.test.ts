import { describe, expect, it } from "vitest";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { versionName } from "../../src/domain/quizzes/version-names.ts";
import {
	type Answer,
	type Client,
	caughtUp,
	EVERY_SCOPE,
	expectProblem,
	headSeq,
	newClient,
	publishedQuiz,
	quizDocument,
	since,
} from "../lib/harness.ts";
import { OPERATIONS, send, userWithThings } from "../lib/operations.ts";

/** Authoring, publishing and taking: the key stays where it belongs, versions stay what they were. */

const publicationOf = (quiz: string) => `/v1/users/me/quizzes/${quiz}/publication`;
const publish = (author: Client, quiz: string, visibility = "public") =>
	author.put(publicationOf(quiz), { visibility }, { Prefer: "wait=20" });
const attempt = (taker: Client, quiz: string, answers: Record<string, number>, headers = {}) =>
	taker.post("/v1/users/me/attempts", { quiz, answers }, headers);

async function revise(author: Client, quiz: string, document: QuizDocument): Promise<Answer> {
	const revised = await author.put(`/v1/users/me/quizzes/${quiz}`, document, { "If-Match": "*" });
	expect(revised.status).toBe(200);
	return revised;
}

describe("the answer key", () => {
	it("is in no answer of any catalog, attempt or log route for anyone but the author", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author);
		const submitted = await attempt(taker, quiz, { 1: 0, 2: 0, 3: 2 });
		const list = { title: "A list", visibility: "public", quizzes: [quiz] };
		const collection = (await author.post("/v1/users/me/collections", list, { Prefer: "wait=20" })).body.id;
		const { code } = (await author.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "attempt" })).body;
		await caughtUp(taker);
		const sharing = [
			await taker.get("/v1/collections?limit=100"),
			await taker.get(`/v1/collections/${collection}`),
			await taker.get(`/v1/shares/${code}`),
			await taker.post(`/v1/shares/${code}/redemption`),
		];
		expect(sharing.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
		const answers = [
			submitted,
			await taker.get("/v1/quizzes?limit=100"),
			await taker.get(`/v1/quizzes/${quiz}`),
			await taker.get(`/v1/quizzes/${quiz}/statistics`),
			await taker.get(`/v1/slugs/a-quiz?tenant=${author.tenant}`),
			await taker.get("/v1/users/me/attempts"),
			await taker.get(`/v1/users/me/attempts/${submitted.body.id}`),
			await taker.get("/v1/users/me/log"),
			await attempt(taker, quiz, { 99: 0, 1: 9 }),
			...sharing,
			// The author's own pages of these routes do not need it either.
			await author.get(`/v1/quizzes/${quiz}`),
			await author.get("/v1/users/me/log"),
		];
		for (const { text } of answers) {
			expect(text.length).toBeGreaterThan(0);
			expect(text).not.toMatch(/correct|canary|explanation/i);
		}
		expect(answers[2]?.body.subjects[0].questions[0]).toEqual({
			id: "1",
			type: "single_choice",
			question: "Question 1?",
			options: ["one", "two", "three", "four"],
			marks: 1,
		});
		expect((await author.get(`/v1/users/me/quizzes/${quiz}`)).text).toContain("CANARY explanation 1");
		expectProblem(await taker.get(`/v1/users/${author.user}/quizzes/${quiz}`), "not-found");
		expectProblem(await taker.get(`/v1/users/me/quizzes/${quiz}`), "not-found");
	});

	/** The author's own content, which has the key. */
	const WITH_KEY = ["", "/export", "/versions/{n}"].map((rest) => `/v1/users/{user}/quizzes/{quiz}${rest}`);
	const READS = OPERATIONS.filter(({ method, path }) => {
		return method === "GET" && path.startsWith("/v1/") && !WITH_KEY.includes(path);
	});

	it("is in no answer to any other read, to the author or to one with whom the quiz is shared", async () => {
		const things = await userWithThings();
		const { client: author, quiz, code } = things;
		const taker = await newClient({ scope: EVERY_SCOPE });
		expect((await taker.post(`/v1/shares/${code}/redemption`)).status).toBe(200);
		const reactions = ["favorites", "likes"].map((kind) => author.put(`/v1/users/me/${kind}/${quiz}`));
		for (const { status } of await Promise.all(reactions)) expect(status).toBe(200);
		const search = (q: string) => author.get(`/v1/quizzes?facets=true&author=${author.user}&q=${q}`);
		const answers = [await search("question"), await search("explanation")];
		expect(answers.map(({ body }) => body.items.length)).toEqual([1, 0]);
		for (const operation of READS) {
			if (!operation.session && !operation.open) await operation.before?.(things);
			const both = [await send(author, operation, things, "me"), await send(taker, operation, things, "me")];
			// What is asked with a session, or the token of a mail, shows nothing to a token.
			const isSignIn = operation.path.startsWith("/v1/auth/");
			if (!isSignIn) expect([operation.name, ...both.map(({ status }) => status)]).toContain(200);
			answers.push(...both);
		}
		expect(answers.length).toBeGreaterThan(2 * 20);
		for (const { text } of answers) expect(text).not.toMatch(/correctAnswer|canary|explanation \d/i);
		for (const path of WITH_KEY) {
			const own = { operationId: "", method: "GET", path, name: path, parameters: [], isOpenRead: false };
			expect((await send(author, own, things, "me")).text).toContain("CANARY explanation 1");
			expectProblem(await send(taker, own, things, author.user), "not-found");
		}
	});
});

describe("an attempt", () => {
	it("is marked by the server against the key, blanks included", async () => {
		const taker = await newClient();
		const document = quizDocument("marks", 0);
		const question = { question: "?", options: ["a", "b", "c"], correctAnswer: 1 };
		document.subjects = [
			{ name: "one", questions: [{ ...question, id: "x-1", marks: 3 }] },
			{
				name: "two",
				questions: [
					{ ...question, id: 7 },
					{ ...question, id: "y" },
				],
			},
		];
		const quiz = await publishedQuiz(taker, { ...document, pass_percentage: 60 });
		const { status, body } = await attempt(taker, quiz, { "x-1": 1, y: 2 });
		expect(status).toBe(201);
		expect(body).toMatchObject({ quiz, number: 1, score: 3, max_score: 5, percentage: 60, passed: true });
		expect(body.answers).toEqual({ "x-1": 1, y: 2 });
		expect(body.questions).toEqual([
			{ id: "x-1", score: 3, max_score: 3 },
			{ id: "7", score: 0, max_score: 1 },
			{ id: "y", score: 0, max_score: 1 },
		]);
		const blank = await attempt(taker, quiz, {});
		expect(blank.body).toMatchObject({ number: 2, score: 0, percentage: 0, passed: false, answers: {} });
		expect((await taker.get(`/v1/users/me/attempts/${blank.body.id}`)).body).toEqual(blank.body);
	});

	it("that is not there is 404", async () => {
		const taker = await newClient();
		await taker.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
		// Its first eight characters name a row of the log that is there and is no attempt.
		expectProblem(await taker.get("/v1/users/me/attempts/att_0000000205m5t8cfgq3nkw7r"), "not-found");
	});
});

describe("publishing", () => {
	it("the same content again makes no new version and no new row", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const head = await headSeq(author);
		const again = await publish(author, quiz);
		expect([again.status, again.body.version_number]).toEqual([200, 1]);
		expect(await headSeq(author)).toBe(head);
		// Members in another order are the same content.
		const shuffled = Object.fromEntries(Object.entries(quizDocument()).reverse()) as QuizDocument;
		await revise(author, quiz, shuffled);
		expect(await headSeq(author)).toBe(head);
	});

	it("withdrawn and published again is the same version, and can be taken again", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const path = publicationOf(quiz);
		const withdrawn = await author.request("DELETE", path, { headers: { Prefer: "wait=20" } });
		expect([withdrawn.status, withdrawn.body.status]).toEqual([200, "withdrawn"]);
		const head = await headSeq(author);
		expect((await author.request("DELETE", path)).status).toBe(200);
		expect(await headSeq(author)).toBe(head);
		expectProblem(await author.get(`/v1/quizzes/${quiz}`), "not-found");
		expect((await publish(author, quiz)).body).toMatchObject({ status: "published", version_number: 1 });
		expect((await attempt(author, quiz, {})).status).toBe(201);
	});

	it("with another visibility is the same version for other eyes", async () => {
		const [author, stranger] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author);
		expect((await stranger.get(`/v1/quizzes/${quiz}`)).status).toBe(200);
		expect((await publish(author, quiz, "private")).body.version_number).toBe(1);
		expectProblem(await stranger.get(`/v1/quizzes/${quiz}`), "not-found");
		expectProblem(await author.put(publicationOf(quiz), { visibility: "world" }), "invalid-request", ["/visibility"]);
	});

	it("a new draft makes version 2; attempts made before keep version 1 and its marks", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author, quizDocument("one", 2));
		const old = await attempt(author, quiz, { 1: 0 });
		await revise(author, quiz, quizDocument("two", 3));
		// A draft is nobody's business before it is published.
		expect((await author.get(`/v1/quizzes/${quiz}`)).body).toMatchObject({
			title: "one",
			version_number: 1,
			question_count: 2,
		});
		expectProblem(await attempt(author, quiz, { 3: 0 }), "invalid-request", ["/answers/3"]);

		const second = await publish(author, quiz);
		expect(second.body).toMatchObject({ version_number: 2, title: "two" });
		expect((await author.get(`/v1/quizzes/${quiz}`)).body).toMatchObject({
			title: "two",
			version_number: 2,
			question_count: 3,
		});
		const young = await attempt(author, quiz, { 1: 0, 3: 2 }, since(second));
		expect(young.body).toMatchObject({ version_number: 2, number: 2, score: 2, max_score: 3 });
		expect(young.body.version).not.toBe(old.body.version);
		const kept = (await author.get(`/v1/users/me/attempts/${old.body.id}`)).body;
		expect(kept).toEqual(old.body);
		expect(kept).toMatchObject({ version_number: 1, score: 1, max_score: 2 });
	});

	it("a quiz that is not there is 404", async () => {
		const author = await newClient();
		const path = "/v1/users/me/quizzes/quz_0000000205m5t8cfgq3nkw7r";
		expectProblem(await author.get(path), "not-found");
		expectProblem(await author.put(path, quizDocument(), { "If-Match": "*" }), "not-found");
		expectProblem(await author.put(`${path}/publication`, { visibility: "public" }), "not-found");
		expectProblem(await author.request("DELETE", `${path}/publication`), "not-found");
		expect(await headSeq(author)).toBe(0);
	});
});

describe("statistics", () => {
	it("of a quiz that nobody took are empty, not wrong", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const { body } = await author.get(`/v1/quizzes/${quiz}/statistics`);
		expect(body).toMatchObject({
			attempts: 0,
			takers: 0,
			max_score: 4,
			version_attempts: 0,
			mean_score: null,
			pass_rate: null,
			questions: [],
		});
		expect(body.histogram).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
	});

	it("count percentages over every version, and scores and questions at one: the current one, or one that is asked for", async () => {
		const [author, one, two] = [await newClient(), await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument("one", 2));
		await attempt(one, quiz, { 1: 0, 2: 1 });
		await attempt(one, quiz, { 1: 0, 2: 0 });
		await attempt(two, quiz, { 1: 1 });
		await Promise.all([caughtUp(one), caughtUp(two)]);
		const before = (await author.get(`/v1/quizzes/${quiz}/statistics`)).body;
		expect(before).toMatchObject({ attempts: 3, takers: 2, mean_score: 1, mean_percentage: 50, version_number: 1 });
		expect(before).toMatchObject({ version_attempts: 3, max_score: 2 });
		expect(before.pass_rate).toBeCloseTo(2 / 3);
		expect(before.histogram).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
		expect(before.questions).toMatchObject([
			{ id: "1", n: 3, answered: 3, facility: 2 / 3, option_counts: [2, 1, 0, 0] },
			{ id: "2", n: 3, answered: 2, facility: 1 / 3, option_counts: [1, 1, 0, 0] },
		]);

		await revise(author, quiz, quizDocument("two", 4));
		const second = await publish(author, quiz);
		const between = (await one.request("GET", `/v1/quizzes/${quiz}/statistics`, { headers: since(second) })).body;
		expect(between).toMatchObject({ attempts: 3, mean_percentage: 50, histogram: before.histogram, pass_rate: 2 / 3 });
		expect(between).toMatchObject({
			version_number: 2,
			version_attempts: 0,
			max_score: 4,
			mean_score: null,
			questions: [],
		});
		await attempt(two, quiz, { 1: 0, 2: 1, 3: 2, 4: 3 }, since(second));
		await caughtUp(two);
		const after = (await one.get(`/v1/quizzes/${quiz}/statistics`)).body;
		expect(after).toMatchObject({ attempts: 4, takers: 2, version_number: 2, max_score: 4, mean_score: 4 });
		expect(after.version_attempts).toBe(1);
		expect(after.mean_percentage).toBe(62.5);
		expect(after.histogram).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
		expect(after.questions.map((question: { id: string; n: number }) => [question.id, question.n])).toEqual([
			["1", 1],
			["2", 1],
			["3", 1],
			["4", 1],
		]);
		const first = await author.get(`/v1/quizzes/${quiz}/statistics?version=${versionName(quiz, 1)}`);
		const { attempts, mean_percentage, pass_rate, histogram } = after;
		expect(first.body).toEqual({ ...before, attempts, mean_percentage, pass_rate, histogram });
		expect((await one.get(`/v1/quizzes/${quiz}/statistics?version=${versionName(quiz, 2)}`)).body).toEqual(after);
		for (const name of [versionName(quiz, 3), versionName(quiz, 999_999_999), versionName("quz_another", 1)]) {
			expectProblem(await author.get(`/v1/quizzes/${quiz}/statistics?version=${name}`), "not-found");
		}
		for (const odd of ["1", "ver_x_0", "ver_x_-1", "ver_x_1.5", "x", "ver__1", ""]) {
			expectProblem(await author.get(`/v1/quizzes/${quiz}/statistics?version=${odd}`), "invalid-request");
		}
	});
});

it("how often each option was chosen, which gives the key away, is for the quiz's owner only", async () => {
	const author = await newClient();
	const quiz = await publishedQuiz(author);
	const taker = await newClient();
	await taker.post("/v1/users/me/attempts", { quiz, answers: { "1": 0 } });
	await caughtUp(taker);
	const [own, others] = await Promise.all(
		[author, taker].map((client) => client.get(`/v1/quizzes/${quiz}/statistics`)),
	);
	expect(own?.body.questions[0].option_counts).toEqual([1, 0, 0, 0]);
	expect(own?.body.questions[0].facility).toBe(1);
	expect(JSON.stringify(others?.body)).not.toContain("option_counts");
});

it("an answer that waited for the catalog gives the bookmark from which on reads see the change", async () => {
	const author = await newClient();
	const created = await author.post("/v1/users/me/quizzes", quizDocument());
	const path = `/v1/users/me/quizzes/${created.body.id}/publication`;
	const published = await author.put(path, { visibility: "public" }, { Prefer: "wait=20" });
	const bookmark = published.headers.get("x-d1-bookmark") ?? "";
	const read = await author.request("GET", `/v1/quizzes/${created.body.id}`, {
		headers: { "x-d1-bookmark": bookmark },
	});
	expect([bookmark === "", read.status]).toEqual([false, 200]);
});

it("the change feed, which says everything, needs the scopes for both attempts and credits", async () => {
	for (const scope of ["attempts:read", "credits:read"]) {
		const client = await newClient({ scope });
		expectProblem(await client.get("/v1/users/me/log"), "forbidden");
	}
	const both = await newClient({ scope: "attempts:read credits:read" });
	expect((await both.get("/v1/users/me/log")).status).toBe(200);
});
