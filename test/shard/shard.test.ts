/// <reference types="vite/client" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { IDEMPOTENCY_PERIOD_MS } from "../../src/domain/limits.ts";
import type { AnswerKey } from "../../src/domain/quizzes/quiz.ts";
import { accepted } from "../../src/domain/result.ts";
import { Log } from "../../src/shard/engine/log.ts";
import { MIGRATIONS, migrate } from "../../src/shard/engine/migrate.ts";
import { Requests } from "../../src/shard/engine/requests.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { Sql } from "../../src/shard/engine/sql.ts";
import { fresh, newClient, publishedQuiz, testEnv } from "../lib/harness.ts";

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const HOUR_MS = 3_600_000;

/** A shard that nobody else has, and calls on it. Its clock is the calls' own. */
function newShard() {
	const user = fresh("usr");
	const shard = testEnv.SHARDS.getByName(user);
	const call = (now: number, idempotency_key?: string): Call => ({
		user,
		tenant: "ten_a",
		actor: user,
		now,
		request_id: "test",
		...(idempotency_key && { idempotency_key }),
	});
	return { user, shard, call };
}

const key: AnswerKey = {
	quiz: "quz_00000002aaaaaaaaaaaaaaaa",
	version: "a".repeat(64),
	version_number: 1,
	pass_percentage: 50,
	questions: [{ id: "1", options: 4, correct: 2, marks: 1 }],
};
const submission = { quiz: key.quiz, answers: { "1": 2 } };
const START = Date.UTC(2030, 0, 1);

