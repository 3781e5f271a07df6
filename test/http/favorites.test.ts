import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { REACTIONS_PER_USER_MAX } from "../../src/domain/reactions/limits.ts";
import {
	type Client,
	caughtUp,
	deliver,
	everyItem,
	expectProblem,
	headSeq,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";

/** Favourites and likes: each counted once per user, whatever is repeated. */

const WAIT = { Prefer: "wait=20" };
const put = (client: Client, path: string) => client.put(`/v1/users/me/${path}`, undefined, WAIT);
const remove = (client: Client, path: string) => client.request("DELETE", `/v1/users/me/${path}`, { headers: WAIT });
const receptionOf = async (client: Client, quiz: string) => {
	const { favorites, likes } = (await client.get(`/v1/quizzes/${quiz}`)).body;
	return { favorites, likes };
};

test("a favourite or a like counts once per user however often it is said, and not at all once it is taken back", async () => {
	const quiz = await publishedQuiz(await newClient());
	const [one, two] = [await newClient(), await newClient()];
	const first = await put(one, `favorites/${quiz}`);
	expect(first).toMatchObject({ status: 200, body: { quiz, at: expect.any(Number) } });
	const head = await headSeq(one);
	const again = await put(one, `favorites/${quiz}`);
	expect([again.status, again.body]).toEqual([200, first.body]);
	expect(await headSeq(one)).toBe(head);
	await Promise.all([put(one, `likes/${quiz}`), put(two, `likes/${quiz}`), put(two, `likes/${quiz}`)]);
	expect(await receptionOf(two, quiz)).toEqual({ favorites: 1, likes: 2 });
	for (let n = 0; n < 2; n++) expect((await remove(one, `likes/${quiz}`)).status).toBe(200);
	expect((await remove(two, `favorites/${quiz}`)).body).toEqual({ quiz });
	expect(await receptionOf(two, quiz)).toEqual({ favorites: 1, likes: 1 });
});

test("favourites are listed newest first with their quizzes, and without those that can be seen no more", async () => {
	const author = await newClient();
	const quizzes = [];
	for (let n = 0; n < 5; n++) quizzes.push(await publishedQuiz(author, quizDocument(`Favourite ${n}`)));
	const reader = await newClient();
	for (const quiz of quizzes) await put(reader, `favorites/${quiz}`);
	const [gone = ""] = quizzes;
	await author.request("DELETE", `/v1/users/me/quizzes/${gone}/publication`, { headers: WAIT });
	const { items, pages } = await everyItem(reader, "/v1/users/me/favorites?limit=2");
	expect(pages).toBe(3);
	expect(items.map(({ quiz }) => quiz)).toEqual(quizzes.toReversed());
	expect(items.map(({ published_quiz }) => published_quiz?.title ?? null)).toEqual([
		"Favourite 4",
		"Favourite 3",
		"Favourite 2",
		"Favourite 1",
		null,
	]);
	expect((await reader.get("/v1/users/me/likes")).body).toEqual({ items: [], next_cursor: null });
	expect((await remove(reader, `favorites/${gone}`)).status).toBe(200);
	expectProblem(await put(reader, `favorites/${gone}`), "not-found");
	expectProblem(await remove(reader, `favorites/${gone}`), "not-found");
});

test("what a user may not see is not to be had as a favourite, by its visibility", async () => {
	const author = await newClient();
	const colleague = await newClient({ tenant: author.tenant });
	const stranger = await newClient();
	const seen = async (visibility: string) => {
		const quiz = await publishedQuiz(author, quizDocument(), visibility);
		const clients = [author, colleague, stranger];
		return Promise.all(clients.map(async (client) => (await put(client, `likes/${quiz}`)).status));
	};
	expect(await seen("private")).toEqual([200, 404, 404]);
	expect(await seen("tenant")).toEqual([200, 200, 404]);
	expect(await seen("public")).toEqual([200, 200, 200]);
});

test("a user has as many favourites as they may be, not one more; and may still repeat and take back", async () => {
	const author = await newClient();
	const [last, more] = [await publishedQuiz(author), await publishedQuiz(author)];
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		for (let n = 1; n < REACTIONS_PER_USER_MAX; n++) {
			sql.exec("INSERT INTO reactions (kind, quiz, seq, at) VALUES ('favorite', ?, ?, 0)", `quz_${n}`, -n);
		}
	});
	expect((await put(client, `favorites/${last}`)).status).toBe(200);
	expectProblem(await put(client, `favorites/${more}`), "conflict");
	expect((await put(client, `favorites/${last}`)).status).toBe(200);
	expect((await put(client, `likes/${more}`)).status).toBe(200);
	expect((await remove(client, `favorites/${last}`)).status).toBe(200);
	expect((await put(client, `favorites/${more}`)).status).toBe(200);
});

test("a like that comes in pieces, twice and out of order is counted once", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	const { messages, restore } = await interceptQueue(client);
	for (const change of ["PUT", "DELETE", "PUT"]) {
		await client.request(change, `/v1/users/me/likes/${quiz}`);
		await client.request(change, `/v1/users/me/favorites/${quiz}`);
	}
	await client.request("DELETE", `/v1/users/me/favorites/${quiz}`);
	restore();
	await deliver([...messages].reverse());
	for (const message of messages) await deliver([message, message]);
	await caughtUp(client);
	const row = testEnv.CATALOG.prepare("SELECT favorites, likes FROM quiz_reactions WHERE quiz = ?").bind(quiz);
	expect(await row.first()).toEqual({ favorites: 0, likes: 1 });
});
