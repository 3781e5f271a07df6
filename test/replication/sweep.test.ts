import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { beginRebuild } from "../../src/catalog/replication/rebuilds.ts";
import { purgeDays } from "../../src/catalog/replication/sweep-state.ts";
import {
	REPLICATION_MINUTES_KEPT_MS,
	SWEEP_ROTATION_SHARDS,
	SWEEP_STEP_ROWS,
	TALLY_FLUSH_MS,
} from "../../src/domain/log/limits.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import type { UserShard } from "../../src/index.ts";
import { scheduled } from "../../src/ops/scheduled.ts";
import { daily } from "../../src/ops/upkeep.ts";
import {
	type Client,
	caughtUp,
	EVERY_SCOPE,
	interceptQueue,
	newClient,
	publishedQuiz,
	readyNow,
	testEnv,
} from "../lib/harness.ts";

/** Reconciliation: what is behind is found and woken although its alarm is gone, at a cost that goes with what changed. */

beforeEach(async () => {
	// Tests move the clock, and no pass goes back in time.
	await testEnv.CATALOG.prepare("DELETE FROM sweep").run();
});

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const OVERDUE_MS = 61_000;
const operator = await newClient({ scope: EVERY_SCOPE });
const quiz = await publishedQuiz(await newClient());
const replication = async () => (await operator.get("/v1/admin/replication")).body;
const submit = (client: Client) => client.post("/v1/users/me/attempts", { quiz, answers: { "1": 0 } });

async function sweepOnce(): Promise<{ looked: number; behind: number }> {
	for (let steps = 0; steps < 50; steps++) {
		const { status, body } = await operator.post("/v1/admin/replication/sweep");
		expect(status).toBe(200);
		if (body.finished_at !== null) return body;
	}
	expect.unreachable("the pass does not end");
}

/** A user whose queue lost everything and whose alarm is gone, as no platform should let it come to. */
async function forgottenUser(): Promise<Client> {
	const client = await newClient();
	await submit(client);
	await caughtUp(client);
	const { restore } = await interceptQueue(client);
	await submit(client);
	await submit(client);
	restore();
	await runInDurableObject(client.shard(), (_, state) => state.storage.deleteAlarm());
	await evictDurableObject(client.shard());
	return client;
}

const alarmOf = (client: Client) => runInDurableObject(client.shard(), (_, state) => state.storage.getAlarm());

test("a shard whose messages and alarm are lost is found, shown, and woken, and then is well again", async () => {
	const client = await forgottenUser();
	expect(await alarmOf(client)).toBeNull();
	await sweepOnce();
	expect((await replication()).lagging.shards_behind).toBe(0);
	const since = Date.now();
	vi.useFakeTimers({ toFake: ["Date"], now: since + OVERDUE_MS });
	const call = vi.spyOn(console, "log");
	const pass = await sweepOnce();
	expect(pass.behind).toBeGreaterThanOrEqual(1);
	expect(call.mock.calls.flat().map(String)).toContainEqual(expect.stringMatching(/"at":"sweep"/));
	expect((await replication()).lagging).toMatchObject({ oldest: { user: client.user } });
	expect(await runDurableObjectAlarm(client.shard())).toBe(true);
	await caughtUp(client);
	expect((await replication()).lagging).toMatchObject({ shards_behind: 0, oldest: null });
	expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(3);
	vi.setSystemTime(since + 2 * OVERDUE_MS);
	await sweepOnce();
	expect(await rowsOf("lagging")).toBe(0);
});

const rowsOf = async (table: string) =>
	(await testEnv.CATALOG.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n")) ?? -1;

test("a pass asks the shards that were applied since the one before, and a few of the others", async () => {
	const clients = await Promise.all(Array.from({ length: SWEEP_ROTATION_SHARDS + 10 }, () => newClient()));
	for (const client of clients) await submit(client);
	for (const client of clients) await caughtUp(client);
	const start = Date.now();
	const at = (later: number) => vi.useFakeTimers({ toFake: ["Date"], now: start + later });
	at(OVERDUE_MS);
	await sweepOnce();
	at(10 * OVERDUE_MS);
	await sweepOnce();
	at(20 * OVERDUE_MS);
	const [one = operator] = clients;
	await submit(one);
	await caughtUp(one);
	at(21 * OVERDUE_MS);
	const asked = vi.spyOn(testEnv.SHARDS, "getByName");
	await sweepOnce();
	const names = new Set(asked.mock.calls.map(([name]) => name));
	expect(names).toContain(one.user);
	// Two steps, one of which finds nothing more: each goes on with the slow round.
	expect(names.size).toBeLessThanOrEqual(1 + 2 * SWEEP_ROTATION_SHARDS);
});

test("the slow round comes to every shard in the end", async () => {
	const asked = vi.spyOn(testEnv.SHARDS, "getByName");
	const total = await rowsOf("shards");
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5 * DAY_MS });
	for (let pass = 0; pass <= Math.ceil(total / SWEEP_ROTATION_SHARDS) + 1; pass++) {
		vi.setSystemTime(Date.now() + OVERDUE_MS);
		await sweepOnce();
	}
	const { results } = await testEnv.CATALOG.prepare("SELECT user_id FROM shards").all<{ user_id: string }>();
	const names = new Set(asked.mock.calls.map(([name]) => name));
	for (const { user_id } of results) expect(names).toContain(user_id);
});

