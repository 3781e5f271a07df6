import { createExecutionContext, createMessageBatch, getQueueResult, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { applyDead } from "../../src/catalog/replication/dead-letters.ts";
import { receive } from "../../src/catalog/replication/receiver.ts";
import type { Message } from "../../src/domain/log/events.ts";
import { REDRIVE_MAX } from "../../src/domain/log/limits.ts";
import { catalogDigest } from "../lib/catalog-digest.ts";
import {
	type Client,
	caughtUp,
	deliver,
	EVERY_SCOPE,
	eventOf,
	everyItem,
	expectProblem,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";

/** Property R6: a poison event or message stops nobody else; it is kept, visible, and can be driven again. */

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const operator = await newClient({ scope: EVERY_SCOPE });
const redrive = (body: object) => operator.post("/v1/admin/dead-letters/redrive", body);
const lettersOf = async ({ user }: Client) => (await operator.get(`/v1/admin/dead-letters?user=${user}`)).body.items;

/** Of a row: a kind that is known, with a body that no release has written. */
const UNREADABLE = { body: null };

/** A user and the messages, one per row, that were kept from the queue while `work` ran. */
async function recorded(client: Client, work: () => Promise<unknown>): Promise<Message[]> {
	await client.get("/v1/users/me/sync");
	const { messages, restore } = await interceptQueue(client);
	await work();
	restore();
	return messages;
}

/** The message with one of its rows changed by `damage`, as earlier or broken code might have read it. */
function damaged(message: Message, seq: number, damage: (row: { body: Record<string, unknown> }) => void) {
	const copy = structuredClone(message);
	damage(copy.rows[seq - copy.first] as { body: Record<string, unknown> });
	return copy;
}

async function attempts(quiz: string, count: number) {
	const client = await newClient();
	const messages = await recorded(client, async () => {
		for (let n = 0; n < count; n++) await client.post("/v1/users/me/attempts", { quiz, answers: { "1": n % 4 } });
	});
	return { client, messages };
}

test("one bad row in ten is kept with its error; the nine and all that follows are applied; driven again it counts once", async () => {
	const quiz = await publishedQuiz(await newClient());
	const { client, messages } = await attempts(quiz, 10);
	const bad = messages.map((message) =>
		message.first <= 5 && message.last >= 5 ? damaged(message, 5, (row) => Object.assign(row, UNREADABLE)) : message,
	);
	const { report, acked } = await deliver(bad);
	expect(report).toMatchObject({ applied: 11, poisoned: 1, failed: 0 });
	expect(acked.size).toBe(bad.length);
	expect(await lettersOf(client)).toEqual([
		{
			user: client.user,
			seq: 5,
			error: expect.stringMatching(/invalid_type/),
			at: expect.any(Number),
			acknowledged_at: null,
			row: expect.any(String),
		},
	]);
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(9);
	const both = await Promise.all([redrive({ user: client.user, seq: 5 }), redrive({ user: client.user, seq: 5 })]);
	const applied = both.flatMap(({ body }) => body.items).filter(({ status }) => status === "applied");
	expect(applied).toEqual([{ user: client.user, seq: 5, status: "applied", error: null }]);
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(10);
	expect(await lettersOf(client)).toEqual([]);
	expect((await redrive({ user: client.user, seq: 5 })).body.items).toEqual([]);
});

test("rows that only the database refuses are found among all of a message, and only they are dead letters", async () => {
	const client = await newClient();
	const messages = await recorded(client, async () => {
		await client.post("/v1/users/me/credits/grants", { amount: 90, kind: "bonus" });
		for (let n = 0; n < 20; n++) {
			const { body } = await client.post("/v1/users/me/credits/holds", { amount: 1, model: "m" });
			await client.post(`/v1/users/me/credits/holds/${body.id}/settlement`, { amount: 1, tokens_used: 2 });
		}
	});
	const rows = messages.flatMap((message) => structuredClone(message.rows)) as { body: { detail: object } }[];
	const hash = messages.at(-1)?.hash ?? "";
	// The schema lets any detail pass; the column has a CHECK.
	for (const seq of [6, 8, 42]) Object.assign(rows[seq - 1]?.body.detail ?? {}, { tokens_used: -5 });
	const { report, acked } = await deliver([{ v: 1, shard: client.user, first: 1, last: 42, hash, rows }]);
	expect(report).toMatchObject({ applied: 42, poisoned: 3, failed: 0 });
	expect(acked.size).toBe(1);
	const letters = await lettersOf(client);
	expect(letters.map(({ seq, error }: { seq: number; error: string }) => [seq, /CHECK/.test(error)])).toEqual([
		[6, true],
		[8, true],
		[42, true],
	]);
	const usage = async () => (await client.get("/v1/analytics/ai-usage?by=model")).body.items[0];
	expect(await usage()).toMatchObject({ generations: 17, tokens: 34 });
	const { body } = await redrive({ user: client.user });
	expect(body.items.map(({ status }: { status: string }) => status)).toEqual(["applied", "applied", "applied"]);
	expect(await usage()).toMatchObject({ generations: 20, tokens: 40 });
});

test("a row that is still refused stays a dead letter with its new error, and the others are applied", async () => {
	const quiz = await publishedQuiz(await newClient());
	const { client, messages } = await attempts(quiz, 3);
	await deliver(messages.map((message) => damaged(message, message.first, (row) => Object.assign(row, UNREADABLE))));
	expect(await lettersOf(client)).toHaveLength(messages.length);
	const { body } = await redrive({ user: client.user });
	expect(body.items[0]).toMatchObject({ seq: 1, status: "refused", error: expect.stringMatching(/rebuild/) });
	expect((await lettersOf(client)).map(({ seq }: { seq: number }) => seq)).toEqual([1]);
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(3);
	// Its first row names the tenant, so the whole shard is read again.
	expect((await operator.post("/v1/admin/replication/rebuild", { user: client.user })).body.finished_at).not.toBeNull();
	expect(await lettersOf(client)).toEqual([]);
	const tenant = await testEnv.CATALOG.prepare("SELECT tenant_id FROM shards WHERE user_id = ?")
		.bind(client.user)
		.first();
	expect(tenant).toEqual({ tenant_id: client.tenant });
});

test("an old publication that is driven again brings nothing back that was changed or withdrawn since", async () => {
	const author = await newClient();
	// The author would see the own shard's state, and not the catalog's.
	const reader = await newClient();
	let quiz = "";
	const messages = await recorded(author, async () => {
		const { body } = await author.post("/v1/users/me/quizzes", quizDocument("First"));
		quiz = body.id;
		const path = `/v1/users/me/quizzes/${quiz}`;
		await author.put(`${path}/publication`, { visibility: "public" });
		await author.put(path, quizDocument("Second"), { "If-Match": body.etag });
		await author.put(`${path}/publication`, { visibility: "public" });
		await author.request("DELETE", `${path}/publication`);
	});
	const rows = messages.flatMap((message) => message.rows) as { seq: number; kind: string }[];
	const publications = new Set(rows.filter(({ kind }) => kind === "quiz.published").map(({ seq }) => seq));
	const bad = messages.map((message) =>
		publications.has(message.first)
			? damaged(message, message.first, (row) => Object.assign(row, UNREADABLE))
			: message,
	);
	const withdrawal = bad.pop();
	await deliver(bad);
	const [first = 0, second = 0] = publications;
	await redrive({ user: author.user, seq: second });
	expect((await reader.get(`/v1/quizzes/${quiz}`)).body.title).toBe("Second");
	await redrive({ user: author.user, seq: first });
	expect((await reader.get(`/v1/quizzes/${quiz}`)).body.title).toBe("Second");
	await deliver([withdrawal]);
	expect((await reader.get(`/v1/quizzes/${quiz}`)).status).toBe(404);
	const grown = await catalogDigest();
	await operator.post("/v1/admin/replication/rebuild", { user: author.user });
	expect(await catalogDigest()).toEqual(grown);
});

test("a withdrawal that came before its publication was driven again keeps the quiz withdrawn", async () => {
	const author = await newClient();
	let quiz = "";
	const messages = await recorded(author, async () => {
		quiz = (await author.post("/v1/users/me/quizzes", quizDocument())).body.id;
		await author.put(`/v1/users/me/quizzes/${quiz}/publication`, { visibility: "public" });
		await author.request("DELETE", `/v1/users/me/quizzes/${quiz}/publication`);
	});
	const bad = messages.map((message) =>
		message.first <= 3 && message.last >= 3 ? damaged(message, 3, (row) => Object.assign(row, UNREADABLE)) : message,
	);
	await deliver(bad);
	expect((await redrive({ user: author.user, seq: 3 })).body.items[0].status).toBe("applied");
	expect((await author.get(`/v1/quizzes/${quiz}`)).status).toBe(404);
	expect((await author.get("/v1/quizzes?limit=100")).body.items).not.toContainEqual(
		expect.objectContaining({ id: quiz }),
	);
});

test("the end of a generation that is driven again after its late settlement takes nothing of that back", async () => {
	const client = await newClient();
	const messages = await recorded(client, async () => {
		await client.post("/v1/users/me/credits/grants", { amount: 9, kind: "bonus" });
		const { body } = await client.post("/v1/users/me/credits/holds", {
			amount: 4,
			ttl_s: 60,
			late_settle: "charge",
			model: "late",
		});
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 90_000 });
		await client.get("/v1/users/me/credits");
		expect((await client.post(`/v1/users/me/credits/holds/${body.id}/settlement`, { amount: 4 })).status).toBe(200);
	});
	const rows = messages.flatMap((message) => message.rows) as { seq: number; kind: string }[];
	const expired = rows.find(({ kind }) => kind === "credits.hold_expired")?.seq ?? 0;
	const bad = messages.map((message) =>
		message.first <= expired && message.last >= expired
			? damaged(message, expired, (row) => Object.assign(row, UNREADABLE))
			: message,
	);
	await deliver(bad);
	expect((await redrive({ user: client.user, seq: expired })).body.items[0].status).toBe("applied");
	const usage = await client.get("/v1/analytics/ai-usage?by=model");
	expect(usage.body.items).toEqual([
		expect.objectContaining({ model: "late", generations: 1, completed: 1, failed: 0, credits: 4 }),
	]);
	const grown = await catalogDigest();
	await operator.post("/v1/admin/replication/rebuild", { user: client.user });
	expect(await catalogDigest()).toEqual(grown);
});

