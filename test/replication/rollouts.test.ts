import { createMessageBatch, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { consume } from "../../src/catalog/replication/consumer.ts";
import { receive } from "../../src/catalog/replication/receiver.ts";
import { type Message, messageSchema, READER_VERSION } from "../../src/domain/log/events.ts";
import {
	COUNTED_MAX,
	DELIVERIES_MAX,
	KEEP_RETRY_S,
	KEEP_RETRY_S_MAX,
	PLANS_MAX,
	REDELIVERY_S,
} from "../../src/domain/log/limits.ts";
import { keepDelayS, redeliveryDelayS } from "../../src/domain/log/redelivery.ts";
import { redriveOnceUnknown } from "../../src/ops/redrive.ts";
import { scheduled } from "../../src/ops/scheduled.ts";
import { catalogDigest } from "../lib/catalog-digest.ts";
import {
	type Client,
	caughtUp,
	deliver,
	EVERY_SCOPE,
	everyItem,
	interceptQueue,
	newClient,
	publishedQuiz,
	testEnv,
} from "../lib/harness.ts";

/** Properties T2 and R1: what a newer release wrote waits for a release that reads it; a stall fills no dead-letter queue. */

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const operator = await newClient({ scope: EVERY_SCOPE });
const replication = async () => (await operator.get("/v1/admin/replication")).body;
const lettersOf = async ({ user }: Client) => (await operator.get(`/v1/admin/dead-letters?user=${user}`)).body.items;
const everyMinute = () => scheduled("* * * * *", testEnv);

/** A user with attempts at a quiz, and the messages, one per attempt, that were kept from the queue. */
async function attempts(count: number): Promise<{ client: Client; quiz: string; messages: Message[] }> {
	const quiz = await publishedQuiz(await newClient());
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	const { messages, restore } = await interceptQueue(client);
	for (let n = 0; n < count; n++) await client.post("/v1/users/me/attempts", { quiz, answers: { "1": n % 4 } });
	restore();
	return { client, quiz, messages };
}

type Row = { seq: number; kind: string; body: Record<string, unknown> };

/** As a newer release writes row `seq`: `change` is what this one does not know of it. */
function newer(messages: readonly Message[], seq: number, change: (row: Row) => void): Message[] {
	return structuredClone(messages).map((message) => {
		for (const row of message.rows as Row[]) if (row.seq === seq) change(row);
		return message;
	});
}

const ofNewKind = (row: Row) => void Object.assign(row, { kind: "attempt.imagined" });
const ofNewReader = (row: Row) => void Object.assign(row.body, { reader: READER_VERSION + 1 });

const joined = (messages: readonly Message[]): Message => {
	const [first, last] = [messages[0], messages.at(-1)];
	if (!first || !last) throw new Error("nothing was sent");
	return { ...first, last: last.last, hash: last.hash, rows: messages.flatMap(({ rows }) => rows) };
};

test.each([
	["of a kind that is not known", ofNewKind, "unknown kind attempt.imagined"],
	["that wants a later reader", ofNewReader, `reader ${READER_VERSION + 1}`],
])(
	"a row %s holds the cursor right before it, is no dead letter, and is applied by the release that reads it",
	async (_, change, needs) => {
		const { client, quiz, messages } = await attempts(6);
		const log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
		// Rows 1 and 2 are the opening and the first attempt; row 5 lies within a message of three.
		const sent = newer([...messages.slice(0, 2), joined(messages.slice(2, 5)), ...messages.slice(5)], 5, change);
		const { report, acked } = await deliver(sent);
		expect(report).toMatchObject({ applied: 4, poisoned: 0, ahead: 2, deferred: 1, failed: 0, gaps: 0 });
		expect(acked.size).toBe(sent.length);
		expect(log.mock.calls.flat().join()).toContain(`"user":"${client.user}","seq":5,"needs":"${needs}"`);
		expect(await lettersOf(client)).toEqual([]);
		expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(3);
		// The hash is the log's, or the sweep would take it for another history.
		expect((await client.get("/v1/users/me/credits/verification")).body.chain.anchored_seq).toBe(4);

		const { alarms, holding: ahead } = await replication();
		expect(alarms).toContain("rows-ahead");
		expect(ahead.oldest).toMatchObject({ user: client.user, seq: 5, needs });
		expect((await deliver(sent)).report).toMatchObject({ applied: 0, ahead: 2, duplicates: 2, rows_written: 0 });

		// Today's code stands for the next release: to it, what the shard really wrote is known.
		expect((await deliver([joined(messages)])).report).toMatchObject({ applied: 3, ahead: 0 });
		expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(6);
		expect((await replication()).holding).toEqual({ shards: 0, oldest: null });
		await everyMinute();
		expect(await testEnv.CATALOG.prepare("SELECT count(*) AS n FROM rows_ahead").first("n")).toBe(0);
	},
);

test("a damaged row before one that cannot be read yet waits with it, since the hash at it cannot be told", async () => {
	const { client, messages } = await attempts(4);
	const sent = newer([joined(messages)], 4, ofNewKind);
	(sent[0] as Message).rows[2] = "nothing like a row";
	expect((await deliver(sent)).report).toMatchObject({ applied: 2, poisoned: 0, ahead: 1 });
	expect((await client.get("/v1/users/me/sync")).body.applied_seq).toBe(2);
	expect((await deliver(messages)).report).toMatchObject({ applied: 3, poisoned: 0 });
});

test("rows that wait for a release do not make the service unready, and those behind for another reason do", async () => {
	const { client, messages } = await attempts(3);
	await deliver(newer(messages, 3, ofNewKind));
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
	await testEnv.CATALOG.prepare("DELETE FROM sweep").run();
	await everyMinute();
	const waiting = await replication();
	expect(waiting.lagging).toMatchObject({ shards_behind: 1, oldest: null, oldest_age_ms: 0 });
	expect(waiting.alarms).not.toContain("lag");
	await testEnv.CATALOG.prepare("DELETE FROM rows_ahead").run();
	expect((await replication()).alarms).toContain("lag");
	await deliver(messages);
	await caughtUp(client);
});

test("however many shards wait for a release, one that is behind for another reason is seen", async () => {
	const waiting = JSON.stringify(Array.from({ length: COUNTED_MAX }, (_, n) => `usr_a_waits${n}`));
	const [found, ahead] = [Date.now() - 3_600_000, Date.now()];
	await testEnv.CATALOG.batch([
		testEnv.CATALOG.prepare(
			`INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at) SELECT value, 5, ?2, 'same', ?2 FROM json_each(?1)`,
		).bind(waiting, ahead),
		testEnv.CATALOG.prepare(
			`INSERT INTO rows_ahead (user_id, seq, needs, since) SELECT value, 2, 'reader 2', ?2 FROM json_each(?1)`,
		).bind(waiting, ahead),
		testEnv.CATALOG.prepare(
			`INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at) VALUES ('usr_z', 5, ?1, 'same', ?1),
				('usr_zz', 5, ?1, 'different', ?1)`,
		).bind(found),
	]);
	const { alarms, lagging: lag } = await replication();
	expect(alarms).toEqual(expect.arrayContaining(["lag", "diverged", "rows-ahead"]));
	expect(lag).toMatchObject({
		shards_behind: COUNTED_MAX,
		shards_diverged: 1,
		oldest: { user: "usr_z", waiting_since: found },
	});
	for (const table of ["lagging", "rows_ahead"]) await testEnv.CATALOG.prepare(`DELETE FROM ${table}`).run();
});

test("a rebuild that cannot go on stops no other part of the schedule, and the schedule says that it failed", async () => {
	const { client, messages } = await attempts(3);
	await deliver(newer(messages, 3, ofNewKind));
	await deliver(messages);
	const held = await newClient();
	await held.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
	await caughtUp(held);
	const rebuild = testEnv.CATALOG.prepare(
		`INSERT INTO rebuilds (user_id, phase, position, shards, events, started_at, updated_at) VALUES (?, 'wipe', 0, 0, 0, 0, 0)`,
	);
	await rebuild.bind(held.user).run();
	const getByName = testEnv.SHARDS.getByName.bind(testEnv.SHARDS);
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation((name) => {
		if (name === held.user) throw new Error("it is broken");
		return getByName(name);
	});
	await expect(async () => {
		await everyMinute();
	}).rejects.toThrow("it is broken");
	const ahead = "SELECT count(*) AS n FROM rows_ahead WHERE user_id = ?";
	expect(await testEnv.CATALOG.prepare(ahead).bind(client.user).first("n")).toBe(0);
	vi.restoreAllMocks();
	await everyMinute();
	expect((await replication()).rebuild).toMatchObject({ user: held.user, phase: "finished" });
});

test("a rebuild of everything stops before such a row, and what the rest of the log wrote stays", async () => {
	const author = await newClient();
	const quiz = await publishedQuiz(author);
	await caughtUp(author);
	const getByName = testEnv.SHARDS.getByName.bind(testEnv.SHARDS);
	vi.spyOn(console, "warn").mockImplementation(() => undefined);
	vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation((name) => {
		const stub = getByName(name);
		if (name !== author.user) return stub;
		const message = async (after: number) => {
			const body: unknown = await stub.log.message(after);
			return body === null ? null : newer([messageSchema.parse(body)], 2, ofNewKind)[0];
		};
		const log = new Proxy(stub.log, {
			get: (target, key) => (key === "message" ? message : Reflect.get(target, key)),
		});
		return new Proxy(stub, { get: (target, key) => (key === "log" ? log : Reflect.get(target, key)) });
	});
	const rebuild = async (body: object) => (await operator.post("/v1/admin/replication/rebuild", body)) as never as Done;
	type Done = { status: number; body: { finished_at: number | null; detail: string } };
	const alone = await rebuild({ user: author.user });
	expect([alone.status, alone.body.detail]).toEqual([409, expect.stringMatching(/Another release has applied row 2/)]);
	expect((await rebuild({})).body.finished_at).not.toBeNull();
	expect((await author.get("/v1/users/me/sync")).body.applied_seq).toBe(1);
	expect((await operator.get(`/v1/quizzes/${quiz}`)).status).toBe(200);
	vi.restoreAllMocks();
	await everyMinute();
	await rebuild({});
	await caughtUp(author);
});

test("dead letters that an earlier release made of kinds that it did not know are driven again by the schedule", async () => {
	const { client, quiz, messages } = await attempts(5);
	const clean = await attempts(1);
	await deliver(clean.messages);
	// As the release before does it: the cursor moves past the row, and the letter says why.
	await deliver(newer(messages, 4, (row) => void Object.assign(row, { body: null })));
	const row = JSON.stringify({ ...(joined(messages).rows[3] as Row) });
	await testEnv.CATALOG.prepare("UPDATE dead_letters SET error = 'Error: unknown kind attempt.submitted', row = ?")
		.bind(row)
		.run();
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(4);
	const batch = vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValue(new Error("D1_ERROR: D1 DB is overloaded."));
	expect(await redriveOnceUnknown(testEnv)).toMatchObject([{ seq: 4, status: "refused" }]);
	batch.mockRestore();
	expect(await lettersOf(client)).toMatchObject([{ seq: 4, error: "Error: unknown kind attempt.submitted" }]);
	await everyMinute();
	expect(await lettersOf(client)).toEqual([]);
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(5);
	const grown = await catalogDigest();
	await operator.post("/v1/admin/replication/rebuild", {});
	expect(await catalogDigest()).toEqual(grown);
});

test("a letter of a kind that is still unknown stays, and one that is refused for another reason is not tried again and again", async () => {
	const { client, messages } = await attempts(2);
	await deliver(messages);
	const letter = testEnv.CATALOG.prepare(
		"INSERT INTO dead_letters (user_id, seq, error, row, at) VALUES (?, ?, ?, ?, 0)",
	);
	const unknown = (kind: string) => ["Error: unknown kind imagined", JSON.stringify({ kind, body: {} })] as const;
	await letter.bind(client.user, 3, ...unknown("attempt.imagined")).run();
	await letter.bind(client.user, 1, ...unknown("shard.opened")).run();
	// As after a shard was restored.
	await letter.bind(client.user, 99, ...unknown("attempt.submitted")).run();
	await everyMinute();
	expect(await lettersOf(client)).toMatchObject([
		{ seq: 1, error: expect.stringMatching(/rebuild/) },
		{ seq: 3, error: "Error: unknown kind imagined" },
		{ seq: 99, error: expect.stringMatching(/does not have/) },
	]);
	const log = vi.spyOn(console, "log");
	await everyMinute();
	expect(log.mock.calls.flat().join()).not.toContain('"at":"redrive"');
	await testEnv.CATALOG.prepare("DELETE FROM dead_letters").run();
});

test("a message is delivered again soon, at most so often, and then left to its shard, whatever stands in its way", async () => {
	for (const random of [0, 0.5, 0.999]) {
		const delays = Array.from({ length: 100 }, (_, index) => redeliveryDelayS(index + 1, random));
		expect(delays.indexOf(null)).toBe(DELIVERIES_MAX - 1);
		for (const [index, delay] of delays.slice(0, DELIVERIES_MAX - 1).entries()) {
			expect(delay).toBeGreaterThanOrEqual(1);
			expect(delay).toBeLessThanOrEqual(REDELIVERY_S * 2 ** index);
		}
	}
	expect(keepDelayS(1, 0.9999)).toBe(KEEP_RETRY_S);
	expect(keepDelayS(100, 0.9999)).toBe(KEEP_RETRY_S_MAX);
	expect(keepDelayS(100, 0)).toBe(1);
});

const OUTAGES: Record<string, () => unknown> = {
	"the cursors cannot be read": () =>
		vi.spyOn(testEnv.CATALOG, "prepare").mockImplementation(() => {
			throw new Error("D1_ERROR: Network connection lost.");
		}),
	"nothing can be written": () =>
		vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValue(new Error("D1_ERROR: D1 DB is overloaded.")),
};

test.each(Object.keys(OUTAGES))("an outage of any length gives up no message: %s", async (outage) => {
	const { client, quiz, messages } = await attempts(3);
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	OUTAGES[outage]?.();
	for (let attempt = 1; attempt < DELIVERIES_MAX; attempt++) {
		expect(await deliver(messages, attempt)).toMatchObject({ acked: new Set(), report: { deferred: 0 } });
	}
	const { acked, report } = await deliver(messages, DELIVERIES_MAX);
	expect([acked.size, report.deferred, report.applied]).toEqual([messages.length, messages.length, 0]);
	vi.restoreAllMocks();
	// Nothing is in the queue any more; the shard's alarm, armed since the commit, sends all of it.
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
	expect(await runDurableObjectAlarm(client.shard())).toBe(true);
	await caughtUp(client);
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(3);
});

test("a message behind a gap that does not close is left to its shard", async () => {
	const { messages } = await attempts(3);
	const late = messages.slice(1);
	expect(await deliver(late, 1)).toMatchObject({ acked: new Set(), report: { gaps: 2, deferred: 0 } });
	expect(await deliver(late, DELIVERIES_MAX)).toMatchObject({
		acked: new Set([0, 1]),
		report: { gaps: 2, deferred: 2 },
	});
	expect((await deliver(messages)).report).toMatchObject({ applied: 4 });
});

test("what the dead-letter queue brings while the database is down is kept for it, later and later", async () => {
	vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValue(new Error("D1 is down"));
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	vi.spyOn(Math, "random").mockReturnValue(0.9999);
	const delays = [];
	for (const attempts of [1, 2, 3, 50]) {
		const batch = createMessageBatch("marksheet-log-dead", [{ id: "m", timestamp: new Date(), attempts, body: {} }]);
		const [retry] = batch.messages.map((message) => vi.spyOn(message, "retry"));
		await receive(testEnv.CATALOG, batch, Date.now(), 1);
		delays.push(retry?.mock.calls[0]?.[0]?.delaySeconds);
	}
	expect(delays).toEqual([KEEP_RETRY_S, 2 * KEEP_RETRY_S, 4 * KEEP_RETRY_S, KEEP_RETRY_S_MAX]);
});

test("a consumer whose cursors another has moved plans anew: two transactions, however large the batch", async () => {
	const each = await Promise.all(Array.from({ length: 8 }, () => attempts(2)));
	const all = each.flatMap(({ messages }) => messages);
	const commit = testEnv.CATALOG.batch.bind(testEnv.CATALOG);
	vi.spyOn(testEnv.CATALOG, "batch").mockImplementationOnce(async (statements) => {
		const items = (each[5]?.messages ?? []).map((body, n) => ({
			id: `o${n}`,
			timestamp: new Date(0),
			attempts: 1,
			body,
		}));
		expect(await consume(testEnv.CATALOG, createMessageBatch("marksheet-log", items), Date.now())).toMatchObject({
			applied: 3,
		});
		return commit(statements) as never;
	});
	const { report, acked } = await deliver(all);
	expect(report).toMatchObject({ transactions: 2, applied: 7 * 3, duplicates: 2, failed: 0, deferred: 0 });
	expect(acked.size).toBe(all.length);
	for (const { client } of each) expect((await client.get("/v1/users/me/sync")).body.lag).toBe(0);
});

test("a consumer whose cursors others move again and again lets go of its batch", async () => {
	const { messages } = await attempts(2);
	const moved = new Error("D1_ERROR: NOT NULL constraint failed: shards.applied_seq: SQLITE_CONSTRAINT");
	vi.spyOn(testEnv.CATALOG, "batch").mockRejectedValue(moved);
	const { report, acked } = await deliver(messages);
	expect([report.transactions, report.failed, acked.size]).toEqual([PLANS_MAX, messages.length, 0]);
	vi.restoreAllMocks();
	expect((await deliver(messages)).report.applied).toBe(3);
});

test("dead letters and messages raise the alarm while they are new; an operator acknowledges what was seen", async () => {
	const { client, messages } = await attempts(3);
	const acknowledge = async (body: object) =>
		(await operator.post("/v1/admin/dead-letters/acknowledgement", body)).body;
	await acknowledge({});
	expect((await replication()).alarms).not.toContain("dead-letters");
	await deliver([...newer(messages, 3, (row) => void Object.assign(row, { body: null })), "nonsense"]);
	const before = await replication();
	expect(before).toMatchObject({ new_dead_letters: 1, new_dead_messages: 1 });
	expect(before.alarms).toEqual(expect.arrayContaining(["dead-letters", "dead-messages"]));
	expect(await acknowledge({ until: 1 })).toEqual({ letters: 0, messages: 0 });
	expect(await acknowledge({})).toEqual({ letters: 1, messages: 1 });
	expect(await acknowledge({})).toEqual({ letters: 0, messages: 0 });
	const after = await replication();
	expect(after).toMatchObject({ new_dead_letters: 0, new_dead_messages: 0, dead_letters: before.dead_letters });
	expect(after.alarms).not.toContain("dead-letters");
	expect(after.alarms).not.toContain("dead-messages");
	expect(await lettersOf(client)).toMatchObject([{ seq: 3, acknowledged_at: expect.any(Number) }]);
	await deliver(["more nonsense"]);
	expect((await replication()).alarms).toContain("dead-messages");
	const { items } = await everyItem(operator, "/v1/admin/dead-messages?limit=100");
	expect(items.map(({ acknowledged_at }) => acknowledged_at)).toContain(null);
	expect((await newClient().then((user) => user.post("/v1/admin/dead-letters/acknowledgement", {}))).status).toBe(403);
});