test("the log is gapless from 1 and its hash chain verifies", async () => {
	const { shard, call } = newShard();
	for (let n = 0; n < 20; n++) await shard.attempts.submit(call(START + n), submission, key);
	const feed = await shard.log.feed(call(START), 0, 100);
	expect(feed?.rows.map((row) => row.seq)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
	expect(feed?.rows[0]?.kind).toBe("shard.opened");
	const head_hash = feed?.rows.at(-1)?.hash;
	const chain = { ok: true, rows: 21, head_hash, first_bad_seq: null };
	expect(await shard.log.verify(call(START), null)).toMatchObject({ ok: true, chain, records: { ok: true } });
});

test("rows of the log can be neither changed nor deleted", async () => {
	const { shard, call } = newShard();
	await shard.attempts.submit(call(START), submission, key);
	await runInDurableObject(shard, (_, { storage: { sql } }) => {
		expect(() => sql.exec("UPDATE log SET at = 0")).toThrow(/never updated/);
		expect(() => sql.exec("DELETE FROM log")).toThrow(/never deleted/);
	});
});

test("one changed column of one row is noticed, and the row is named", async () => {
	const changes = [
		"at = at + 1",
		"actor = 'usr_x'",
		"kind = 'x'",
		"subject = 'x'",
		"body = '{}'",
		"hash = zeroblob(32)",
	];
	for (const change of changes) {
		const { shard, call } = newShard();
		for (let n = 0; n < 4; n++) await shard.attempts.submit(call(START), submission, key);
		await runInDurableObject(shard, (_, { storage: { sql } }) => {
			sql.exec("DROP TRIGGER log_is_never_updated");
			sql.exec(`UPDATE log SET ${change} WHERE seq = 3`);
		});
		expect(await shard.log.verify(call(START), null), change).toMatchObject({
			ok: false,
			chain: { ok: false, rows: 2, first_bad_seq: 3 },
		});
	}
});

test("the log's times never step back, whatever the clocks of the Workers say", async () => {
	const { shard, call } = newShard();
	for (const offset of [0, 5_000, -60_000, 1]) await shard.attempts.submit(call(START + offset), submission, key);
	const times = (await shard.log.feed(call(START), 0, 10))?.rows.map((row) => row.at - START);
	expect(times).toEqual([0, 0, 5_000, 5_000, 5_000]);
});

test("another tenant's call on the shard finds nothing and changes nothing", async () => {
	const { shard, call } = newShard();
	await shard.attempts.submit(call(START), submission, key);
	const foreign = { ...call(START), tenant: "ten_b" };
	expect(await shard.attempts.list(foreign, {}, 1e9, 10)).toBeNull();
	const reply = await shard.attempts.submit(foreign, submission, key);
	expect(reply.outcome).toMatchObject({ ok: false, refusal: { code: "not-found" } });
	expect((await shard.log.feed(call(START), 0, 10))?.head_seq).toBe(2);
});

test("reading a shard that was never opened writes no row", async () => {
	const { shard, call } = newShard();
	expect(await shard.credits.balance(call(START))).toMatchObject({ available: 0, lots: [] });
	expect(await shard.attempts.list(call(START), {}, 1e9, 10)).toEqual([]);
	expect(await shard.log.feed(call(START), 0, 10)).toEqual({ head_seq: 0, rows: [] });
	expect(await runInDurableObject(shard, (_, state) => state.storage.getAlarm())).toBeNull();
});

test("a key is honoured for at least one period, and forgotten, and its row purged, after two", async () => {
	const { shard, call } = newShard();
	const first = await shard.attempts.submit(call(START, "k"), submission, key);
	const again = await shard.attempts.submit(call(START + 2 * IDEMPOTENCY_PERIOD_MS - 1, "k"), submission, key);
	expect(again).toEqual({ ...first, replayed: true });
	setClock(START + 2 * IDEMPOTENCY_PERIOD_MS);
	await runDurableObjectAlarm(shard);
	const left = await runInDurableObject(shard, (_, { storage: { sql } }) =>
		sql.exec("SELECT * FROM requests").toArray(),
	);
	expect(left).toEqual([]);
	const anew = await shard.attempts.submit(call(START + 2 * IDEMPOTENCY_PERIOD_MS, "k"), submission, key);
	expect(anew).toMatchObject({ replayed: false, outcome: { value: { number: 2 } } });
});

test("a key that was used for one operation is refused for another, though their inputs are equal", async () => {
	const { shard } = newShard();
	const [same, other] = await runInDurableObject(shard, (_, { storage }) => {
		const sql = new Sql(storage.sql);
		const requests = new Requests(sql, new Log(sql));
		const key = { actor: "usr_a", key: "k", visiting: false };
		const opened = requests.open(key, "one", { a: 1 }, START);
		opened.keep({ outcome: accepted("done"), seq: 1, replayed: false });
		return ["one", "another"].map((operation) => requests.open<string>(key, operation, { a: 1 }, START).earlier);
	});
	expect(same).toEqual({ outcome: accepted("done"), seq: 1, replayed: true });
	expect(other).toMatchObject({ replayed: false, outcome: { refusal: { code: "idempotency-key-reused" } } });
});

const setClock = (at: number) => void vi.useFakeTimers({ toFake: ["Date"], now: at });

test("the same commands give the same answers with an eviction between every two", async () => {
	const run = async (evict: boolean) => {
		const { user, shard, call } = newShard();
		const answers: unknown[] = [];
		const step = async (work: () => Promise<unknown>) => {
			if (evict) await evictDurableObject(shard);
			answers.push(await work());
		};
		await shard.credits.balance(call(START));
		await step(() => shard.credits.grant(call(START), { amount: 10, kind: "plan", priority: 50 }));
		const hold = await shard.credits.reserve(call(START), {
			amount: 4,
			ttl_s: 60,
			over_capture: "reject",
			late_settle: "reject",
		});
		const id = hold.outcome.ok ? hold.outcome.value.id : "";
		await step(() => shard.credits.settle(call(START + 1), id, { amount: 3 }));
		await step(() => shard.credits.settle(call(START + 2), id, { amount: 3 }));
		await step(() => shard.attempts.submit(call(START + 3), submission, key));
		await step(() => shard.credits.balance(call(START + 4)));
		await step(() => shard.credits.entries(call(START + 4), null, 10));
		// What differs by nature: the user, and the random half of ids.
		return JSON.stringify(answers)
			.replaceAll(user, "usr")
			.replaceAll(/(_[0-9a-z]{8})[0-9a-z]{16}"/g, '$1"');
	};
	expect(await run(true)).toBe(await run(false));
});

test("an abandoned hold comes back when its time is over, by the alarm or by the next command", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call(START), { amount: 10, kind: "plan", priority: 50 });
	const request = { amount: 4, ttl_s: 3_600, over_capture: "reject", late_settle: "reject" } as const;
	const hold = await shard.credits.reserve(call(START), request);
	const id = hold.outcome.ok ? hold.outcome.value.id : "";
	expect(await shard.credits.balance(call(START + HOUR_MS - 1))).toMatchObject({ available: 6, held: 4 });
	setClock(START + HOUR_MS);
	await runDurableObjectAlarm(shard);
	const expired = await runInDurableObject(shard, (_, { storage: { sql } }) =>
		sql.exec("SELECT status, returned, ended_at FROM holds").one(),
	);
	expect(expired).toEqual({ status: "expired", returned: 4, ended_at: START + HOUR_MS });
	expect(await shard.credits.balance(call(START + HOUR_MS))).toMatchObject({ available: 10, held: 0 });
	const late = await shard.credits.settle(call(START + HOUR_MS), id, { amount: 4 });
	expect(late.outcome).toMatchObject({ refusal: { code: "hold-expired" } });

	const second = await shard.credits.reserve(call(START + HOUR_MS), request);
	expect(second.outcome.ok).toBe(true);
	expect(await shard.credits.balance(call(START + 2 * HOUR_MS))).toMatchObject({ available: 10, held: 0 });
});