test("the end of a generation that two drive again at once is counted once, though no row of facts refuses it", async () => {
	const client = await newClient();
	const messages = await recorded(client, async () => {
		await client.post("/v1/users/me/credits/grants", { amount: 9, kind: "bonus" });
		const { body } = await client.post("/v1/users/me/credits/holds", { amount: 4, model: "twice" });
		await client.post(`/v1/users/me/credits/holds/${body.id}/settlement`, { amount: 4, tokens_used: 7 });
	});
	const last = messages.at(-1);
	if (!last) throw new Error("nothing was sent");
	const bad = damaged(last, last.last, (row) => Object.assign(row, UNREADABLE));
	await deliver([...messages.slice(0, -1), bad]);
	const event = eventOf(last.rows.at(-1), last.last);
	const drive = () => applyDead(testEnv.CATALOG, client.user, event);
	const outcomes = await Promise.allSettled([drive(), drive()]);
	expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
	const { items } = (await client.get("/v1/analytics/ai-usage?by=model")).body;
	expect(items).toEqual([expect.objectContaining({ model: "twice", generations: 1, credits: 4, tokens: 7 })]);
	expect(await lettersOf(client)).toEqual([]);
});

test("all dead letters are driven again a bounded number at once, and the list has pages", async () => {
	const quiz = await publishedQuiz(await newClient());
	const { client, messages } = await attempts(quiz, REDRIVE_MAX + 2);
	await deliver(messages.map((message) => damaged(message, message.last, (row) => Object.assign(row, UNREADABLE))));
	const { items } = await everyItem(operator, `/v1/admin/dead-letters?user=${client.user}&limit=50`);
	expect(items.length).toBeGreaterThan(REDRIVE_MAX);
	const first = await redrive({});
	expect(first.body.items).toHaveLength(REDRIVE_MAX);
	expect(first.body.next_cursor).not.toBeNull();
	const second = await redrive({ cursor: first.body.next_cursor });
	expect(second.body.next_cursor).toBeNull();
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(REDRIVE_MAX + 2);
	expectProblem(await redrive({ seq: 4 }), "invalid-request", ["/user"]);
	expectProblem(await redrive({ cursor: "bm9uc2Vuc2U" }), "invalid-request", ["/cursor"]);
});

