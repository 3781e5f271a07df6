import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { ERASED_ROWS_MAX } from "../../src/domain/privacy/limits.ts";
import { type Client, interceptQueue, newClient, runnerOf, testEnv } from "../lib/harness.ts";
import { OF_USERS, send, userWithThings } from "../lib/operations.ts";
import { newShard } from "../lib/shard-calls.ts";

/** What an erasure does to a shard: it closes at once, is emptied in steps, and stays a tombstone. */

afterEach(() => {
	vi.restoreAllMocks();
});

const tombstone = ({ user }: { user: string }) => ({ user, actor: "svc_admin", erasure: "era_x", now: 5 });

/** The number of rows of every table, and of which kinds the log's are. */
const contents = (client: Pick<Client, "shard">) =>
	runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		const tables = sql
			.exec<{ name: string }>(
				"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
			)
			.toArray();
		const counts = tables.map(
			({ name }) => [name, Number(sql.exec(`SELECT count(*) AS n FROM ${name}`).one().n)] as const,
		);
		const log = sql.exec<{ kind: string; body: string }>("SELECT seq, kind, subject, body FROM log").toArray();
		return { counts: Object.fromEntries(counts), log };
	});

async function emptied(client: Client): Promise<number> {
	for (let steps = 1; ; steps++) if (await client.shard().erasure.empty(tombstone(client))) return steps;
}

test("a shard that is being erased answers nobody, not even its owner, whatever is asked", async () => {
	const things = await userWithThings();
	const { client } = things;
	const visitor = await newClient();
	expect((await visitor.post(`/v1/shares/${things.code}/redemption`)).status).toBe(200);
	await testEnv.ACCOUNTS.prepare("UPDATE users SET status = 'erasing' WHERE id = ?").bind(client.user).run();
	expect(await client.shard().erasure.begin({ ...client, now: Date.now() })).toBe(true);
	for (const operation of OF_USERS) {
		expect([operation.name, (await send(client, operation, things, "me")).status]).toEqual([operation.name, 404]);
	}
	expect((await visitor.get(`/v1/shares/${things.code}`)).status).toBe(404);
	expect((await visitor.get(`/v1/quizzes/${things.quiz}`)).status).toBe(404);
	expect(await client.shard().log.message(0)).toBeNull();
	expect(await client.shard().log.tenant()).toBeNull();
	expect(await client.shard().media.images([things.media])).toEqual([]);
	expect(await client.shard().erasure.rows(0)).toMatchObject({ first: 1 });
});

test("nothing is left of it but a row that says so, in every table of every part, and no alarm", async () => {
	const { client } = await userWithThings();
	await client.shard().erasure.begin({ ...client, now: 1 });
	await emptied(client);
	for (let time = 0; time < 2; time++) {
		const { counts, log } = await contents(client);
		const left = Object.entries(counts).filter(([, n]) => n > 0);
		expect(Object.fromEntries(left)).toEqual({ migrations: counts.migrations, erasure: 1, log: 1 });
		expect(log).toEqual([{ seq: 1, kind: "shard.erased", subject: client.user, body: '{"erasure":"era_x"}' }]);
		await client.shard().erasure.renew(tombstone(client));
		await evictDurableObject(client.shard());
	}
	expect(await runDurableObjectAlarm(client.shard())).toBe(false);
	expect((await client.post("/v1/users/me/quizzes", { title: "Back" })).status).toBe(400);
	expect((await client.post("/v1/users/me/credits/grants", { amount: 1, kind: "purchase" })).status).toBe(404);
	expect(await client.shard().erasure.rows(0)).toBeNull();
	expect((await contents(client)).log).toHaveLength(1);
});

test("a log of many rows is removed in steps, and one that ends in their midst is gone on with", async () => {
	const client = await newClient();
	const { messages } = await interceptQueue(client);
	const grants = Math.ceil(2.5 * ERASED_ROWS_MAX);
	await client.post("/v1/users/me/credits/grants", { amount: 1, kind: "purchase" });
	await runInDurableObject(client.shard(), (instance) => {
		const { log } = runnerOf(instance).stores;
		const who = { user: client.user, tenant: client.tenant, actor: client.user };
		for (let n = 0; n < grants; n++) log.append(who, Date.now(), "quiz.purged", "quz_x", { quiz: "quz_x" });
	});
	expect(messages.length).toBeGreaterThan(0);
	await client.shard().erasure.begin({ ...client, now: 1 });
	expect(await client.shard().erasure.empty(tombstone(client))).toBe(false);
	await evictDurableObject(client.shard());
	expect((await client.get("/v1/users/me/credits")).status).toBe(404);
	expect(await emptied(client)).toBe(2);
	expect((await contents(client)).counts.log).toBe(1);
});

test("a fault in a step undoes that step alone, and the log stays guarded", async () => {
	const { client } = await userWithThings();
	await client.shard().erasure.begin({ ...client, now: 1 });
	const before = await contents(client);
	await runInDurableObject(client.shard(), (instance) => {
		const { erasure } = runnerOf(instance);
		vi.spyOn(erasure, "bury").mockImplementation(() => {
			throw new Error("lost");
		});
	});
	await expect(async () => await client.shard().erasure.empty(tombstone(client))).rejects.toThrow("lost");
	vi.restoreAllMocks();
	expect(await contents(client)).toEqual(before);
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		expect(() => sql.exec("DELETE FROM log")).toThrow("never deleted");
		expect(() => sql.exec("UPDATE log SET at = 0")).toThrow("never updated");
	});
	await emptied(client);
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		expect(() => sql.exec("DELETE FROM log")).toThrow("never deleted");
	});
});

test("no release adds a row to the log of an erased user: the database itself refuses", async () => {
	const { client } = await userWithThings();
	await client.shard().erasure.begin({ ...client, now: 1 });
	const append = () =>
		runInDurableObject(client.shard(), (instance, { storage }) => {
			const who = { user: client.user, tenant: client.tenant, actor: client.user };
			const { log } = runnerOf(instance).stores;
			storage.transactionSync(() => log.append(who, 9, "quiz.purged", "quz_x", { quiz: "quz_x" }));
		});
	await expect(append()).rejects.toThrow("the user is erased");
	await emptied(client);
	await expect(append()).rejects.toThrow("the user is erased");
});

test("a name that nobody has opened is closed too, and a shard of another tenant is not erased", async () => {
	const { user, shard, call } = newShard();
	expect(await shard.erasure.begin({ user, tenant: "ten_a", now: 1 })).toBe(true);
	expect((await shard.credits.endPlan(call(2))).outcome).toMatchObject({ ok: false, refusal: { code: "not-found" } });
	const { client } = await userWithThings();
	expect(await client.shard().erasure.begin({ user: client.user, tenant: "ten_other", now: 1 })).toBe(false);
	expect((await client.get("/v1/users/me/credits")).status).toBe(200);
	await expect(async () => await client.shard().erasure.empty(tombstone(client))).rejects.toThrow("not closed");
	await expect(async () => await client.shard().erasure.rows(0)).rejects.toThrow("not begun");
});
