import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { type Message as LogMessage, messageSchema } from "../../src/domain/log/events.ts";
import {
	MESSAGE_BYTES_MAX,
	RESEND_AFTER_MS,
	RESEND_PAUSE_MS_MAX,
	RESEND_PAUSE_MS_START,
} from "../../src/domain/log/limits.ts";
import {
	type Client,
	caughtUp,
	deliver,
	interceptQueue,
	NOT_LOOKED_AT,
	newClient,
	publishedQuiz,
	queueOf,
	runsOf,
	testEnv,
} from "../lib/harness.ts";

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const submit = (client: Client, quiz: string, answers: Record<string, number> = { "1": 0 }) =>
	client.post("/v1/users/me/attempts", { quiz, answers });

/** Moves the clock of the Worker and its objects; nothing else of them. */
function setClock(at: number): void {
	vi.useFakeTimers({ toFake: ["Date"], now: at });
}

/** A user whose shard is loaded, so that its queue can be held. */
async function openUser(quiz: string): Promise<Client> {
	const client = await newClient();
	await submit(client, quiz);
	await caughtUp(client);
	return client;
}

/** Pauses are as long as they may be. */
const longestPauses = () => vi.spyOn(Math, "random").mockReturnValue(1);

const alarmOf = (client: Client) => runInDurableObject(client.shard(), (_, state) => state.storage.getAlarm());

test("the queue loses every message: the alarm alone brings the catalog up to date", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const { messages, restore } = await interceptQueue(client);
	for (let n = 0; n < 5; n++) expect((await submit(client, quiz)).status).toBe(201);
	expect(messages.length).toBeGreaterThan(0);
	restore();
	expect((await client.get("/v1/users/me/sync")).body).toMatchObject({ head_seq: 7, applied_seq: 2, lag: 5 });

	setClock(Date.now() + RESEND_AFTER_MS + 1);
	expect(await runDurableObjectAlarm(client.shard())).toBe(true);
	await caughtUp(client);
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body).toMatchObject({ attempts: 6, takers: 1 });
});

test("an eviction right after the commit loses no event: the armed alarm sends it", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const { restore } = await interceptQueue(client);
	await submit(client, quiz);
	restore();
	expect(await alarmOf(client)).not.toBeNull();
	await evictDurableObject(client.shard());
	setClock(Date.now() + RESEND_AFTER_MS + 1);
	await runDurableObjectAlarm(client.shard());
	await caughtUp(client);
});

test("an alarm is armed while the log is past the cursor, one for a burst, and none once it is caught up", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	setClock(Date.now() + RESEND_AFTER_MS + 1);
	await runDurableObjectAlarm(client.shard());
	expect(await alarmOf(client)).toBeNull();
	const setAlarm = await runInDurableObject(client.shard(), (_, state) => vi.spyOn(state.storage, "setAlarm"));
	await Promise.all(Array.from({ length: 10 }, () => submit(client, quiz)));
	expect(setAlarm).toHaveBeenCalledTimes(1);
	await caughtUp(client);
});

test("an alarm that finds only fresh rows waits for them and sends nothing", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const { messages } = await interceptQueue(client);
	await submit(client, quiz);
	await runDurableObjectAlarm(client.shard());
	expect(messages).toHaveLength(1);
	expect(await alarmOf(client)).toBeLessThanOrEqual(Date.now() + RESEND_AFTER_MS);
});

test("sending fails ten times in a row: the alarm backs off to its cap, lives on, and delivers in the end", async () => {
	longestPauses();
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const send = await runInDurableObject(client.shard(), (instance) =>
		vi.spyOn(queueOf(instance), "send").mockRejectedValue(new Error("the queue is down")),
	);
	expect((await submit(client, quiz)).status).toBe(201);
	let pause = 0;
	for (let failures = 0; failures < 10; failures++) {
		setClock((await alarmOf(client)) ?? Number.NaN);
		expect(await runDurableObjectAlarm(client.shard())).toBe(true);
		const next = ((await alarmOf(client)) ?? Number.NaN) - Date.now();
		expect(next).toBeGreaterThanOrEqual(pause);
		pause = next;
	}
	expect(send.mock.calls.length).toBeGreaterThanOrEqual(10);
	expect(pause).toBe(RESEND_PAUSE_MS_MAX);
	await runInDurableObject(client.shard(), () => send.mockRestore());
	await evictDurableObject(client.shard());
	setClock((await alarmOf(client)) ?? Number.NaN);
	await runDurableObjectAlarm(client.shard());
	await caughtUp(client);
});

