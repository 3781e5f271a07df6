import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import type { BatchReport } from "../../src/catalog/replication/consumer.ts";
import type { Message } from "../../src/domain/log/events.ts";
import {
	type Client,
	deliver,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import { uploaded } from "../lib/images.ts";
import { everyType, RIGHT } from "../lib/question-types.ts";

/** The budgets of docs/architecture.md, from the engines' own counters: exact, and what the platform bills. */

/** Rows that the shard's SQLite has written, and messages sent, while `work` ran. The messages are kept from the queue. */
async function shardCosts(client: Client, work: () => Promise<unknown>) {
	const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
	const { messages, restore } = await interceptQueue(client);
	const spy = await runInDurableObject(client.shard(), (_, state) => {
		const sql = state.storage.sql;
		const exec = sql.exec.bind(sql);
		return vi.spyOn(sql, "exec").mockImplementation((query, ...bindings) => {
			const cursor = exec(query, ...bindings);
			cursors.push(cursor);
			return cursor as never;
		});
	});
	await work();
	restore();
	return await runInDurableObject(client.shard(), () => {
		spy.mockRestore();
		return { rowsWritten: cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0), messages };
	});
}

/** What the consumer does with these messages. */
async function catalogCosts(messages: Message[]): Promise<BatchReport> {
	const { report, acked } = await deliver(messages);
	expect(acked.size).toBe(messages.length);
	return report;
}

const ANSWERS = { "1": 0, "2": 0, "3": 2 };
const submit = (client: Client, quiz: string, answers: object = ANSWERS) =>
	client.post("/v1/users/me/attempts", { quiz, answers });

/** A user whose shard is open, whose alarm is armed and whose log the catalog has. */
async function settledUser(quiz: string, answers: object = ANSWERS): Promise<Client> {
	const client = await newClient();
	const { messages } = await shardCosts(client, () => submit(client, quiz, answers));
	await catalogCosts(messages);
	return client;
}

test("an attempt writes 3 rows in the shard, at most 5 in the catalog, and sends one message", async () => {
	const quiz = await publishedQuiz(await newClient(), quizDocument("Budget", 10));
	const client = await settledUser(quiz);
	const shard = await shardCosts(client, async () => expect((await submit(client, quiz)).status).toBe(201));
	// The log row, the attempt, and the record of the answer.
	expect(shard.rowsWritten).toBe(3);
	expect(shard.messages).toHaveLength(1);
	const catalog = await catalogCosts(shard.messages);
	expect(catalog).toMatchObject({ applied: 1, transactions: 1, failed: 0 });
	expect(catalog.rows_written).toBeLessThanOrEqual(5);
	// Two vectors of 83 numbers are added; a merge that is not linear would read thousands.
	expect(catalog.rows_read).toBeLessThanOrEqual(600);
});

test("an attempt at questions of every type writes no more rows than one of single choices", async () => {
	const quiz = await publishedQuiz(await newClient(), everyType());
	const client = await settledUser(quiz, RIGHT);
	const shard = await shardCosts(client, async () => expect((await submit(client, quiz, RIGHT)).status).toBe(201));
	expect(shard.rowsWritten).toBe(3);
	expect((await catalogCosts(shard.messages)).rows_written).toBeLessThanOrEqual(5);
});

test("a batch of 100 attempts at one quiz writes at most 2.5 catalog rows each, in as many statements as one", async () => {
	const quiz = await publishedQuiz(await newClient(), quizDocument("Budget", 10));
	const clients = await Promise.all(Array.from({ length: 100 }, () => settledUser(quiz)));
	const messages: Message[] = [];
	for (const client of clients) messages.push(...(await shardCosts(client, () => submit(client, quiz))).messages);
	expect(messages).toHaveLength(100);
	const [first = messages] = [messages.splice(0, 1)];
	const alone = await catalogCosts(first);
	const together = await catalogCosts(messages);
	expect(together).toMatchObject({ applied: 99, transactions: 1, statements: alone.statements });
	expect(together.rows_written / 99).toBeLessThanOrEqual(2.5);
});

test("an attempt that is opened, saved and submitted writes 3, 1 and 4 rows, and sends no message but with the last", async () => {
	const quiz = await publishedQuiz(await newClient(), {
		...quizDocument("Budget", 10),
		settings: { time_limit_s: 600 },
	});
	const client = await settledUser(await publishedQuiz(await newClient()));
	const path = "/v1/users/me/attempts";
	let id = "";
	const opened = await shardCosts(client, async () => {
		const { status, body } = await client.post(path, { quiz });
		expect(status).toBe(201);
		id = body.id;
	});
	// The log row, the attempt under way, and the record of the answer.
	expect([opened.rowsWritten, opened.messages.length]).toEqual([3, 0]);
	const saved = await shardCosts(client, async () => {
		const changes = Object.entries(ANSWERS).map(([question, response], n) => ({ question, counter: n + 1, response }));
		expect((await client.request("PATCH", `${path}/${id}`, { body: { changes } })).status).toBe(200);
	});
	expect([saved.rowsWritten, saved.messages.length]).toEqual([1, 0]);
	const submitted = await shardCosts(client, async () =>
		expect((await client.post(`${path}/${id}/submission`)).status).toBe(201),
	);
	// The log row, the attempt, the one under way that goes, and the record of the answer.
	expect(submitted.rowsWritten).toBe(4);
	expect(submitted.messages).toHaveLength(1);
	const [message] = submitted.messages;
	expect(message?.rows).toMatchObject([{ kind: "attempt.opened" }, { kind: "attempt.submitted" }]);
	// One row for the opening, and what an attempt that is submitted at once writes.
	expect((await catalogCosts(submitted.messages)).rows_written).toBeLessThanOrEqual(2 + 5);
});

