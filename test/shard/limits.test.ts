import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { readContent } from "../../src/catalog/quizzes/versions.ts";
import { HOLD_SLICES_MAX, LIVE_LOTS_MAX } from "../../src/domain/credits/limits.ts";
import { PURGE_ROWS_MAX, SCAN_ROWS_MAX, TOKEN_CHARS_MAX } from "../../src/domain/limits.ts";
import { EVENT_BODY_BYTES_MAX, MESSAGE_EVENTS_MAX } from "../../src/domain/log/limits.ts";
import { QUIZZES_PER_USER_MAX } from "../../src/domain/quizzes/limits.ts";
import { quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import type { Outcome } from "../../src/domain/result.ts";
import { Log } from "../../src/shard/engine/log.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { Sql } from "../../src/shard/engine/sql.ts";
import { deliver, fresh, call as http, interceptQueue, newClient, quizDocument, testEnv } from "../lib/harness.ts";

/** Limits at their edges, where no other file has them. */

const START = Date.UTC(2033, 0, 1);
const reservation = { ttl_s: 3_600, over_capture: "reject", late_settle: "reject" } as const;

function newShard() {
	const user = fresh("usr");
	const call = (now = START): Call => ({ user, tenant: "ten_a", actor: user, now, request_id: "test" });
	return { shard: testEnv.SHARDS.getByName(user), call };
}

function granted<T>({ outcome }: { outcome: Outcome<T> }): T {
	if (!outcome.ok) throw new Error(outcome.refusal.detail);
	return outcome.value;
}

test("a hold that is extended 2,000 times can still be released", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call(), { amount: 5_000, kind: "bonus", priority: 50 });
	const hold = granted(await shard.credits.reserve(call(), { ...reservation, amount: 1 }));
	for (let n = 0; n < 2_000; n++) await shard.credits.extend(call(), hold.id, { amount: 1, ttl_s: null });
	const released = granted(await shard.credits.release(call(), hold.id, { reason: null, error: null }));
	expect(released).toMatchObject({ returned: 2_001, slices: [{ amount: 2_001 }] });
});

test("a hold of as many slices as it may have ends in every way; one slice more is refused", async () => {
	const grown = async () => {
		const { shard, call } = newShard();
		await shard.credits.grant(call(), { amount: 5_000, kind: "bonus", priority: 50 });
		const hold = granted(await shard.credits.reserve(call(), { ...reservation, amount: 1 }));
		const extend = () => shard.credits.extend(call(), hold.id, { amount: 1, ttl_s: null });
		// A lot that is used first comes between every two of the big one.
		for (let slices = 1; slices < HOLD_SLICES_MAX; slices++) {
			if (slices % 2 === 1) await shard.credits.grant(call(), { amount: 1, kind: "bonus", priority: 1 });
			granted(await extend());
		}
		return { shard, call, id: hold.id, extend };
	};
	const { shard, call, id, extend } = await grown();
	await shard.credits.grant(call(), { amount: 1, kind: "bonus", priority: 1 });
	const refused = await extend();
	expect(refused.outcome).toMatchObject({ ok: false, refusal: { code: "conflict" } });
	expect(granted(await shard.credits.settle(call(), id, { amount: 100 }))).toMatchObject({ settled: 100 });
	const again = await grown();
	expect(await again.shard.credits.balance(again.call(START + 3_600_000))).toMatchObject({ held: 0 });
	expect(await again.shard.log.verify(again.call(), null)).toMatchObject({ ok: true });
});

test("a refund opens no more lots than a user may have: the rest goes to one new lot", async () => {
	const { shard, call } = newShard();
	const spend = async (amount: number) => {
		const hold = granted(await shard.credits.reserve(call(), { ...reservation, amount }));
		return granted(await shard.credits.settle(call(), hold.id, { amount })).id;
	};
	for (let n = 0; n < 100; n++) await shard.credits.grant(call(), { amount: 1, kind: "bonus", priority: 1 });
	const spent = await spend(100);
	for (let n = 0; n < LIVE_LOTS_MAX - 50; n++)
		await shard.credits.grant(call(), { amount: 1, kind: "bonus", priority: 1 });
	granted(await shard.credits.refund(call(), spent, null, null));
	const balance = await shard.credits.balance(call());
	expect(balance?.lots.length).toBe(LIVE_LOTS_MAX);
	expect(balance?.lots.find((lot) => lot.kind === "refund")?.amount).toBe(51);
	expect(await shard.log.verify(call(), null)).toMatchObject({ ok: true });
});