test("an alarm that comes before its time sends again, and neither counts as a failure nor puts off the next", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const { messages, restore } = await interceptQueue(client);
	await submit(client, quiz);
	setClock(Date.now() + RESEND_AFTER_MS + 1);
	await runDurableObjectAlarm(client.shard());
	const due = await alarmOf(client);
	for (let early = 1; early <= 5; early++) {
		const sent = messages.length;
		await runDurableObjectAlarm(client.shard());
		expect(messages).toHaveLength(sent + 1);
		expect(await alarmOf(client)).toBe(due);
	}
	restore();
});

test("once the cursor moves again the back-off begins anew, also where the object was not in memory meanwhile", async () => {
	longestPauses();
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const { messages, restore } = await interceptQueue(client);
	const wait = async (at?: number) => {
		setClock(at ?? (await alarmOf(client)) ?? Number.NaN);
		await runDurableObjectAlarm(client.shard());
		return ((await alarmOf(client)) ?? Number.NaN) - Date.now();
	};
	for (let n = 0; n < 3; n++) await submit(client, quiz);
	const pauses = [await wait(Date.now() + 2 * RESEND_AFTER_MS), await wait(), await wait()];
	expect(pauses).toEqual([1, 1, 2].map((times) => times * RESEND_PAUSE_MS_START));
	await deliver(messages.slice(0, 1));
	expect(await wait()).toBe(RESEND_PAUSE_MS_START);
	expect([await wait(), await wait()]).toEqual([RESEND_PAUSE_MS_START, 2 * RESEND_PAUSE_MS_START]);
	await deliver(messages.slice(1, 2));
	await evictDurableObject(client.shard());
	await interceptQueue(client);
	expect(await wait()).toBe(RESEND_PAUSE_MS_START);
	restore();
	await wait();
	await caughtUp(client);
});

test("the back-off is kept while the object is not in memory", async () => {
	longestPauses();
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	await interceptQueue(client);
	await submit(client, quiz);
	const pauseAfterAlarm = async (at?: number) => {
		setClock(at ?? (await alarmOf(client)) ?? Number.NaN);
		expect(await runDurableObjectAlarm(client.shard())).toBe(true);
		return ((await alarmOf(client)) ?? Number.NaN) - Date.now();
	};
	await pauseAfterAlarm(Date.now() + 2 * RESEND_AFTER_MS);
	const before = await pauseAfterAlarm();
	await evictDurableObject(client.shard());
	expect(await pauseAfterAlarm()).toBe(2 * before);
});

test("the alarm outlives a catalog that cannot be read", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const { restore } = await interceptQueue(client);
	await submit(client, quiz);
	restore();
	const session = vi.spyOn(testEnv.CATALOG, "withSession").mockImplementation(() => {
		throw new Error("D1 is down");
	});
	for (let failures = 0; failures < 8; failures++) {
		setClock((await alarmOf(client)) ?? Number.NaN);
		expect(await runDurableObjectAlarm(client.shard())).toBe(true);
	}
	session.mockRestore();
	setClock((await alarmOf(client)) ?? Number.NaN);
	await runDurableObjectAlarm(client.shard());
	await caughtUp(client);
});

interface History {
	author: Client;
	clients: Client[];
	quizzes: string[];
	messages: unknown[];
}

/** A history of a few users and quizzes whose messages, one per event, were kept from the queue. */
async function history(users: number, attemptsEach: number): Promise<History> {
	const author = await newClient();
	const quizzes = [await publishedQuiz(author), await publishedQuiz(author)];
	const clients: Client[] = [];
	const messages: unknown[] = [];
	for (let u = 0; u < users; u++) {
		const client = await newClient();
		await client.get("/v1/users/me/sync");
		const queue = await interceptQueue(client);
		for (let n = 0; n < attemptsEach; n++) {
			const answers = { "1": (u + n) % 4, "2": n % 4, "3": 2 };
			expect((await submit(client, quizzes[(u + n) % 2] ?? "", answers)).status).toBe(201);
		}
		queue.restore();
		clients.push(client);
		messages.push(...queue.messages);
	}
	return { author, clients, quizzes, messages };
}

