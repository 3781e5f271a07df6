import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
	RETENTION_LOG_ROWS_MAX,
	RETENTION_ROUND_MS,
	RETENTION_ROUNDS_AT_ONCE_MAX,
	RETENTION_USERS_PER_PAGE,
} from "../../src/domain/privacy/limits.ts";
import { cutoffsOf } from "../../src/domain/privacy/retention.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import { continueRetention } from "../../src/ops/retention.ts";
import { eraseKey, forgetUserKeys } from "../../src/service/privacy/user-keys.ts";
import { RetentionCalls } from "../../src/shard/privacy/retention-calls.ts";
import { type Client, call, caughtUp, newClient, publishedQuiz, runnerOf, testEnv } from "../lib/harness.ts";
import { aMinutePasses, at, eventsOf, newMember, patch } from "../lib/tenants.ts";

/** What a tenant keeps for some time only goes after that time, and nothing else does. */

beforeEach(() => {
	forgetUserKeys();
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const daysPass = (days: number) => void vi.setSystemTime(Date.now() + days * DAY_MS);

const WRITTEN = "xylophone marmalade";
const quiz = await publishedQuiz(await newClient(), {
	title: "Written",
	subjects: [
		{
			name: "all",
			questions: [
				{ id: "c", question: "Choose.", options: ["one", "two"], correctAnswer: 0 },
				{ id: "w", type: "short_text", question: "Write.", accepted: [WRITTEN] },
				{ id: "n", type: "numeric", question: "Count.", correct: 3 },
			],
		},
	],
});
const ANSWERS = { c: 1, w: WRITTEN, n: 3 };

/** As a browser somewhere submits it. */
async function attempted(client: Client): Promise<string> {
	const headers = {
		Authorization: `Bearer ${client.token}`,
		"Content-Type": "application/json",
		"Idempotency-Key": crypto.randomUUID(),
		"CF-Connecting-IP": "203.0.113.77",
		"User-Agent": "Browser/9",
	};
	const body = JSON.stringify({ quiz, answers: ANSWERS });
	const { status, body: attempt } = await call("/v1/users/me/attempts", { method: "POST", headers, body });
	expect(status).toBe(201);
	return attempt.id;
}

async function generated(client: Client): Promise<string> {
	const grant = { amount: 5, kind: "purchase" };
	const conversation = [{ role: "user", content: WRITTEN }];
	expect((await client.post("/v1/users/me/credits/grants", grant)).status).toBe(201);
	const hold = await client.post("/v1/users/me/credits/holds", { amount: 1, prompt: WRITTEN, conversation });
	expect((await client.post(`/v1/users/me/credits/holds/${hold.body.id}/settlement`, { amount: 1 })).status).toBe(200);
	return hold.body.id;
}

/** What is stored of attempts and holds, oldest first. */
const stored = (client: Client) =>
	runInDurableObject(client.shard(), (_, { storage: { sql } }) => ({
		answers: sql
			.exec("SELECT answers FROM attempts ORDER BY seq")
			.toArray()
			.map((row) => row.answers),
		came_from: sql
			.exec("SELECT came_from FROM attempts ORDER BY seq")
			.toArray()
			.map((row) => row.came_from),
		prompts: sql
			.exec("SELECT prompt FROM holds ORDER BY seq")
			.toArray()
			.map((row) => row.prompt),
		conversations: sql
			.exec("SELECT conversation FROM holds ORDER BY seq")
			.toArray()
			.map((row) => row.conversation),
	}));

const isVerified = async (client: Client) => (await client.get("/v1/users/me/credits/verification")).body.ok;

const callOf = ({ user, tenant }: Client) => ({ user, tenant, actor: "test", now: Date.now(), request_id: "test" });

const KEEPS = { attempts_days: null, prompts_days: null, addresses_days: null, events_days: null };
const removing = async (client: Client, days: Partial<typeof KEEPS> | Record<string, number>) =>
	client.shard().retention.remove(callOf(client), cutoffsOf({ ...KEEPS, ...days }, Date.now()));

test("texts of answers go after their days, with all that is younger left; marks and choices stay, and all is verified", async () => {
	const client = await newClient();
	const [first] = [await attempted(client), await generated(client)];
	daysPass(10);
	const second = await attempted(client);
	daysPass(1);
	expect(await removing(client, { attempts_days: 5 })).toBe(false);
	const { answers, prompts, conversations } = await stored(client);
	expect(answers).toEqual([null, expect.stringContaining("sealed1")]);
	expect([...prompts, ...conversations]).toEqual([expect.any(String), expect.any(String)]);
	const shown = async (id: string) => (await client.get(`/v1/users/me/attempts/${id}`)).body;
	expect(await shown(first)).toMatchObject({ answers: { c: 1 }, score: 2, questions: [{}, {}, {}] });
	expect((await shown(first)).answers).toEqual({ c: 1 });
	expect((await shown(second)).answers).toEqual(ANSWERS);
	expect(await isVerified(client)).toBe(true);
});

test("prompts and conversations go when the generation has ended so long ago, and not while it goes on", async () => {
	const client = await newClient();
	const ended = await generated(client);
	const open = await client.post("/v1/users/me/credits/holds", { amount: 1, ttl_s: 86_400, prompt: WRITTEN });
	await attempted(client);
	daysPass(0.9);
	expect(await removing(client, { prompts_days: 0.5 })).toBe(false);
	const { prompts, conversations, answers } = await stored(client);
	expect(prompts).toEqual([null, expect.stringContaining("sealed1")]);
	expect(conversations).toEqual([null, null]);
	expect(answers).toEqual([expect.stringContaining("sealed1")]);
	const shown = async (id: string) => (await client.get(`/v1/users/me/credits/holds/${id}`)).body;
	expect(await shown(ended)).toMatchObject({ prompt: null, conversation: null, status: "settled", settled: 1 });
	expect((await shown(open.body.id)).prompt).toBe(WRITTEN);
	expect(await isVerified(client)).toBe(true);
});

test("what is removed is noticed as damage where the tenant keeps it", async () => {
	const client = await newClient();
	await attempted(client);
	await generated(client);
	daysPass(10);
	await attempted(client);
	await removing(client, { attempts_days: 5, prompts_days: 5 });
	expect(await isVerified(client)).toBe(true);
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		sql.exec("UPDATE attempts SET answers = NULL");
	});
	expect(await isVerified(client)).toBe(false);
});