test("a message has at most as many rows as it may", async () => {
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	const { messages } = await interceptQueue(client);
	await client.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
	const rows = await runInDurableObject(client.shard(), (instance) => {
		const who = { user: client.user, tenant: client.tenant, actor: client.user, now: Date.now(), request_id: "test" };
		for (let n = 0; n < MESSAGE_EVENTS_MAX + 10; n++) instance.credits.setTerms(who, { low_balance_at: n });
		return instance.log.feed(who, 0, 1)?.head_seq;
	});
	expect(rows).toBe(MESSAGE_EVENTS_MAX + 12);
	await expect.poll(() => messages.reduce((sum, message) => sum + message.rows.length, 0)).toBe(rows);
	expect(Math.max(...messages.map((message) => message.rows.length))).toBe(MESSAGE_EVENTS_MAX);
	expect((await deliver(messages)).acked.size).toBe(messages.length);
});

test("old idempotency records go a bounded number at a time", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call(), { amount: 1, kind: "bonus", priority: 50 });
	const left = await runInDurableObject(shard, (instance, { storage: { sql } }) => {
		const row = "INSERT INTO requests (period, key, fingerprint, seq, outcome, digest) VALUES (1, ?, 'f', 1, '{}', ?)";
		for (let n = 0; n < PURGE_ROWS_MAX + 5; n++) sql.exec(row, `key-${n}`, "0".repeat(64));
		const count = () => Number(sql.exec("SELECT count(*) AS n FROM requests").one().n);
		const counts: number[] = [];
		return instance.alarm().then(async () => {
			counts.push(count());
			await instance.alarm();
			return [...counts, count()];
		});
	});
	expect(left).toEqual([5, 0]);
});

test("a token of more characters than it may have is refused unread", async () => {
	const { status } = await http("/v1/quizzes", {
		headers: { Authorization: `Bearer ${"a".repeat(TOKEN_CHARS_MAX + 1)}` },
	});
	expect(status).toBe(401);
});

test("a request that is cut off while it reads a quiz does not hold up those that come after", async () => {
	const hash = "e".repeat(64);
	await testEnv.CONTENT.put(hash, JSON.stringify({ title: "Here" }));
	const never = { get: () => new Promise<never>(() => {}) } as unknown as R2Bucket;
	void readContent({ ...testEnv, CONTENT: never }, hash);
	expect(await readContent(testEnv, hash)).toEqual({ title: "Here" });
});

test("a list filtered by status looks at a bounded number of holds, and its cursor leads to the rest", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call(), { amount: 5, kind: "bonus", priority: 50 });
	const oldest = granted(await shard.credits.reserve(call(), { ...reservation, amount: 1 })).id;
	await runInDurableObject(shard, (instance) => {
		for (let n = 0; n < SCAN_ROWS_MAX; n++) {
			const { id } = granted(instance.credits.reserve(call(), { ...reservation, amount: 1 }));
			instance.credits.release(call(), id, { reason: null, error: null });
		}
	});
	const first = await shard.credits.holds(call(), "held", Number.MAX_SAFE_INTEGER, 20);
	expect(first?.items).toEqual([]);
	const second = await shard.credits.holds(call(), "held", first?.next ?? 0, 20);
	expect(second).toMatchObject({ items: [{ id: oldest }], next: null });
});

test("a user has as many quizzes as a user may have, and not one more", async () => {
	const { shard, call } = newShard();
	const content = quizContentSchema.parse(quizDocument("One of many"));
	granted(await shard.quizzes.create(call(), content));
	await runInDurableObject(shard, (_, { storage: { sql } }) => {
		const copy = `INSERT INTO quizzes (seq, id, status, revision, title, draft, draft_hash, created_at, updated_at)
			SELECT ?, 'quz_copy', status, revision, title, '{}', draft_hash, created_at, updated_at FROM quizzes WHERE id <> 'quz_copy' LIMIT 1`;
		for (let n = 2; n < QUIZZES_PER_USER_MAX; n++) sql.exec(copy, 1_000_000 + n);
	});
	expect((await shard.quizzes.create(call(), content)).outcome.ok).toBe(true);
	const refused = await shard.quizzes.create(call(), content);
	expect(refused.outcome).toMatchObject({ ok: false, refusal: { code: "conflict" } });
});

test("an event as long as it may be is appended; one byte more undoes the command", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call(), { amount: 1, kind: "bonus", priority: 50 });
	await runInDurableObject(shard, (_, { storage }) => {
		const log = new Log(new Sql(storage.sql));
		const append = (bytes: number) => {
			const quiz = "q".repeat(bytes - JSON.stringify({ quiz: "" }).length);
			return storage.transactionSync(() => log.append(owner, START, "quiz.withdrawn", "q", { quiz }));
		};
		expect(append(EVENT_BODY_BYTES_MAX)).toBe(3);
		expect(() => append(EVENT_BODY_BYTES_MAX + 1)).toThrow(/too long/);
		expect(log.headSeq()).toBe(3);
	});
});

const owner = { user: "usr_limits", tenant: "ten_a", actor: "usr_limits" };
