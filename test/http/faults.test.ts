import { createExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepCurrentVersion, readCurrentVersion } from "../../src/catalog/quizzes/current-versions.ts";
import { audiencesOf } from "../../src/catalog/quizzes/quizzes.ts";
import { platformFault } from "../../src/domain/platform-faults.ts";
import {
	CATALOG_REST_MS,
	CURRENT_VERSION_STALE_MS_MAX,
	CURRENT_VERSION_WAIT_MS,
	PUBLISHED_CACHE_LIFE_MS,
} from "../../src/domain/quizzes/limits.ts";
import { Credits } from "../../src/index.ts";
import { type Client, expectProblem, newClient, publishedQuiz, quizDocument, since, testEnv } from "../lib/harness.ts";

/** What becomes of a request when the platform is at fault: 503 and when to come back, another try, or no need of what is down. */

beforeEach(() => {
	for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

/** As Cloudflare's documentation has them. */
const PASSING = [
	"Network connection lost.",
	"D1_ERROR: Network connection lost.",
	"Durable Object reset because its code was updated.",
	"D1_ERROR: D1 DB reset because its code was updated.",
	"D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.",
	"D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
	"Internal error in Durable Object storage caused object to be reset.",
	"D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
	"D1_ERROR: Can't read from request stream because client disconnected.",
	"Connection closed: this Durable Object instance is no longer active. Reconnect or retry the request.",
	"internal error; reference = d1lbkpu5rhv2dhu6fm1k2h2n",
	"D1_ERROR: internal error; reference = etih7r4jcuvk9q7vek1cqqnt",
	"put: We encountered an internal error. Please try again. (10001)",
	"get: Service is temporarily unavailable. (10043)",
];
const OVERLOADED = [
	"Durable Object is overloaded. Too many requests queued.",
	"Durable Object is overloaded. Too much data queued.",
	"Durable Object is overloaded. Requests queued for too long.",
	"Durable Object is overloaded. Too many requests for the same object within a 10 second window.",
	"D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
	"D1_ERROR: D1 DB is overloaded. Too many requests queued.",
	"D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
	"Durable Object storage operation exceeded timeout which caused object to be reset.",
	"D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.",
	"D1_ERROR: D1 DB exceeded its CPU time limit and was reset.",
	"Durable Object's isolate exceeded its memory limit and was reset.",
	"Your account is generating too much load on Durable Objects. Please back off and try again later.",
	"Your account is doing too many concurrent storage operations. Please back off and try again later.",
	"put: Reduce your concurrent request rate for the same object. (10058)",
];

/** Errors of this code, which no other try gets past. */
const OURS = [
	new Error("no such table: users: SQLITE_ERROR"),
	new Error("D1_ERROR: UNIQUE constraint failed: shards.user_id: SQLITE_CONSTRAINT"),
	new TypeError("Cannot read properties of undefined (reading 'overloaded')"),
	new Error("content 0a1b is missing"),
	Object.assign(new Error("a bug"), { retryable: false, remote: true }),
	"Network weather",
	null,
];

const message = (error: unknown) => String(error instanceof Error ? error.message : error);

describe("an error", () => {
	it.each(PASSING)("that says %s may be tried again", (text) => {
		expect(platformFault(new Error(text))).toEqual({ again: true, retry_after_s: 1 });
	});

	it.each(OVERLOADED)("that says %s is not tried again", (text) => {
		for (const marks of [{}, { overloaded: true }, { retryable: true }]) {
			const fault = platformFault(Object.assign(new Error(text), marks));
			expect(fault).toEqual({ again: false, retry_after_s: 10 });
		}
	});

	it("that the platform marks counts as it is marked, whatever it says; overloaded first", () => {
		const marked = (marks: object) => platformFault(Object.assign(new Error("Something new."), marks));
		expect(marked({ retryable: true })).toEqual({ again: true, retry_after_s: 1 });
		expect(marked({ overloaded: true })).toEqual({ again: false, retry_after_s: 10 });
		expect(marked({ retryable: true, overloaded: true })).toEqual({ again: false, retry_after_s: 10 });
	});

	it("of an object that still runs a release without the method is none of ours: it comes when the rollout ends", async () => {
		const shard = (await newClient()).shard();
		const older = shard.credits as unknown as { callOfTheNextRelease(): Promise<void> };
		const error = await older.callOfTheNextRelease().catch((error: unknown) => error);
		expect(platformFault(error)).toEqual({ again: false, retry_after_s: 10 });
	});

	it.each(OURS.map((error) => [message(error), error]))("that says %s is ours", (_, error) => {
		expect(platformFault(error)).toBeNull();
	});
});

/** Has the next calls on the user's shard fail so, one after the other, before or after they are carried out. */
function shardFails({ user }: Client, errors: readonly (Error | undefined)[], when: "before" | "after" = "before") {
	const getByName = testEnv.SHARDS.getByName.bind(testEnv.SHARDS);
	const calls: string[] = [];
	const stubs: object[] = [];
	vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation((name) => {
		const stub = getByName(name);
		if (name !== user) return stub;
		stubs.push(stub);
		const method =
			(capability: string, method: string) =>
			async (...args: unknown[]) => {
				const error = errors[calls.length];
				calls.push(`${capability}.${method}`);
				if (error && when === "before") throw error;
				// A method of a stub, whichever it is.
				const known = stub as unknown as Record<string, Record<string, (...args: unknown[]) => unknown>>;
				const result = await known[capability]?.[method]?.(...args);
				if (error) throw error;
				return result;
			};
		return new Proxy(stub, {
			get: (_, capability: string) => new Proxy({}, { get: (__, name: string) => method(capability, name) }),
		});
	});
	return { calls, stubs };
}

const LOST = new Error("Network connection lost.");
const BUSY = Object.assign(new Error("Durable Object is overloaded. Too many requests queued."), { overloaded: true });
const GRANTS = "/v1/users/me/credits/grants";
const grant = { amount: 5, kind: "bonus" };

describe("a shard that does not answer", () => {
	it("is asked once more by a read, through another stub", async () => {
		const client = await newClient();
		await client.post(GRANTS, grant);
		const { calls, stubs } = shardFails(client, [LOST]);
		expect((await client.get("/v1/users/me/credits")).body.available).toBe(5);
		expect(calls).toEqual(["credits.balance", "credits.balance"]);
		expect(new Set(stubs).size).toBe(2);
	});

	it("is asked once more by a change that only looks first: a reaction, for a quiz that may be the user's own", async () => {
		const client = await newClient();
		await client.post(GRANTS, grant);
		const { calls } = shardFails(client, [LOST]);
		expectProblem(await client.put("/v1/users/me/likes/quz_0000000205m5t8cfgq3nkw7r", {}), "not-found");
		expect(calls).toEqual(["quizzes.publication", "quizzes.publication"]);
	});

	it("is told once more by a POST with a key, which has one effect though the first was carried out", async () => {
		const client = await newClient();
		const { calls } = shardFails(client, [LOST], "after");
		const answer = await client.post(GRANTS, grant);
		expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
		expect(calls).toHaveLength(2);
		expect((await client.get("/v1/users/me/credits")).body.granted).toBe(5);
	});

	it("is tried twice and no more", async () => {
		const client = await newClient();
		const { calls } = shardFails(client, [LOST, LOST, LOST]);
		const answer = await client.get("/v1/users/me/credits");
		expectProblem(answer, "unavailable");
		expect(answer.headers.get("Retry-After")).toBe("1");
		expect(calls).toHaveLength(2);
	});

	it.each([
		[
			"a POST without a key",
			LOST,
			(client: Client) => client.request("POST", "/v1/users/me/quizzes", { body: quizDocument() }),
		],
		[
			"a PUT",
			LOST,
			(client: Client) =>
				client.put("/v1/users/me/quizzes/quz_0000000205m5t8cfgq3nkw7r", quizDocument(), { "If-Match": "*" }),
		],
		[
			"a DELETE",
			LOST,
			(client: Client) => client.request("DELETE", "/v1/users/me/favorites/quz_0000000205m5t8cfgq3nkw7r"),
		],
		["a read, if it is overloaded", BUSY, (client: Client) => client.get("/v1/users/me/credits")],
		["a POST with a key, if it is overloaded", BUSY, (client: Client) => client.post(GRANTS, grant)],
	])("is not asked again by %s", async (_, error, send) => {
		const client = await newClient();
		const { calls } = shardFails(client, [error]);
		const answer = await send(client);
		expectProblem(answer, "unavailable");
		expect(answer.headers.get("Retry-After")).toBe(error === BUSY ? "10" : "1");
		expect(calls).toHaveLength(1);
	});

	it("is a problem to another Worker too, and what it said is logged", async () => {
		const client = await newClient();
		await client.post(GRANTS, grant, { Prefer: "wait=20" });
		shardFails(client, [BUSY]);
		const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
		const credits = new Credits(createExecutionContext(), testEnv);
		const answer = await credits.balance({ user: client.user, tenant: client.tenant, service: "svc_faults" });
		expect(answer).toMatchObject({ ok: false, problem: { code: "unavailable", status: 503 } });
		expect(JSON.stringify(answer)).not.toContain("overloaded");
		const lines = told.mock.calls.map(([line]) => JSON.parse(String(line)));
		expect(lines).toContainEqual(expect.objectContaining({ at: "credits", error: String(BUSY) }));
	});

	it("for a fault of ours is asked once, and that is a 500", async () => {
		const client = await newClient();
		const { calls } = shardFails(client, [new Error("no such column: x: SQLITE_ERROR")]);
		expectProblem(await client.get("/v1/users/me/credits"), "internal-error");
		expect(calls).toHaveLength(1);
	});
});

/** A catalog whose every query goes so. @returns what was bound in queries, of the tests' own and of whatever else is going on */
function catalogAnswers(answer: () => Promise<never>): unknown[] {
	const bound: unknown[] = [];
	const bind = (...values: unknown[]) => {
		bound.push(...values);
		return statement;
	};
	const statement = { bind, first: answer, all: answer, run: answer };
	const session = { prepare: () => statement, batch: answer, getBookmark: () => null };
	vi.spyOn(testEnv.CATALOG, "withSession").mockReturnValue(session as unknown as D1DatabaseSession);
	vi.spyOn(testEnv.CATALOG, "prepare").mockReturnValue(statement as unknown as D1PreparedStatement);
	return bound;
}

const failing = (text: string) => () => Promise.reject(new Error(text));
const DOWN = "D1_ERROR: D1 DB is overloaded. Requests queued for too long.";
const ATTEMPTS = "/v1/users/me/attempts";

describe("a catalog that does not answer", () => {
	it.each([
		"/v1/quizzes",
		"/v1/quizzes?q=one",
		"/v1/quizzes/quz_0000000205m5t8cfgq3nkw7r/statistics",
		"/v1/users/me/sync",
	])("is 503 with Retry-After for %s", async (path) => {
		const client = await newClient();
		await client.post(GRANTS, grant);
		for (const [text, after] of [
			[DOWN, "10"],
			["D1_ERROR: Network connection lost.", "1"],
		] as const) {
			catalogAnswers(failing(text));
			const answer = await client.get(path);
			expectProblem(answer, "unavailable");
			expect(answer.headers.get("Retry-After")).toBe(after);
			vi.mocked(testEnv.CATALOG.withSession).mockRestore();
		}
	});

	it.each(PASSING.concat(OVERLOADED).filter((text) => text.startsWith("D1")))(
		"and says %s takes no attempt away: the version is known since the publication",
		async (text) => {
			const [author, taker] = [await newClient(), await newClient()];
			const quiz = await publishedQuiz(author);
			catalogAnswers(failing(text));
			const answer = await taker.post(ATTEMPTS, { quiz, answers: { 1: 0 } });
			expect(answer.status).toBe(201);
			expect(answer.body).toMatchObject({ version_number: 1, score: 1 });
		},
	);

	it("takes no attempt away at a quiz that the isolate knows, nor waits for it each time", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author);
		// Long after any failure of the other tests.
		const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + CURRENT_VERSION_STALE_MS_MAX);
		expect((await taker.post(ATTEMPTS, { quiz, answers: {} })).status).toBe(201);
		await testEnv.CONTENT_CACHE.delete(`current/${quiz}`);
		const bound = catalogAnswers(failing(DOWN));
		clock.mockReturnValue(Date.now() + PUBLISHED_CACHE_LIFE_MS);
		for (let n = 0; n < 3; n++) expect((await taker.post(ATTEMPTS, { quiz, answers: {} })).status).toBe(201);
		expect(bound.filter((value) => value === quiz)).toHaveLength(1);
	});

	it("is 503 for an attempt at a quiz that nothing else knows, and for one that must see what a bookmark saw", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const created = await author.post("/v1/users/me/quizzes", quizDocument());
		const path = `/v1/users/me/quizzes/${created.body.id}/publication`;
		const published = await author.put(path, { visibility: "public" }, { Prefer: "wait=20" });
		catalogAnswers(failing(DOWN));
		const bookmarked = await taker.post(ATTEMPTS, { quiz: created.body.id, answers: {} }, since(published));
		const unknown = await taker.post(ATTEMPTS, { quiz: "quz_0000000205m5t8cfgq3nkw7r", answers: {} });
		for (const answer of [bookmarked, unknown]) {
			expectProblem(answer, "unavailable");
			expect(answer.headers.get("Retry-After")).toBe("10");
		}
	});

	it("opens a private quiz to nobody else, and lets its author attempt it", async () => {
		const [author, stranger] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author, quizDocument(), "private");
		catalogAnswers(failing(DOWN));
		expectProblem(await stranger.post(ATTEMPTS, { quiz, answers: {} }), "unavailable");
		expect((await author.post(ATTEMPTS, { quiz, answers: {} })).status).toBe(201);
	});
});