test("messages that cannot be read are kept once, listed, and stop no neighbour", async () => {
	const quiz = await publishedQuiz(await newClient());
	const { client, messages } = await attempts(quiz, 1);
	const { acked, report } = await deliver([{ v: "one", shard: client.user }, ...messages, "nonsense", null]);
	expect(report.unreadable).toBe(3);
	expect(acked.size).toBe(messages.length + 3);
	await caughtUp(client);
	const { items } = await everyItem(operator, "/v1/admin/dead-messages?limit=2");
	expect(items.map(({ message }) => JSON.parse(message))).toEqual(
		expect.arrayContaining([{ v: "one", shard: client.user }, "nonsense", null]),
	);
	expect(items[0].reason).toMatch(/\S/);
	vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValue(new Error("D1 is down"));
	expect((await deliver([{ v: 0 }])).acked.size).toBe(0);
});

test("what the dead-letter queue brings is recorded once and acknowledged, and the sweep has the shard send it again", async () => {
	const quiz = await publishedQuiz(await newClient());
	const { client, messages } = await attempts(quiz, 2);
	const items = messages.map((body, n) => ({
		id: `${client.user}${n}`,
		timestamp: new Date(1_000 + n),
		attempts: 11,
		body,
	}));
	for (const _ of ["once", "again"]) {
		const batch = createMessageBatch("marksheet-log-dead", items);
		await receive(testEnv.CATALOG, batch, Date.now(), 1);
		expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toHaveLength(items.length);
	}
	const { body } = await operator.get("/v1/admin/dead-messages?limit=100");
	const own = body.items.filter((item: { user: string }) => item.user === client.user);
	expect(own).toHaveLength(messages.length);
	expect(own[0]).toMatchObject({ first: messages.at(-1)?.first, last: messages.at(-1)?.last, message: "" });
	const before = (await operator.get("/v1/admin/replication")).body;
	expect(before.alarms).toContain("dead-messages");
	expect(before.lagging.shards_behind).toBeGreaterThanOrEqual(1);
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
	await operator.post("/v1/admin/replication/sweep");
	await runDurableObjectAlarm(client.shard());
	await caughtUp(client);
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(2);
});

