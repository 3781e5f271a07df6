import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { newClient, publishedQuiz } from "../lib/harness.ts";
import { key, newShard, START, submission } from "../lib/shard-calls.ts";

/** Commands, reads and alarms of one shard, whatever they are about. */

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const HOUR_MS = 3_600_000;

const setClock = (at: number) => void vi.useFakeTimers({ toFake: ["Date"], now: at });

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