/** The dead letters of these users; other tests make theirs in the same catalog. */
async function lettersOf(clients: readonly Client[]): Promise<object[]> {
	const query = "SELECT user_id, seq, error FROM dead_letters WHERE user_id IN (SELECT value FROM json_each(?))";
	const users = JSON.stringify(clients.map(({ user }) => user));
	return (await testEnv.CATALOG.prepare(query).bind(users).all()).results;
}

/** Delivers until every message is acknowledged, in the batches and the order that `next` chooses. */
async function deliverAll(messages: unknown[], next: (pending: number) => number[]): Promise<void> {
	let pending = messages;
	for (let rounds = 0; pending.length > 0; rounds++) {
		expect(rounds).toBeLessThan(2_000);
		const chosen = new Set(next(pending.length));
		const batch = pending.filter((_, index) => chosen.has(index));
		const { acked } = await deliver(batch);
		const left = batch.filter((_, index) => !acked.has(index));
		pending = [...pending.filter((_, index) => !chosen.has(index)), ...left];
	}
}

/** Counts again what the catalog's sums must be, from every user's own attempts. */
async function expectExactSums({ author, clients, quizzes }: History): Promise<void> {
	const all = [];
	for (const client of clients) {
		const { items } = (await client.get("/v1/users/me/attempts?limit=100")).body;
		all.push(...items.map((attempt: object) => ({ ...attempt, user: client.user })));
	}
	for (const quiz of quizzes) {
		const attempts = all.filter((attempt) => attempt.quiz === quiz);
		const { body } = await author.get(`/v1/quizzes/${quiz}/statistics`);
		expect(body.attempts).toBe(attempts.length);
		expect(body.takers).toBe(new Set(attempts.map((attempt) => attempt.user)).size);
		expect(body.mean_score).toBeCloseTo(attempts.reduce((sum, { score }) => sum + score, 0) / attempts.length, 9);
		for (const [index, question] of body.questions.entries()) {
			const scores = attempts.map((attempt) => attempt.questions[index].score);
			expect(question.n).toBe(attempts.length);
			expect(question.mean_score * question.n).toBeCloseTo(
				scores.reduce((sum, score) => sum + score, 0),
				9,
			);
			expect(question.option_counts[0]).toBe(attempts.filter(({ answers }) => answers[question.id] === 0).length);
		}
	}
}

test("every message is delivered three times, shuffled: each event is applied exactly once", async () => {
	await fc.assert(
		fc.asyncProperty(fc.infiniteStream(fc.nat()), async (numbers) => {
			const recorded = await history(4, 6);
			const thrice = [...recorded.messages, ...recorded.messages, ...recorded.messages];
			const draw = (below: number) => (numbers.next().value ?? 0) % below;
			await deliverAll(thrice, (pending) => {
				const size = Math.min(pending, 1 + draw(12));
				return Array.from({ length: size }, () => draw(pending));
			});
			await expectExactSums(recorded);
			for (const client of recorded.clients) expect((await client.get("/v1/users/me/sync")).body.lag).toBe(0);
		}),
		{ numRuns: runsOf(40) },
	);
});

test("two consumers get the same messages at once: one wins, the other retries, nothing doubles", async () => {
	const recorded = await history(3, 4);
	const both = await Promise.all([deliver(recorded.messages), deliver(recorded.messages)]);
	const applied = both.reduce((sum, { report }) => sum + report.applied, 0);
	expect(applied).toBe(3 * 5);
	await deliverAll(recorded.messages, (pending) => Array.from({ length: pending }, (_, index) => index));
	await expectExactSums(recorded);
});