test("a pass over more shards than a step reads goes on where it stopped", async () => {
	const number = (await rowsOf("shards")) + 1_000_000;
	const day = Math.floor(Date.now() / DAY_MS);
	const list = JSON.stringify(Array.from({ length: SWEEP_STEP_ROWS + 5 }, (_, index) => number + index));
	await testEnv.CATALOG.batch([
		testEnv.CATALOG.prepare(
			`INSERT INTO shards (number, user_id, tenant_id, applied_seq, head_hash, applied_at)
			SELECT value, 'usr_sweep' || value, 'ten_sweep', 0, '', 0 FROM json_each(?)`,
		).bind(list),
		testEnv.CATALOG.prepare("INSERT INTO applied_days SELECT ?2, value FROM json_each(?1)").bind(list, day),
	]);
	let ticks = Date.now();
	vi.spyOn(Date, "now").mockImplementation(() => {
		ticks += 6_000;
		return ticks;
	});
	const steps: (number | null)[] = [];
	for (let n = 0; n < 10 && !steps.some((end) => end !== null); n++) {
		steps.push((await operator.post("/v1/admin/replication/sweep")).body.finished_at);
	}
	expect(steps.length).toBeGreaterThan(1);
	vi.restoreAllMocks();
	await testEnv.CATALOG.prepare("DELETE FROM shards WHERE tenant_id = 'ten_sweep'").run();
});

test("a log whose history is another than the catalog's, and one that ends before the cursor, are shown as diverged", async () => {
	const [other, shorter] = [await newClient(), await newClient()];
	for (const client of [other, shorter]) {
		await submit(client);
		await caughtUp(client);
	}
	const set = (column: string, value: string | number, user: string) =>
		testEnv.CATALOG.prepare(`UPDATE shards SET ${column} = ? WHERE user_id = ?`).bind(value, user).run();
	const rows = "SELECT head_hash FROM shards WHERE user_id = ?";
	const hash = (await testEnv.CATALOG.prepare(rows).bind(other.user).first<string>("head_hash")) ?? "";
	await set("head_hash", "0".repeat(64), other.user);
	await set("applied_seq", 99, shorter.user);
	await sweepOnce();
	const found = await replication();
	expect(found).toMatchObject({ status: "degraded", lagging: { shards_diverged: 2 } });
	expect(found.alarms).toContain("diverged");
	await set("head_hash", hash, other.user);
	await set("applied_seq", 2, shorter.user);
	await sweepOnce();
	expect((await replication()).lagging.shards_diverged).toBe(0);
});

test("a shard that does not answer stops nobody's sweep", async () => {
	const client = await newClient();
	await submit(client);
	await caughtUp(client);
	const getByName = testEnv.SHARDS.getByName.bind(testEnv.SHARDS);
	vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation((name) => {
		const stub = getByName(name);
		if (name !== client.user) return stub;
		const log = { reconcile: () => Promise.reject(new Error("it is broken")) };
		return { log } as unknown as DurableObjectStub<UserShard>;
	});
	await sweepOnce();
});

test("ready says so while rows wait for longer than the bound, and the service is not", async () => {
	expect((await readyNow()).body).toMatchObject({ status: "ready", checks: { shards_behind: 0 } });
	const waiting_since = Date.now() - OVERDUE_MS;
	const insert =
		"INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at) VALUES ('usr_ready', 5, ?, 'same', ?)";
	await testEnv.CATALOG.prepare(insert).bind(waiting_since, Date.now()).run();
	const answer = await readyNow();
	expect(answer.status).toBe(503);
	expect(answer.body).toMatchObject({ code: "unavailable", checks: { shards_behind: 1, alarms: ["lag"] } });
	expect(answer.body.checks.oldest_unapplied_ms).toBeGreaterThanOrEqual(OVERDUE_MS);
	expect(answer.text).not.toContain("usr_");
	expect((await replication()).lagging.oldest).toEqual({ user: "usr_ready", waiting_since });
	await testEnv.CATALOG.prepare("DELETE FROM lagging WHERE user_id = 'usr_ready'").run();
	vi.spyOn(testEnv.LOG_QUEUE, "metrics").mockResolvedValue({
		backlogCount: 7,
		backlogBytes: 1,
		oldestMessageTimestamp: new Date(Date.now() - 301_000),
	});
	expect((await readyNow()).body).toMatchObject({ checks: { alarms: ["queue-age"] } });
	vi.spyOn(testEnv.LOG_QUEUE, "metrics").mockRejectedValue(new Error("not known here"));
	expect((await readyNow()).body).toMatchObject({ status: "ready", checks: { queue_age_ms: null } });
	vi.spyOn(testEnv.CATALOG, "prepare").mockImplementation(() => {
		throw new Error("D1 is down");
	});
	expect((await readyNow()).status).toBe(503);
});

