import { afterEach, describe, expect, it, vi } from "vitest";
import {
	type Answer,
	type Client,
	deliver,
	expectProblem,
	fresh,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";

/**
 * What an answer has promised is readable at once by the one who got it, though the catalog has heard nothing: the messages of the
 * author's shard are held back throughout.
 */

afterEach(() => {
	vi.restoreAllMocks();
});

const at = (quiz: string, rest = "") => `/v1/users/me/quizzes/${quiz}${rest}`;

/** An author whose shard sends nothing until it is let. */
async function unheardAuthor() {
	const author = await newClient();
	await author.get("/v1/users/me/sync");
	return { author, ...(await interceptQueue(author)) };
}

async function published(author: Client, visibility: string, title = "Just made"): Promise<string> {
	const { body } = await author.post("/v1/users/me/quizzes", quizDocument(title));
	expect((await author.put(at(body.id, "/publication"), { visibility })).status).toBe(200);
	return body.id;
}

const statusOf = async (answer: Promise<Answer>) => (await answer).status;

describe.each(["public", "tenant", "private"])("an own quiz that was just published, %s,", (visibility) => {
	it("is read, attempted, counted and liked by its author, and found by nobody else yet", async () => {
		const { author } = await unheardAuthor();
		const quiz = await published(author, visibility);
		const read = await author.get(`/v1/quizzes/${quiz}`);
		expect(read.status).toBe(200);
		expect(read.body).toMatchObject({
			id: quiz,
			owner: author.user,
			visibility,
			version_number: 1,
			title: "Just made",
		});
		expect(read.text).not.toMatch(/correct|canary|explanation/i);
		expect(await statusOf(author.get(`/v1/quizzes/${quiz}/related`))).toBe(200);
		expect((await author.get(`/v1/quizzes/${quiz}/statistics`)).body).toMatchObject({ attempts: 0, version_number: 1 });
		const attempt = await author.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } });
		expect(attempt.body).toMatchObject({ quiz, version: read.body.version, score: 1, title: "Just made" });
		expect(await statusOf(author.put(`/v1/users/me/likes/${quiz}`))).toBe(200);
		const stranger = await newClient({ tenant: author.tenant });
		expectProblem(await stranger.get(`/v1/quizzes/${quiz}`), "not-found");
		expectProblem(await stranger.post("/v1/users/me/attempts", { quiz, answers: {} }), "not-found");
	});

	it("is the same once the catalog has it", async () => {
		const { author, messages, restore } = await unheardAuthor();
		const quiz = await published(author, visibility);
		const before = (await author.get(`/v1/quizzes/${quiz}`)).body;
		expect(messages.length).toBeGreaterThan(0);
		restore();
		await deliver(messages);
		const { slug, views: _, ...after } = (await author.get(`/v1/quizzes/${quiz}`)).body;
		expect(slug).toBe("just-made");
		expect(before).toMatchObject(after);
	});
});

it("an own quiz is its latest version as soon as that is published, and gone as soon as it is withdrawn", async () => {
	const author = await newClient();
	const quiz = await publishedQuiz(author);
	await interceptQueue(author);
	await author.put(at(quiz), quizDocument("Second"), { "If-Match": "*" });
	await author.put(at(quiz, "/publication"), { visibility: "tenant" });
	const second = (await author.get(`/v1/quizzes/${quiz}`)).body;
	expect(second).toMatchObject({ version_number: 2, title: "Second", visibility: "tenant" });
	const stranger = await newClient();
	expect((await stranger.get(`/v1/quizzes/${quiz}`)).body).toMatchObject({ version_number: 1, visibility: "public" });
	await author.request("DELETE", at(quiz, "/publication"));
	expectProblem(await author.get(`/v1/quizzes/${quiz}`), "not-found");
});

it("a quiz that was withdrawn has statistics for its author, now and once the catalog has heard of it, and for nobody else", async () => {
	const [author, taker] = [await newClient(), await newClient()];
	const quiz = await publishedQuiz(author);
	await taker.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } }, { Prefer: "wait=20" });
	const shown = (await author.get(`/v1/quizzes/${quiz}/statistics`)).body;
	expect(shown).toMatchObject({ attempts: 1, questions: [{ n: 1 }, {}, {}, {}] });
	const { messages, restore } = await interceptQueue(author);
	await author.request("DELETE", at(quiz, "/publication"));
	expect((await author.get(`/v1/quizzes/${quiz}/statistics`)).body).toEqual(shown);
	restore();
	await deliver(messages);
	expect((await author.get(`/v1/quizzes/${quiz}/statistics`)).body).toEqual(shown);
	expectProblem(await taker.get(`/v1/quizzes/${quiz}/statistics`), "not-found");
});