test("a message past a gap is retried and changes nothing until what is missing has come", async () => {
	const recorded = await history(1, 3);
	const [first, second, third] = recorded.messages;
	const early = await deliver([second, third]);
	expect(early).toMatchObject({ report: { gaps: 2, applied: 0, statements: 0 }, acked: new Set() });
	expect((await deliver([first])).report).toMatchObject({ applied: 2, gaps: 0 });
	expect((await deliver([third, second])).report).toMatchObject({ applied: 2, transactions: 1 });
	await expectExactSums({ ...recorded, quizzes: [recorded.quizzes[0] ?? ""] });
});

test("D1 fails: every message is retried, none is acknowledged, and the next delivery applies them once", async () => {
	const recorded = await history(2, 2);
	const batch = vi
		.spyOn(testEnv.CATALOG, "batch")
		.mockRejectedValueOnce(new Error("D1_ERROR: Network connection lost."));
	const failed = await deliver(recorded.messages);
	batch.mockRestore();
	expect(failed).toMatchObject({ acked: new Set(), report: { applied: 0 } });
	expect((await deliver(recorded.messages)).acked.size).toBe(recorded.messages.length);
	await expectExactSums(recorded);
});

test.each(["before", "after"])(
	"D1 fails %s the commit of any one transaction: nothing is lost and nothing doubles",
	async (when) => {
		for (let nth = 0; ; nth++) {
			const recorded = await history(2, 2);
			const commit = testEnv.CATALOG.batch.bind(testEnv.CATALOG);
			let left = nth;
			const batch = vi.spyOn(testEnv.CATALOG, "batch").mockImplementation(async (statements) => {
				const isFaulty = left-- === 0;
				if (isFaulty && when === "before") throw new Error("D1_ERROR: Network connection lost.");
				const results = await commit(statements);
				if (isFaulty) throw new Error("D1_ERROR: Network connection lost.");
				return results as never;
			});
			const { acked } = await deliver(recorded.messages);
			batch.mockRestore();
			const hasFailed = left < 0;
			expect(acked.size).toBe(hasFailed ? 0 : recorded.messages.length);
			await deliverAll(recorded.messages, (pending) => Array.from({ length: pending }, (_, index) => index));
			await expectExactSums(recorded);
			if (!hasFailed) {
				expect(nth).toBeGreaterThan(0);
				return;
			}
		}
	},
);

/** The rows from `first` to `last` of a log, whose messages have one row each after the first, as one message. */
function stretchOf(own: readonly LogMessage[], first: number, last: number): LogMessage {
	const inside = own.filter((message) => message.last >= first && message.first <= last);
	const [from, to] = [inside[0], inside.at(-1)];
	if (!from || !to) throw new Error(`no rows ${first} to ${last}`);
	return { ...from, last: to.last, hash: to.hash, rows: inside.flatMap(({ rows }) => rows) };
}

test("stretches of a log that overlap, in any order: each row is applied exactly once, and none is poison", async () => {
	const edges = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })), { minLength: 6 });
	await fc.assert(
		fc.asyncProperty(edges, fc.infiniteStream(fc.nat()), async (stretches, numbers) => {
			const recorded = await history(2, 5);
			const all = recorded.messages.map((message) => messageSchema.parse(message));
			const messages = recorded.clients.flatMap(({ user }) => {
				const own = all.filter(({ shard }) => shard === user);
				return [...stretches.map(([a, b]) => stretchOf(own, Math.min(a, b), Math.max(a, b))), ...own];
			});
			const draw = (below: number) => (numbers.next().value ?? 0) % below;
			await deliverAll(messages, (pending) => Array.from({ length: 1 + draw(3) }, () => draw(pending)));
			await expectExactSums(recorded);
			expect(await lettersOf(recorded.clients)).toEqual([]);
		}),
		{ numRuns: runsOf(40) },
	);
});

test("a row that cannot be read is kept with its error, and stops neither its shard nor its neighbours", async () => {
	const recorded = await history(2, 3);
	const bad = recorded.messages.map((body, index) => {
		const message = messageSchema.parse(structuredClone(body));
		if (index === 1) Object.assign(message.rows[0] as object, { body: null });
		return message;
	});
	const { report, acked } = await deliver([...bad, { v: 1 }, "nonsense", null]);
	expect(acked.size).toBe(bad.length + 3);
	expect(report).toMatchObject({ applied: 8, unreadable: 3, failed: 0 });
	expect(await lettersOf(recorded.clients)).toEqual([
		{ user_id: recorded.clients[0]?.user, seq: 3, error: expect.stringMatching(/invalid_type/) },
	]);
	for (const client of recorded.clients) expect((await client.get("/v1/users/me/sync")).body.lag).toBe(0);
});