test("the service stays ready while a rebuild applies old rows anew, and not when the rebuild stands still", async () => {
	const now = Date.now();
	vi.useFakeTimers({ toFake: ["Date"], now });
	const insert =
		"INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at) VALUES ('usr_rebuilding', 5, ?, 'same', ?)";
	await testEnv.CATALOG.prepare(insert)
		.bind(now - OVERDUE_MS, now)
		.run();
	await beginRebuild(testEnv.CATALOG, "usr_rebuilding", now - 600_000);
	expect(await readyNow()).toMatchObject({ status: 200, body: { checks: { alarms: ["lag"] } } });
	vi.setSystemTime(now + 1);
	expect((await readyNow()).status).toBe(503);
	const finish = "UPDATE rebuilds SET phase = 'finished', finished_at = ?1, updated_at = ?1 WHERE finished_at IS NULL";
	await testEnv.CATALOG.prepare(finish)
		.bind(now + 1)
		.run();
	expect((await readyNow()).status).toBe(503);
	await testEnv.CATALOG.prepare("DELETE FROM lagging WHERE user_id = 'usr_rebuilding'").run();
	expect((await readyNow()).status).toBe(200);
});

test("what the consumers did is counted by the minute, and old minutes are removed", async () => {
	const counts = async () => (await replication()).counts;
	const client = await newClient();
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 20 * DAY_MS + TALLY_FLUSH_MS });
	const before = await counts();
	await submit(client);
	await caughtUp(client);
	await expect.poll(counts).toMatchObject({ minutes: 15, failed: before.failed });
	await expect.poll(async () => (await counts()).events).toBeGreaterThan(before.events);
	await daily(testEnv, Date.now() + REPLICATION_MINUTES_KEPT_MS + 120_000);
	expect(await rowsOf("replication_minutes")).toBe(0);
});

test("days are removed that no pass will walk again", async () => {
	await testEnv.CATALOG.prepare("INSERT INTO applied_days (day, shard) VALUES (1, 1), (1, 2), (2, 1)").run();
	await purgeDays(testEnv.CATALOG, 2);
	const { results } = await testEnv.CATALOG.prepare("SELECT day, shard FROM applied_days WHERE day < 3").all();
	expect(results).toEqual([{ day: 2, shard: 1 }]);
	await purgeDays(testEnv.CATALOG, 3);
});

test("the schedule sweeps every minute, goes on with a rebuild, and does the daily upkeep at night", async () => {
	const client = await newClient();
	await submit(client);
	await caughtUp(client);
	const begun =
		"INSERT INTO rebuilds (user_id, phase, position, shards, events, started_at, updated_at) VALUES (?, 'wipe', 0, 0, 0, 0, 0)";
	await testEnv.CATALOG.prepare(begun).bind(client.user).run();
	await scheduled("* * * * *", testEnv);
	const after = await replication();
	expect(after.rebuild).toMatchObject({ user: client.user, phase: "finished" });
	expect(after.sweep.updated_at).toBeGreaterThan(0);
	await scheduled("17 3 * * *", testEnv);
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 700_000 });
	expect((await replication()).alarms).toContain("sweep-silent");
});

test("one request id goes from the client through the command to the batch that applies it", async () => {
	const client = await newClient();
	const lines = vi.spyOn(console, "log");
	const request_id = crypto.randomUUID();
	const body = { quiz, answers: {} };
	await client.post("/v1/users/me/attempts", body, { "X-Request-Id": request_id, Prefer: "wait=20" });
	const traced = () =>
		lines.mock.calls
			.map(([line]) => String(line))
			.filter((line) => line.includes(request_id))
			.map((line) => JSON.parse(line));
	await expect.poll(() => traced().map(({ at }) => at)).toEqual(["command", "queue"]);
	const [command, batch] = traced();
	expect(command).toMatchObject({ operation: "attempts.submit", user: client.user, code: "ok", before: 0, seq: 2 });
	expect(batch.request_ids).toContain(request_id);
});