describe("a share that was just used", () => {
	it("gives the quiz at once, as far as it says, though the catalog does not know the quiz; and nothing once it is revoked", async () => {
		const { author } = await unheardAuthor();
		const quiz = await published(author, "private");
		const { body: share } = await author.post(at(quiz, "/shares"), { access: "attempt" });
		const { body: look } = await author.post(at(quiz, "/shares"), { access: "view" });
		const [taker, viewer] = [await newClient(), await newClient()];
		expect(await statusOf(taker.post(`/v1/shares/${share.code}/redemption`))).toBe(200);
		expect(await statusOf(viewer.post(`/v1/shares/${look.code}/redemption`))).toBe(200);
		for (const reader of [taker, viewer]) {
			expect((await reader.get(`/v1/quizzes/${quiz}`)).body).toMatchObject({ id: quiz, title: "Just made" });
		}
		expect(await statusOf(taker.post("/v1/users/me/attempts", { quiz, answers: {} }))).toBe(201);
		expectProblem(await viewer.post("/v1/users/me/attempts", { quiz, answers: {} }), "not-found");
		await author.request("DELETE", at(quiz, `/shares/${share.id}`));
		expectProblem(await taker.get(`/v1/quizzes/${quiz}`), "not-found");
		expectProblem(await taker.post("/v1/users/me/attempts", { quiz, answers: {} }), "not-found");
	});
});

it("an own collection is readable once it is made, as it was saved last, and gone once it is deleted", async () => {
	const { author } = await unheardAuthor();
	const shown = await publishedQuiz(await newClient());
	const { body } = await author.post("/v1/users/me/collections", { title: "One", quizzes: [shown] });
	const path = `/v1/collections/${body.id}`;
	const read = await author.get(path);
	expect(read.body).toMatchObject({
		id: body.id,
		owner: author.user,
		title: "One",
		published_quizzes: [{ id: shown }],
	});
	await author.put(`/v1/users/me/collections/${body.id}`, { title: "Two", quizzes: [] }, { "If-Match": "*" });
	expect((await author.get(path)).body).toMatchObject({ title: "Two", published_quizzes: [] });
	expectProblem(await (await newClient({ tenant: author.tenant })).get(path), "not-found");
	await author.request("DELETE", `/v1/users/me/collections/${body.id}`);
	expectProblem(await author.get(path), "not-found");
});

it("a service, which has no shard, gets 404 for what is not there", async () => {
	const service = await newClient({ user: fresh("svc") });
	for (const path of ["/v1/quizzes/quz_0000000205m5t8cfgq3nkw7r", "/v1/collections/col_0000000205m5t8cfgq3nkw7r"]) {
		expectProblem(await service.get(path), "not-found");
	}
});

it("a redemption that has waited gives the bookmark of the catalog that has it, not the earlier one of the use", async () => {
	const [author, visitor] = [await newClient(), await newClient()];
	const quiz = await publishedQuiz(author, quizDocument(), "private");
	const { body: share } = await author.post(at(quiz, "/shares"), { access: "view" });
	const withSession = testEnv.CATALOG.withSession.bind(testEnv.CATALOG);
	// The use is written to the primary, and then the cursor is read from a replica.
	vi.spyOn(testEnv.CATALOG, "withSession").mockImplementation((constraint) => {
		const session = withSession(constraint);
		session.getBookmark = () => (constraint === "first-primary" ? "of the use" : "of the cursor");
		return session;
	});
	const redeem = (headers: Record<string, string>) => visitor.post(`/v1/shares/${share.code}/redemption`, {}, headers);
	expect((await redeem({})).headers.get("x-d1-bookmark")).toBe("of the use");
	expect((await redeem({ Prefer: "wait=20" })).headers.get("x-d1-bookmark")).toBe("of the cursor");
});

describe("the log of who shares", () => {
	it("is not told of to who uses the share: neither a redemption nor an edit says how long it is; waiting works", async () => {
		const [author, visitor] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument(), "private");
		const { body: edit } = await author.post(at(quiz, "/shares"), { access: "edit" });
		const redeemed = await visitor.post(`/v1/shares/${edit.code}/redemption`, undefined, { Prefer: "wait=20" });
		const path = `/v1/users/${author.user}/quizzes/${quiz}`;
		const edited = await visitor.put(path, quizDocument("Edited"), { "If-Match": "*", Prefer: "wait=20" });
		const stale = await visitor.put(path, quizDocument("Edited"), { "If-Match": '"0"' });
		for (const { status, headers } of [redeemed, edited]) {
			expect(status).toBe(200);
			expect(headers.get("Preference-Applied")).toBe("wait=20");
			expect(headers.get("x-d1-bookmark")).not.toBeNull();
		}
		for (const { headers } of [redeemed, edited, stale]) expect(headers.get("Sync-Seq")).toBeNull();
		expect((await author.put(at(quiz), quizDocument(), { "If-Match": "*" })).headers.get("Sync-Seq")).toMatch(/^\d+$/);
	});
});