test("reserve and settle write at most 8 rows in the shard, 4 in the catalog, and send two messages", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await settledUser(quiz);
	const granted = await shardCosts(client, () =>
		client.post("/v1/users/me/credits/grants", { amount: 100, kind: "plan" }),
	);
	await catalogCosts(granted.messages);
	const shard = await shardCosts(client, async () => {
		const hold = await client.post("/v1/users/me/credits/holds", { amount: 5, model: "m", prompt: "p" });
		const settled = await client.post(`/v1/users/me/credits/holds/${hold.body.id}/settlement`, { amount: 3 });
		expect(settled.status).toBe(200);
	});
	expect(shard.rowsWritten).toBeLessThanOrEqual(8);
	expect(shard.messages.length).toBeLessThanOrEqual(2);
	let rowsWritten = 0;
	for (const message of shard.messages) rowsWritten += (await catalogCosts([message])).rows_written;
	expect(rowsWritten).toBeLessThanOrEqual(4);
});

test("a favourite or a like writes 3 rows in the shard, 2 in the catalog, and sends one message", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await settledUser(quiz);
	for (const kind of ["favorites", "likes"]) {
		const put = async () => expect((await client.put(`/v1/users/me/${kind}/${quiz}`)).status).toBe(200);
		const first = await shardCosts(client, put);
		expect(first).toMatchObject({ rowsWritten: 3, messages: { length: 1 } });
		// The cursor, and the sum.
		expect((await catalogCosts(first.messages)).rows_written).toBe(2);
		expect(await shardCosts(client, put)).toEqual({ rowsWritten: 0, messages: [] });
	}
});

test("a publication alone writes at most 21 rows in the catalog, and again with other texts at most 15", async () => {
	const client = await settledUser(await publishedQuiz(await newClient()));
	let path = "/v1/users/me/quizzes";
	const change = async (title: string) => {
		if (path.endsWith("quizzes")) path += `/${(await client.post(path, quizDocument(title))).body.id}`;
		else await client.put(path, quizDocument(title), { "If-Match": "*" });
		expect((await client.put(`${path}/publication`, { visibility: "public" })).status).toBe(200);
	};
	for (const [title, rows_max] of [
		["First", 21],
		["Second", 15],
	] as const) {
		const { messages } = await shardCosts(client, () => change(title));
		let rows = 0;
		for (const message of messages) rows += (await catalogCosts([message])).rows_written;
		expect(rows, title).toBeGreaterThan(5);
		expect(rows, title).toBeLessThanOrEqual(rows_max);
	}
});

test("a claim to a slug writes 5 rows in the catalog, with the publication that brings it", async () => {
	const author = await newClient();
	const rowsOf = async (title: string) => {
		const created = await author.post("/v1/users/me/quizzes", quizDocument(title), { Prefer: "wait=20" });
		const path = `/v1/users/me/quizzes/${created.body.id}/publication`;
		const { messages } = await shardCosts(author, () => author.put(path, { visibility: "public" }));
		expect(messages).toHaveLength(1);
		return (await catalogCosts(messages)).rows_written;
	};
	const withoutSlug = await rowsOf("地理");
	expect((await rowsOf("Geography")) - withoutSlug).toBe(5);
});

test("an image writes at most 8 rows in the shard and 4 in the catalog, a quiz without one none for images", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await settledUser(quiz);
	const shard = await shardCosts(client, async () => void (await uploaded(client)));
	expect(shard.rowsWritten).toBeLessThanOrEqual(8);
	expect((await catalogCosts(shard.messages)).rows_written).toBeLessThanOrEqual(4);
	const plain = await shardCosts(client, () => client.post("/v1/users/me/quizzes", quizDocument()));
	// The quiz with the index of the rows that created them, its log row, and the record of the answer.
	expect(plain.rowsWritten).toBe(4);
});

test("reading statistics writes nothing and reads at most 4 rows, whatever the number of attempts and of versions", async () => {
	const author = await newClient();
	const quiz = await publishedQuiz(author);
	for (let version = 2; version < 6; version++) {
		const path = `/v1/users/me/quizzes/${quiz}`;
		await author.put(path, quizDocument(`Version ${version}`), { "If-Match": "*" });
		await author.put(`${path}/publication`, { visibility: "public" }, { Prefer: "wait=20" });
	}
	const client = await settledUser(quiz);
	for (let attempts = 0; attempts < 10; attempts++) {
		const { messages } = await shardCosts(client, () => submit(client, quiz));
		await catalogCosts(messages);
	}
	const prepare = testEnv.CATALOG.prepare.bind(testEnv.CATALOG);
	const session = vi.spyOn(testEnv.CATALOG, "withSession");
	const results: D1Meta[] = [];
	session.mockImplementation(() => {
		const measured = (query: string) => {
			const statement = prepare(query);
			return {
				bind: (...values: unknown[]) => ({
					first: async () => {
						const result = await statement.bind(...values).all();
						results.push(result.meta);
						return result.results[0] ?? null;
					},
				}),
			};
		};
		return { prepare: measured, getBookmark: () => null } as unknown as D1DatabaseSession;
	});
	const statistics = await client.get(`/v1/quizzes/${quiz}/statistics`);
	session.mockRestore();
	expect(statistics.body.attempts).toBe(11);
	expect(results).toHaveLength(1);
	expect(results[0]?.rows_written).toBe(0);
	expect(results[0]?.rows_read).toBeLessThanOrEqual(4);
});