test("rows that were written while a send was under way go together in the next message", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const sent: number[] = [];
	let isSlow = true;
	await runInDurableObject(client.shard(), (instance) =>
		vi.spyOn(queueOf(instance), "send").mockImplementation(async (body) => {
			const message = messageSchema.parse(body);
			sent.push(message.rows.length);
			while (isSlow) await scheduler.wait(1);
			return NOT_LOOKED_AT;
		}),
	);
	for (let n = 0; n < 6; n++) await submit(client, quiz);
	isSlow = false;
	await expect.poll(() => sent).toEqual([1, 5]);
});

test("rows whose sending failed go with the next command's, without a gap", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const sent: [first: number, last: number][] = [];
	let failures = 0;
	let isDown = true;
	await runInDurableObject(client.shard(), (instance) =>
		vi.spyOn(queueOf(instance), "send").mockImplementation(async (body) => {
			const { shard, first, last } = messageSchema.parse(body);
			if (shard !== client.user) return NOT_LOOKED_AT;
			if (isDown) {
				failures++;
				throw new Error("the queue is down");
			}
			sent.push([first, last]);
			return NOT_LOOKED_AT;
		}),
	);
	await submit(client, quiz);
	await expect.poll(() => failures).toBe(1);
	isDown = false;
	await submit(client, quiz);
	await expect.poll(() => sent).toEqual([[3, 4]]);
});

test("a message is cut at the platform's limit of bytes, and the rest goes in the next", async () => {
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	const { messages } = await interceptQueue(client);
	const document = (n: number) => ({
		title: `${n} ${"é".repeat(190)}`,
		description: "ü".repeat(2_000),
		subjects: [{ name: "s", questions: [{ id: 1, question: "?", options: ["a", "b"], correctAnswer: 0 }] }],
	});
	for (let n = 0; n < 30; n++) {
		const { body } = await client.post("/v1/users/me/quizzes", document(n));
		await client.put(`/v1/users/me/quizzes/${body.id}/publication`, { visibility: "private" });
	}
	setClock(Date.now() + RESEND_AFTER_MS + 1);
	const before = messages.length;
	await runDurableObjectAlarm(client.shard());
	const resent = messages.slice(before);
	expect(resent.map((message) => message.rows.length).reduce((a, b) => a + b, 0)).toBe(61);
	expect(resent.length).toBeGreaterThan(1);
	for (const message of resent) {
		expect(new TextEncoder().encode(JSON.stringify(message)).byteLength).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
	}
	const { acked } = await deliver(resent);
	expect(acked.size).toBe(resent.length);
	expect((await client.get("/v1/users/me/sync")).body.lag).toBe(0);
});

test("publish, change, republish and withdraw, doubled and shuffled: the catalog ends right", async () => {
	const author = await newClient();
	await author.get("/v1/users/me/sync");
	const { messages } = await interceptQueue(author);
	const { publishedDraft } = await lifeOfAQuiz(author);
	// The author would see the own shard's state, and not the catalog's.
	const reader = await newClient({ tenant: author.tenant });
	for (const end of [messages.length - 1, messages.length]) {
		const soFar = messages.slice(0, end);
		await deliverAll([...soFar, ...soFar].reverse(), (pending) => [pending - 1, 0]);
		const { status, body } = await reader.get(`/v1/quizzes/${publishedDraft}`);
		if (end === messages.length) expect(status).toBe(404);
		else expect(body).toMatchObject({ title: "Second", version_number: 2 });
	}
});