const NOW = 1_900_000_000_000;
const LATER = 10 * (CURRENT_VERSION_STALE_MS_MAX + CATALOG_REST_MS);

describe("the current version of a quiz while the catalog does not answer", () => {
	const read = ({ tenant, user }: Client, quiz: string, now: number) =>
		readCurrentVersion(testEnv, quiz, audiencesOf({ tenant, user }), { bookmark: null, now });
	const pointer = (quiz: string) => testEnv.CONTENT_CACHE.get(`current/${quiz}`, "json");

	it("is what the isolate knew, up to an hour; then what the key-value store has; then nothing", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		await read(author, quiz, NOW);
		const near = await pointer(quiz);
		await testEnv.CONTENT_CACHE.delete(`current/${quiz}`);
		catalogAnswers(failing(DOWN));
		expect(await read(author, quiz, NOW + CURRENT_VERSION_STALE_MS_MAX - 1)).toMatchObject({ version_number: 1 });
		await expect(async () => {
			await read(author, quiz, NOW + CURRENT_VERSION_STALE_MS_MAX);
		}).rejects.toThrow(DOWN);
		await testEnv.CONTENT_CACHE.put(`current/${quiz}`, JSON.stringify(near));
		expect(await read(author, quiz, NOW + CURRENT_VERSION_STALE_MS_MAX)).toMatchObject({ id: quiz, version_number: 1 });
	});

	it("is asked of the catalog again as soon as that may have come back", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const now = NOW + LATER;
		await read(author, quiz, now);
		const bound = catalogAnswers(failing(DOWN));
		const at = now + PUBLISHED_CACHE_LIFE_MS;
		await read(author, quiz, at);
		await read(author, quiz, at + CATALOG_REST_MS - 1);
		expect(bound.filter((value) => value === quiz)).toHaveLength(1);
		vi.restoreAllMocks();
		// What nothing but the catalog knows.
		await testEnv.CATALOG.prepare("UPDATE quizzes SET version_number = 7 WHERE id = ?").bind(quiz).run();
		expect(await read(author, quiz, at + CATALOG_REST_MS)).toMatchObject({ version_number: 7 });
	});

	it("is waited for no longer than a second where something else knows it", async () => {
		const author = await newClient();
		const quiz = await publishedQuiz(author);
		const now = NOW + 2 * LATER;
		catalogAnswers(() => new Promise<never>(() => {}));
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		const reading = read(author, quiz, now);
		let isOver = false;
		void reading.then(() => {
			isOver = true;
		});
		await vi.advanceTimersByTimeAsync(CURRENT_VERSION_WAIT_MS - 1);
		expect(isOver).toBe(false);
		await vi.advanceTimersByTimeAsync(1);
		expect(await reading).toMatchObject({ version_number: 1 });
	});

	it("is put near the readers by each publication, and taken away by whatever ends it", async () => {
		const author = await newClient();
		const created = await author.post("/v1/users/me/quizzes", quizDocument());
		const path = `/v1/users/me/quizzes/${created.body.id}`;
		const publish = (visibility: string) => author.put(`${path}/publication`, { visibility });
		const ends = {
			withdrawn: () => author.request("DELETE", `${path}/publication`),
			archived: () => author.put(`${path}/status`, { status: "archived" }),
			deleted: () => author.request("DELETE", path),
		};
		for (const [visibility, audience] of [
			["public", "public"],
			["tenant", author.tenant],
			["private", author.user],
		] as const) {
			await publish(visibility);
			expect(await pointer(created.body.id)).toMatchObject({ version_number: 1, audience });
		}
		for (const [name, end] of Object.entries(ends)) {
			expect((await end()).status, name).toBe(200);
			expect(await pointer(created.body.id), name).toBeNull();
			await author.put(`${path}/status`, { status: "draft" });
			await publish("public");
		}
	});

	it("that could not be put near the readers is put there again after a second, and no request fails for it", async () => {
		const [put, works] = [vi.fn(), [] as Promise<void>[]];
		put.mockRejectedValueOnce(new Error("KV PUT failed: 429 Too Many Requests"));
		const store = { put } as unknown as KVNamespace;
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		const row = { version: "0".repeat(64), version_number: 2, audience: "public" };
		await keepCurrentVersion(store, "quz_kept", row, (work) => works.push(work));
		expect([put.mock.calls.length, works.length]).toEqual([1, 1]);
		await vi.runAllTimersAsync();
		await Promise.all(works);
		expect(put.mock.calls).toEqual([
			["current/quz_kept", JSON.stringify(row)],
			["current/quz_kept", JSON.stringify(row)],
		]);
	});
});