test("every migration of the folder is in the list, in order", () => {
	const files = Object.keys(import.meta.glob("../../do-migrations/*.sql")).sort();
	expect(MIGRATIONS.map(({ name }) => `../../do-migrations/${name}.sql`)).toEqual(files);
});

test("a migration that fails leaves the schema as it was, and runs again in whole the next time", async () => {
	const { shard, call } = newShard();
	await shard.attempts.submit(call(START), submission, key);
	await runInDurableObject(shard, (_, { storage }) => {
		const broken = [
			...MIGRATIONS,
			{ name: "9999_broken", sql: "CREATE TABLE half (a INTEGER);\nCREATE TABLE half (a);" },
		];
		expect(() => migrate(storage, broken)).toThrow(/already exists/);
		const mended = [...MIGRATIONS, { name: "9999_mended", sql: "CREATE TABLE half (a INTEGER);\n-- the end" }];
		migrate(storage, mended);
		migrate(storage, mended);
		const names = storage.sql.exec("SELECT name FROM migrations ORDER BY number").toArray();
		expect(names.at(-1)).toEqual({ name: "9999_mended" });
	});
});

test("a migration that comes before one that is applied already is applied all the same", async () => {
	const { shard, call } = newShard();
	await shard.attempts.submit(call(START), submission, key);
	await runInDurableObject(shard, (_, { storage }) => {
		const [late, first] = ["0000_late", "0000_first"].map((name) => ({
			name,
			sql: `CREATE TABLE t_${name} (a INTEGER);`,
		}));
		if (!late || !first) throw new Error("two were made");
		migrate(storage, [...MIGRATIONS, late]);
		migrate(storage, [first, ...MIGRATIONS, late]);
		const names = storage.sql.exec<{ name: string }>("SELECT name FROM migrations ORDER BY number").toArray();
		expect(names.slice(-2)).toEqual([{ name: "0000_late" }, { name: "0000_first" }]);
		expect(names).toHaveLength(MIGRATIONS.length + 2);
	});
});

test("answers given through the API and those of the shard are one and the same record", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await newClient();
	const { body } = await client.post("/v1/users/me/attempts", { quiz, answers: { "1": 0 } });
	const logged = (await client.get("/v1/users/me/log")).body.items.at(-1);
	expect(logged).toMatchObject({ kind: "attempt.submitted", subject: body.id, body: { score: body.score, quiz } });
});

test("an alarm on a damaged account fails without a throw, is armed again, and the log goes on to the catalog", async () => {
	const client = await newClient();
	await client.post("/v1/users/me/credits/grants", { amount: 5, kind: "bonus", expires_at: Date.now() + HOUR_MS });
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		sql.exec("UPDATE account SET lots = json_set(lots, '$[0].expires_at', 1)");
	});
	await evictDurableObject(client.shard());
	expect(await runDurableObjectAlarm(client.shard())).toBe(true);
	expect(await runInDurableObject(client.shard(), (_, state) => state.storage.getAlarm())).toBeGreaterThan(Date.now());
	expect((await client.get("/v1/users/me/credits")).status).toBe(500);
	expect((await client.get("/v1/users/me/credits/verification")).body).toMatchObject({
		ok: false,
		records: { first_difference: { table: "account" } },
	});
});

test("a hold comes back within its time and a minute although the alarm fails eight times running", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call(START), { amount: 10, kind: "plan", priority: 50 });
	const request = { amount: 4, ttl_s: 60, over_capture: "reject", late_settle: "reject" } as const;
	await shard.credits.reserve(call(START), request);
	const alarmAt = () => runInDurableObject(shard, async (_, { storage }) => (await storage.getAlarm()) ?? 0);
	const fault = await runInDurableObject(shard, (_, { storage }) =>
		vi.spyOn(storage, "transactionSync").mockImplementation(() => {
			throw new Error("injected fault");
		}),
	);
	setClock(START + 60_000);
	for (let failures = 0; failures < 8; failures++) {
		expect(await runDurableObjectAlarm(shard)).toBe(true);
		setClock(await alarmAt());
	}
	fault.mockRestore();
	await runDurableObjectAlarm(shard);
	const ended = await runInDurableObject(shard, (_, { storage: { sql } }) =>
		sql.exec("SELECT status FROM holds").one(),
	);
	expect(ended).toEqual({ status: "expired" });
	expect(Date.now()).toBeLessThanOrEqual(START + 120_000);
});