test("it looks at a bounded number of rows in each call, and goes on where it was", async () => {
	const client = await newClient();
	await attempted(client);
	await runInDurableObject(client.shard(), (instance, { storage }) => {
		const { log } = runnerOf(instance).stores;
		const who = { user: client.user, tenant: client.tenant, actor: client.user };
		storage.transactionSync(() => {
			for (let n = 0; n < RETENTION_LOG_ROWS_MAX; n++) {
				log.append(who, Date.now(), "quiz.purged", "quz_0000000005m5t8cfgq3nkw7r", {
					quiz: "quz_0000000005m5t8cfgq3nkw7r",
				});
			}
		});
	});
	await attempted(client);
	daysPass(10);
	expect(await removing(client, { attempts_days: 5 })).toBe(true);
	expect((await stored(client)).answers).toEqual([null, expect.any(String)]);
	expect(await removing(client, { attempts_days: 5 })).toBe(false);
	expect((await stored(client)).answers).toEqual([null, null]);
	const written = await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		const cursor = sql.exec("SELECT what, until_seq FROM retention");
		return cursor.toArray();
	});
	expect(written).toEqual([{ what: "answers", until_seq: RETENTION_LOG_ROWS_MAX + 3 }]);
});

test("where an attempt came from is kept as the tenant has it: not at all, cut short, or sealed; and goes after its days", async () => {
	const kept = async (settings: object) => {
		const client = await newMember({ settings });
		await attempted(client);
		return { client, came_from: (await stored(client)).came_from[0] };
	};
	expect((await kept({})).came_from).toBeNull();
	expect((await kept({ user_agents: "kept" })).came_from).toBe('{"user_agent":"Browser/9"}');
	expect((await kept({ addresses: "truncated" })).came_from).toBe('{"address":"203.0.113.0/24"}');
	const { client, came_from } = await kept({ addresses: "sealed", user_agents: "kept" });
	expect(came_from).toMatch(/^\{"address":"sealed1:[\w-]+"\}$/);
	expect(await isVerified(client)).toBe(true);
	daysPass(3);
	await removing(client, { addresses_days: 2 });
	expect(await stored(client)).toMatchObject({ came_from: [null], answers: [expect.any(String)] });
	expect(await isVerified(client)).toBe(true);
});

test("an attempt is no less taken where nobody can say what the tenant keeps", async () => {
	const client = await newMember({ settings: { addresses: "truncated" } });
	await client.get("/v1/users/me/sync");
	const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
	const prepare = testEnv.ACCOUNTS.prepare.bind(testEnv.ACCOUNTS);
	vi.spyOn(testEnv.ACCOUNTS, "prepare").mockImplementation((query) => {
		if (query.includes("FROM tenants WHERE id")) throw new Error("D1_ERROR: down");
		return prepare(query);
	});
	await attempted(client);
	expect((await stored(client)).came_from).toEqual([null]);
	expect(warned.mock.calls.map(([line]) => JSON.parse(String(line)))).toContainEqual(
		expect.objectContaining({ at: "origin" }),
	);
});