test("while the database is down the dead-letter queue keeps its messages", async () => {
	vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValue(new Error("D1 is down"));
	const items = [{ id: "m", timestamp: new Date(), attempts: 1, body: {} }];
	const batch = createMessageBatch("marksheet-log-dead", items);
	await receive(testEnv.CATALOG, batch, Date.now(), 1);
	const result = await getQueueResult(batch, createExecutionContext());
	expect([result.explicitAcks, result.retryMessages.length]).toEqual([[], 1]);
});

test("a full or broken database makes nothing a dead letter", async () => {
	const quiz = await publishedQuiz(await newClient());
	const { client, messages } = await attempts(quiz, 2);
	for (const error of ["D1_ERROR: database or disk is full", "D1_ERROR: no such table: attempt_facts", "boom"]) {
		const batch = vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValue(new Error(error));
		const { report, acked } = await deliver(messages);
		expect({ ...report, acked: acked.size }).toMatchObject({
			applied: 0,
			poisoned: 0,
			failed: messages.length,
			acked: 0,
		});
		batch.mockRestore();
	}
	await deliver(messages);
	expect(await lettersOf(client)).toEqual([]);
});

test("an outage that is over after any number of transactions makes nothing a dead letter", async () => {
	const quiz = await publishedQuiz(await newClient());
	for (let failures = 1; failures <= 8; failures++) {
		const { client, messages } = await attempts(quiz, 2);
		const batch = vi.spyOn(testEnv.CATALOG, "batch");
		for (let n = 0; n < failures; n++) batch.mockRejectedValueOnce(new Error("D1_ERROR: database or disk is full"));
		for (let deliveries = 0; deliveries <= failures; deliveries++) await deliver(messages);
		batch.mockRestore();
		expect(await lettersOf(client)).toEqual([]);
		expect((await client.get("/v1/users/me/sync")).body.lag).toBe(0);
	}
	expect((await operator.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(16);
});