async function lifeOfAQuiz(author: Client): Promise<{ publishedDraft: string }> {
	const document = (title: string) => ({
		title,
		subjects: [{ name: "s", questions: [{ id: 1, question: "?", options: ["a", "b"], correctAnswer: 0 }] }],
	});
	const { body } = await author.post("/v1/users/me/quizzes", document("First"));
	const path = `/v1/users/me/quizzes/${body.id}`;
	await author.put(`${path}/publication`, { visibility: "public" });
	await author.put(path, document("Second"), { "If-Match": body.etag });
	await author.put(`${path}/publication`, { visibility: "tenant" });
	expect((await author.request("DELETE", `${path}/publication`)).status).toBe(200);
	return { publishedDraft: body.id };
}

test("the consumer never throws, whatever the queue brings", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.anything({ withNullPrototype: false }), { maxLength: 5 }), async (bodies) => {
			const clonable = bodies.map((body) => JSON.parse(JSON.stringify(body) ?? "null"));
			const { acked } = await deliver(clonable);
			expect(acked.size).toBe(clonable.length);
		}),
		{ numRuns: runsOf(500) },
	);
});

test("a run that the database refuses for any reason stops no other", async () => {
	const recorded = await history(4, 2);
	const bad = recorded.clients[1]?.user ?? "";
	const batch = testEnv.CATALOG.batch.bind(testEnv.CATALOG);
	const prepare = testEnv.CATALOG.prepare.bind(testEnv.CATALOG);
	const tainted = new WeakSet<D1PreparedStatement>();
	vi.spyOn(testEnv.CATALOG, "prepare").mockImplementation((query) => {
		const statement = prepare(query);
		const bind = statement.bind.bind(statement);
		statement.bind = (...values) => {
			const bound = bind(...values);
			if (/^UPDATE shards/.test(query) && String(values[0]).includes(bad)) tainted.add(bound);
			return bound;
		};
		return statement;
	});
	vi.spyOn(testEnv.CATALOG, "batch").mockImplementation((statements) => {
		if (statements.some((statement) => tainted.has(statement))) throw new Error("D1_ERROR: string or blob too big");
		return batch(statements) as never;
	});
	const { acked } = await deliver(recorded.messages);
	vi.restoreAllMocks();
	expect(acked.size).toBe(recorded.messages.length * 0.75);
	await deliver(recorded.messages);
	await expectExactSums(recorded);
});

/** A crash at one point of the way from the commit to the acknowledgement; what is in memory is gone with it. */
const CRASH_POINTS: Record<string, (client: Client) => Promise<() => void>> = {
	"before the send": async (client) => (await interceptQueue(client)).restore,
	"after the send, before anything is remembered": async (client) => {
		const spy = await runInDurableObject(client.shard(), (instance) => {
			const queue = queueOf(instance);
			const send = queue.send.bind(queue);
			return vi.spyOn(queue, "send").mockImplementation(async (body, options) => {
				await send(body, options);
				throw new Error("the answer is lost");
			});
		});
		return () => spy.mockRestore();
	},
	"before the D1 commit": async () => {
		const spy = vi
			.spyOn(testEnv.CATALOG, "batch")
			.mockRejectedValueOnce(new Error("D1_ERROR: Network connection lost."));
		return () => spy.mockRestore();
	},
	"after the D1 commit, before the acknowledgement": async () => {
		const batch = testEnv.CATALOG.batch.bind(testEnv.CATALOG);
		const spy = vi.spyOn(testEnv.CATALOG, "batch").mockImplementationOnce(async (statements) => {
			await batch(statements);
			throw new Error("D1_ERROR: Network connection lost.");
		});
		return () => spy.mockRestore();
	},
};

test.each(Object.keys(CRASH_POINTS))("a crash %s loses nothing and doubles nothing", async (point) => {
	const quiz = await publishedQuiz(await newClient());
	const client = await openUser(quiz);
	const restore = await CRASH_POINTS[point]?.(client);
	await submit(client, quiz);
	await submit(client, quiz);
	await client.get("/v1/users/me/sync");
	restore?.();
	await evictDurableObject(client.shard());
	for (let times = 0; times < 2; times++) {
		setClock((await alarmOf(client)) ?? Date.now() + RESEND_AFTER_MS);
		await runDurableObjectAlarm(client.shard());
	}
	await caughtUp(client);
	const { body } = await client.get(`/v1/quizzes/${quiz}/statistics`);
	expect(body).toMatchObject({ attempts: 3, takers: 1 });
});