test("whole addresses in the tenant's log are shown while the tenant keeps them, and are gone with the user who came from there", async () => {
	const settings = { addresses: "sealed", retention: { addresses_days: 3 } };
	const owner = await newMember({ settings });
	const admin = await newMember({ tenant: owner.tenant, role: "admin" });
	const from = { "CF-Connecting-IP": "203.0.113.77" };
	expect((await patch(admin, "/v1/users/me", { timezone: "Europe/Paris" }, from)).status).toBe(200);
	const addresses = async () => (await eventsOf(owner, `&actor=${admin.user}`)).map(({ address }) => address);
	expect(await addresses()).toEqual(["203.0.113.77"]);
	const rows = await owner.request("GET", at(owner, "/audit"), { headers: { Accept: "application/x-ndjson" } });
	expect(rows.text).toContain('"address":"sealed1:');
	expect(rows.text).not.toContain("203.0.113");
	daysPass(4);
	expect(await addresses()).toEqual([null]);
	await patch(owner, at(owner), { settings: { retention: { addresses_days: null } } });
	aMinutePasses();
	expect(await addresses()).toEqual(["203.0.113.77"]);
	await eraseKey(testEnv, admin.user);
	forgetUserKeys();
	expect(await addresses()).toEqual([null]);
});

const rounds = async () =>
	(await testEnv.ACCOUNTS.prepare("SELECT tenant_id, due_at, began_at, after_user FROM retention_rounds").all())
		.results;

test("the schedule sees to it for every user of the tenant that asked for it, once a day, and for nobody of another", async () => {
	await testEnv.ACCOUNTS.prepare("DELETE FROM retention_rounds").run();
	const owner = await newMember();
	const others = await newClient();
	const { tenant } = owner;
	const users = [owner, await newMember({ tenant, role: "learner" }), await newMember({ tenant, role: "learner" })];
	for (const client of [...users, others]) {
		await attempted(client);
		await caughtUp(client);
	}
	daysPass(10);
	await continueRetention(testEnv, Date.now);
	expect((await patch(owner, at(owner), { settings: { retention: { attempts_days: 5 } } })).status).toBe(200);
	await continueRetention(testEnv, Date.now);
	for (const client of users) expect((await stored(client)).answers).toEqual([null]);
	expect((await stored(others)).answers).toEqual([expect.any(String)]);
	expect(await rounds()).toMatchObject([{ tenant_id: tenant, began_at: null, after_user: "" }]);
	await attempted(owner);
	daysPass(0.5);
	const removed = vi.spyOn(RetentionCalls.prototype, "remove");
	await continueRetention(testEnv, Date.now);
	expect(removed).not.toHaveBeenCalled();
	vi.setSystemTime(Date.now() + RETENTION_ROUND_MS);
	await continueRetention(testEnv, Date.now);
	expect(removed.mock.calls.length).toBeGreaterThanOrEqual(3);
	// The owner's new one is younger than five days.
	expect((await stored(owner)).answers).toEqual([null, expect.any(String)]);
	await patch(owner, at(owner), { settings: { retention: { attempts_days: null } } });
	await continueRetention(testEnv, Date.now);
	expect(await rounds()).toEqual([]);
});

test("a turn ends when its time is over, and the next one goes on behind the last page, with another tenant first", async () => {
	await testEnv.ACCOUNTS.prepare("DELETE FROM retention_rounds").run();
	const settings = { retention: { prompts_days: 1 } };
	const large = await newMember({ settings });
	const count = 2 * RETENTION_USERS_PER_PAGE + 5;
	const insert = "INSERT INTO users (id, tenant_id, created_at) VALUES (?, ?, 0)";
	await testEnv.ACCOUNTS.batch(
		Array.from({ length: count }, (_, n) =>
			testEnv.ACCOUNTS.prepare(insert).bind(`usr_${large.tenant.slice(4)}_${String(n).padStart(4, "0")}`, large.tenant),
		),
	);
	const begin = "INSERT INTO retention_rounds (tenant_id, due_at, began_at, after_user) VALUES (?, ?, NULL, '')";
	await testEnv.ACCOUNTS.prepare(begin).bind(large.tenant, 1).run();
	// Each look at the clock takes a while, so that a turn has time for two pages.
	let time = Date.now();
	const slow = () => {
		time += 1_500;
		return time;
	};
	await continueRetention(testEnv, slow);
	const [first] = await rounds();
	expect(first).toMatchObject({ tenant_id: large.tenant, after_user: expect.stringMatching(/^usr_/) });
	const small = await newMember({ settings });
	await testEnv.ACCOUNTS.prepare(begin).bind(small.tenant, 2).run();
	await continueRetention(testEnv, slow);
	expect(await rounds()).toContainEqual(first);
	for (let turns = 0; turns < 10; turns++) await continueRetention(testEnv, slow);
	for (const { after_user, due_at } of await rounds()) {
		expect([after_user, Number(due_at) > time]).toEqual(["", true]);
	}
	expect(RETENTION_ROUNDS_AT_ONCE_MAX).toBeGreaterThan(1);
});
