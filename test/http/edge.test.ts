import { createExecutionContext, createMessageBatch, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { rowsReadBy } from "../../bench/cost/meter.ts";
import { app } from "../../src/api/app.ts";
import { isMoreLagging, readLag } from "../../src/catalog/replication/lagging.ts";
import { receive } from "../../src/catalog/replication/receiver.ts";
import { READY_LIFE_MS, READY_WAIT_MS } from "../../src/domain/limits.ts";
import { LAGGING_ROWS_READ_MAX } from "../../src/domain/log/limits.ts";
import { isSampled } from "../../src/domain/log-lines.ts";
import { networkOf, type OperationClass } from "../../src/domain/rate-limits.ts";
import { ratesOf, successShareOf } from "../../src/env.ts";
import worker, { Credits, UserShard } from "../../src/index.ts";
import { word } from "../../src/log-line.ts";
import { ALL_SCOPES, type Client, fresh, newClient, testEnv, tokenFor } from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";
import { OPERATIONS, send, userWithThings } from "../lib/operations.ts";

/** What stands before the operations: addresses in answers, limits of requests, and what is answered without a credential. */

afterEach(() => {
	vi.restoreAllMocks();
});

/** The same caller, at an address that the service does not have. */
function elsewhere(client: Client): Client {
	const request: Client["request"] = async (method, path, { body, raw, headers } = {}) => {
		const all = { Authorization: `Bearer ${client.token}`, "Content-Type": "application/json", ...headers };
		const sent = raw ?? (body === undefined ? null : JSON.stringify(body));
		const init = { method, headers: { ...all, Host: "elsewhere.test" }, body: sent, redirect: "manual" } as const;
		const response = await exports.default.fetch(new Request(`https://elsewhere.test${path}`, init));
		const text = await response.text();
		return { status: response.status, headers: response.headers, body: text, text };
	};
	return { ...client, request };
}

describe("addresses in answers", () => {
	/** One user for all operations; what one of them changes matters to none of the others here. */
	let things: ReturnType<typeof userWithThings> | undefined;

	it.each(OPERATIONS)("of $name do not come of the Host header", async (operation) => {
		things ??= userWithThings();
		const own = await things;
		for (const sender of [own.client, await newClient()]) {
			const { status, headers, text } = await send(elsewhere(sender), operation, own, "me");
			expect(text, String(status)).not.toContain("elsewhere");
			expect(JSON.stringify([...headers])).not.toContain("elsewhere");
		}
	});

	it("of the next page, of an image, of a problem and of a quiz's current slug begin with the configured origin", async () => {
		const { client, media } = await userWithThings();
		const at = elsewhere(client);
		await client.post("/v1/users/me/credits/holds", { amount: 1 });
		const page = await at.request("GET", "/v1/users/me/credits/holds?limit=1");
		expect(page.headers.get("Link")).toMatch(
			/^<https:\/\/marksheet\.test\/v1\/users\/me\/credits\/holds\?limit=1&cursor=/,
		);
		const images = JSON.parse((await at.request("GET", "/v1/users/me/media")).text);
		expect(images.items[0].url).toBe(`https://marksheet.test/v1/media/${media}`);
		const nothing = JSON.parse((await at.request("GET", "/v1/nothing")).text);
		expect(nothing.type).toBe("https://marksheet.test/problems/not-found");
	});

	it.each([undefined, "", "marksheet.test", "https://marksheet.test/", "https://marksheet.test/api", "*"])(
		"where the origin is set to %s begin with their path, and nothing fails for it",
		async (PUBLIC_ORIGIN) => {
			const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
			const env = { ...testEnv, PUBLIC_ORIGIN } as unknown as Env;
			for (let n = 0; n < 2; n++) {
				const answer = await worker.fetch(new Request("https://elsewhere.test/nothing"), env, createExecutionContext());
				expect([answer.status, (await answer.json<{ type: string }>()).type]).toEqual([404, "/problems/not-found"]);
			}
			expect(told).toHaveBeenCalledTimes(1);
		},
	);
});

describe("log lines", () => {
	/** So that lines of what else is going on can be told apart. */
	const QUEUE = "marksheet-lines";
	type Spy = { mock: { calls: unknown[][] } };
	const lines = (spy: Spy): Record<string, unknown>[] => spy.mock.calls.map(([line]) => JSON.parse(String(line)));

	it.each([
		["1", 1],
		["0.05", 0.05],
		["0", 0],
		["1.5", 1],
		["often", 1],
		["", 1],
		[undefined, 1],
	])("of successes are kept to a share of %s: %d", (LOG_SUCCESS_SHARE, share) => {
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		expect(successShareOf({ ...testEnv, LOG_SUCCESS_SHARE } as unknown as Env)).toBe(share);
		const random = vi.spyOn(Math, "random");
		const kept = [0, 0.04, 0.05, 0.99].map((draw) => {
			random.mockReturnValue(draw);
			return isSampled(share);
		});
		expect(kept).toEqual([0, 0.04, 0.05, 0.99].map((draw) => draw < share));
	});

	it.each([
		["usr_01-a", "usr_01-a"],
		["quizzes.end_plan", "quizzes.end_plan"],
		["", "(0 characters)"],
		["Write a quiz about whales.", "(26 characters)"],
		['{"1":0}', "(7 characters)"],
		[`${"e".repeat(40)}.${"y".repeat(120)}.${"J".repeat(86)}`, "(248 characters)"],
	])("show of %j, which may be an id or a name, %j", (text, shown) => {
		expect(word(text)).toBe(shown);
	});

	it("of batches with which something was wrong are all kept, those of the others by the share", async () => {
		const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const batch = (body: unknown) =>
			createMessageBatch(QUEUE, [{ id: crypto.randomUUID(), timestamp: new Date(0), attempts: 1, body }]);
		const kept = () => lines(log).filter(({ at, queue }) => at === "queue" && queue === QUEUE).length;
		const row = { kind: "shard.opened", at: 1, actor: "usr_lines", subject: "usr_lines", body: {} };
		const late = { v: 1, shard: "usr_lines", first: 5, last: 5, hash: "0".repeat(64), rows: [row] };
		await receive(testEnv.CATALOG, batch(late), 0, 0);
		expect(kept()).toBe(0);
		await receive(testEnv.CATALOG, batch(late), 0, 1);
		await receive(testEnv.CATALOG, batch("what is this"), 0, 0);
		vi.spyOn(testEnv.CATALOG, "prepare").mockImplementation(() => {
			throw new Error("D1_ERROR: Network connection lost.");
		});
		await receive(testEnv.CATALOG, batch(late), 0, 0);
		expect(kept()).toBe(3);
	});

	it("of commands are kept by the share", async () => {
		const { user, tenant, shard } = await newClient();
		const call = { user, tenant, actor: user, now: 1, request_id: "r" };
		const written = await runInDurableObject(shard(), (_, ctx) => {
			const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
			for (const LOG_SUCCESS_SHARE of ["0", "1"]) {
				const env = { ...testEnv, LOG_SUCCESS_SHARE } as unknown as Env;
				new UserShard(ctx, env).credits.grant(call, { amount: 1, kind: "bonus", priority: 50 });
			}
			return lines(log).map(({ at }) => at);
		});
		expect(written).toEqual(["command"]);
	});
});

const RATE = { limit: 3, period: 10 } as const;

/** The Worker with these limits and no others. */
function limitedTo(RATE_LIMITS: object, bindings: object = {}) {
	const env = { ...testEnv, RATE_LIMITS, ...bindings } as unknown as Env;
	const at = (method: string, path: string, headers: Record<string, string>, body?: unknown) => {
		const json = body === undefined ? {} : { "Content-Type": "application/json" };
		const init = { method, headers: { ...json, ...headers }, body: body === undefined ? null : JSON.stringify(body) };
		return worker.fetch(new Request(`https://marksheet.test${path}`, init), env, createExecutionContext());
	};
	const as =
		({ token }: { token: string }) =>
		(method: string, path: string, body?: unknown) =>
			at(method, path, { Authorization: `Bearer ${token}` }, body);
	return { env, at, as };
}

/** That one was one too many of this class. */
async function expectTooMany(
	answer: Response,
	rule: string,
	{ limit, period }: { limit: number; period: number } = RATE,
) {
	const body = await answer.json();
	expect(body).toMatchObject({ code: "rate-limited", status: 429, rule, limit, period_s: period });
	expect(answer.headers.get("RateLimit")).toBe(`"${rule}";r=0`);
	expect(answer.headers.get("Retry-After")).toBe(String(period));
	expect(answer.headers.get("RateLimit-Policy")).toContain(`"${rule}";q=${limit};w=${period}`);
	expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
}

let hosts = 0;
const newAddress = () => ({ "CF-Connecting-IP": `192.0.2.${++hosts}` });
const NOW = 1_900_000_000_000;
const at = (now: number) => vi.useFakeTimers({ toFake: ["Date"], now });

describe("limits of requests", () => {
	afterEach(() => {
		vi.useRealTimers();
	});

	const SHARE = "/v1/shares/00000-00000-00000-00000-0";
	const QUIZ = "/v1/users/me/quizzes/quz_0000000205m5t8cfgq3nkw7r";
	/** Of each class, what is counted in it. */
	const COUNTED: Record<OperationClass, [method: string, path: string, body?: unknown][]> = {
		searches: [
			["GET", "/v1/quizzes?q=ants"],
			["GET", "/v1/quizzes?facets=true"],
			["GET", "/v1/quizzes/quz_0000000205m5t8cfgq3nkw7r/related"],
		],
		imports: [["POST", "/v1/users/me/quizzes/imports", { quizzes: [] }]],
		publications: [
			["PUT", `${QUIZ}/publication`, { visibility: "public" }],
			["DELETE", `${QUIZ}/publication`],
		],
		"share-codes": [
			["GET", SHARE],
			["POST", `${SHARE}/redemption`],
		],
	};
	const counted = Object.entries(COUNTED).flatMap(([rule, requests]) =>
		requests.map(([method, path, body]) => [rule, method, path, body] as const),
	);

	it.each(counted)(
		"%s: the last that a user may send passes, the next is 429: %s %s",
		async (rule, method, path, body) => {
			at(NOW);
			const [one, other] = [await newClient(), await newClient()];
			const { as } = limitedTo({ [rule]: RATE });
			for (let n = 0; n < RATE.limit; n++) {
				const answer = await as(one)(method, path, body);
				expect(answer.status).not.toBe(429);
				expect(answer.headers.get("RateLimit-Policy")).toBe(`"${rule}";q=3;w=10`);
				expect([answer.headers.has("RateLimit"), answer.headers.has("Retry-After")]).toEqual([false, false]);
			}
			await expectTooMany(await as(one)(method, path, body), rule);
			expect((await as(other)(method, path, body)).status).not.toBe(429);
			expect((await as(one)("GET", "/v1/quizzes")).status).toBe(200);
			at(NOW + 10_000);
			expect((await as(one)(method, path, body)).status).not.toBe(429);
		},
	);

	it("searches: asking for no more than the head of the answer counts too", async () => {
		at(NOW);
		const { as } = limitedTo({ searches: RATE });
		const client = await newClient();
		const statuses: number[] = [];
		for (let n = 0; n <= RATE.limit; n++) statuses.push((await as(client)("HEAD", "/v1/quizzes?q=ants")).status);
		expect(statuses).toEqual([200, 200, 200, 429]);
	});

	it.each([
		["standard", "a user", {}],
		["high", "a service", { sub: "svc_edge", scope: "admin" }],
		["basic", "whose token says so", { rate_class: "basic" }],
		["high", "whose token says so", { rate_class: "high" }],
		["standard", "whose token says what is not known", { rate_class: "platinum" }],
	])("%s, of %s: the last that passes and the first that does not", async (rule, _, claims) => {
		at(NOW);
		const sub = fresh("usr");
		const token = await tokenFor({ sub, tenant: fresh("ten"), scope: ALL_SCOPES, ...claims });
		const all = { basic: RATE, standard: RATE, high: RATE };
		const { as } = limitedTo(all);
		for (let n = 0; n < RATE.limit; n++) {
			const answer = await as({ token })("GET", "/v1/quizzes");
			expect([answer.status, answer.headers.get("RateLimit-Policy")]).toEqual([200, `"${rule}";q=3;w=10`]);
		}
		await expectTooMany(await as({ token })("GET", "/v1/quizzes"), rule);
		await expectTooMany(await as({ token })("POST", "/v1/users/me/attempts"), rule);
	});

	it("address: counts before the credential is looked at, whatever is asked for, and by networks", async () => {
		at(NOW);
		const { at: send } = limitedTo({ address: RATE });
		const paths = [
			"/health",
			"/openapi.json",
			"/v1/quizzes",
			`/v1/media/${"0".repeat(64)}`,
			"/problems",
			"/docs",
			"/nope",
		];
		for (const path of paths) {
			const from = newAddress();
			for (let n = 0; n < RATE.limit; n++) {
				const answer = await send("GET", path, from);
				expect(answer.status).not.toBe(429);
				expect(answer.headers.get("RateLimit-Policy")).toBe('"address";q=3;w=10');
			}
			await expectTooMany(await send("GET", path, { ...from, Authorization: "Bearer x" }), "address");
			expect((await send("GET", "/health", newAddress())).status).toBe(200);
		}
		const v6 = (host: string) => send("GET", "/health", { "CF-Connecting-IP": `2001:db8:7:1${host}` });
		for (const host of ["::1", "::2", ":0:0:0:3"]) expect((await v6(host)).status).toBe(200);
		await expectTooMany(await v6("::4"), "address");
		expect((await send("GET", "/health", { "CF-Connecting-IP": "2001:db8:7:2::1" })).status).toBe(200);
		for (let n = 0; n < 10; n++) expect((await send("GET", "/health", {})).status).toBe(200);
	});

	it("failed-credentials: the next is not looked at, but who is known to be right goes on; expired ones do not count", async () => {
		at(NOW);
		const { env, at: send } = limitedTo({ "failed-credentials": RATE });
		const claims = { sub: fresh("usr"), tenant: fresh("ten"), scope: ALL_SCOPES };
		const times = { iat: NOW / 1_000 - 100, exp: NOW / 1_000 + 1_000 };
		const [known, unknown, expired] = await Promise.all([
			tokenFor({ ...claims, ...times }),
			tokenFor({ ...claims, ...times, jti: "2" }),
			tokenFor({ ...claims, ...times, exp: NOW / 1_000 - 1 }),
		]);
		const from = newAddress();
		const list = (token: string, headers = from) =>
			send("GET", "/v1/quizzes", { ...headers, Authorization: `Bearer ${token}` });
		expect((await list(known)).status).toBe(200);
		for (let n = 0; n < 2 * RATE.limit; n++) expect((await list(expired)).status).toBe(401);
		for (let n = 0; n < RATE.limit; n++) expect((await list(`${unknown}${n}`)).status).toBe(401);
		await expectTooMany(await list(`${unknown}x`), "failed-credentials");
		const settings = vi.spyOn(crypto.subtle, "verify");
		await expectTooMany(await list(unknown), "failed-credentials");
		expect(settings).not.toHaveBeenCalled();
		expect((await list(known)).status).toBe(200);
		expect((await list(unknown, newAddress())).status).toBe(200);
		at(NOW + 10_000);
		expect((await list(`${unknown}y`)).status).toBe(401);
		expect(ratesOf(env)["failed-credentials"]).toEqual(RATE);
	});

	it("standard, of a service's calls for one user: the fourth is refused as over HTTP", async () => {
		at(NOW);
		const { user, tenant, post } = await newClient();
		await post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
		await expect
			.poll(async () => testEnv.CATALOG.prepare("SELECT 1 FROM shards WHERE user_id = ?").bind(user).first())
			.not.toBeNull();
		const credits = new Credits(createExecutionContext(), limitedTo({ standard: RATE }).env);
		const caller = { user, tenant, service: "svc_edge" };
		for (let n = 0; n < RATE.limit; n++) expect(await credits.balance(caller)).toMatchObject({ ok: true });
		expect(await credits.balance(caller)).toMatchObject({ ok: false, problem: { code: "rate-limited", status: 429 } });
		expect(await credits.balance({ ...caller, service: "svc_other" })).toMatchObject({ ok: true });
	});

	it("are all named, one after the other, in the answer", async () => {
		const client = await newClient();
		const limits = {
			address: { limit: 9, period: 10 },
			standard: { limit: 8, period: 60 },
			searches: { limit: 7, period: 60 },
		};
		const { at: send } = limitedTo(limits);
		const answer = await send("GET", "/v1/quizzes?q=ants", {
			...newAddress(),
			Authorization: `Bearer ${client.token}`,
		});
		expect(answer.headers.get("RateLimit-Policy")).toBe('"address";q=9;w=10, "standard";q=8;w=60, "searches";q=7;w=60');
	});

	it("are counted by the platform where it is bound", async () => {
		const client = await newClient();
		const { as } = limitedTo({ standard: { limit: 1_000, period: 60 } }, { RATE_STANDARD: testEnv.TEST_RATE });
		const statuses: number[] = [];
		// Its periods begin when they like, so that two of them may be seen.
		for (let n = 0; n < 3 * RATE.limit; n++) statuses.push((await as(client)("GET", "/v1/quizzes")).status);
		expect(statuses.slice(0, RATE.limit)).toEqual([200, 200, 200]);
		expect(statuses).toContain(429);
	});

	it("are counted by the isolate where the platform's limiter fails, which is told once", async () => {
		at(NOW);
		const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
		const limit = vi.fn().mockRejectedValue(new Error("the limiter is down"));
		const { as } = limitedTo({ standard: RATE }, { RATE_STANDARD: { limit } });
		const client = await newClient();
		for (let n = 0; n < RATE.limit; n++) expect((await as(client)("GET", "/v1/quizzes")).status).toBe(200);
		await expectTooMany(await as(client)("GET", "/v1/quizzes"), "standard");
		expect([limit.mock.calls.length, told.mock.calls.length]).toEqual([RATE.limit + 1, 1]);
		expect(limit).toHaveBeenLastCalledWith({ key: `${client.tenant} ${client.user}` });
	});

	it.each([
		[undefined],
		[{ standard: { limit: 0, period: 60 } }],
		[{ standard: { limit: 5, period: 30 } }],
		[{ other: RATE }],
	])("that are set to %j stop nobody, and that is told", async (RATE_LIMITS) => {
		const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
		const client = await newClient();
		const { as } = limitedTo(RATE_LIMITS as object);
		for (let n = 0; n < 9; n++) expect((await as(client)("GET", "/v1/quizzes")).status).toBe(200);
		expect(told).toHaveBeenCalledTimes(1);
	});

	it("that are set here let a thousand attempts a minute through from one address", async () => {
		const { address, standard } = ratesOf(testEnv);
		expect((address?.limit ?? 0) * (60 / (address?.period ?? 60))).toBeGreaterThan(1_000);
		expect(standard?.limit).toBeGreaterThan(1_000);
	});
});

describe("an address's network", () => {
	it.each([
		["192.0.2.7", "192.0.2.7"],
		["::ffff:192.0.2.7", "192.0.2.7"],
		["2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"],
		["2001:0DB8:0000:0001::5", "2001:db8:0:1::/64"],
		["2001:db8::5", "2001:db8:0:0::/64"],
		["::1", "0:0:0:0::/64"],
		["::", "0:0:0:0::/64"],
		["what is this", "what is this"],
	])("of %s is %s", (address, network) => {
		expect(networkOf(address)).toBe(network);
	});
});

describe("what anybody may ask for without a credential", () => {
	const GZIP = { "Accept-Encoding": "gzip" };
	const openApi = (headers: Record<string, string> = {}) =>
		worker.fetch(new Request("https://marksheet.test/openapi.json", { headers }), testEnv, createExecutionContext());

	it("the OpenAPI document is made once, compressed where the client takes it, and 304 to who has it", async () => {
		const made = vi.spyOn(app, "getOpenAPI31Document");
		const [plain, packed] = [await openApi(), await openApi(GZIP)];
		const text = await plain.text();
		const bytes = Buffer.from(await packed.arrayBuffer());
		expect(gunzipSync(bytes).toString()).toBe(text);
		expect(bytes.length).toBeLessThan(text.length / 5);
		expect(JSON.parse(text).openapi).toBe("3.1.0");
		for (const [answer, headers, coding] of [
			[plain, {}, null],
			[packed, GZIP, "gzip"],
		] as const) {
			expect(answer.headers.get("Content-Type")).toBe("application/json");
			expect(answer.headers.get("Content-Encoding")).toBe(coding);
			const etag = answer.headers.get("ETag") ?? "";
			const again = await openApi({ ...headers, "If-None-Match": etag });
			expect([again.status, await again.text()]).toEqual([304, ""]);
			expect((await openApi({ ...headers, "If-None-Match": '"other"' })).status).toBe(200);
		}
		expect(plain.headers.get("ETag")).not.toBe(packed.headers.get("ETag"));
		expect(made.mock.calls.length).toBeLessThanOrEqual(1);
	});

	it("readiness is looked at every few seconds, by one at a time, and no longer than three", async () => {
		at(NOW);
		const env = { ...testEnv } as Env;
		// Of shards of other tests that are behind; it is long after all of them.
		await testEnv.CATALOG.prepare("DELETE FROM lagging").run();
		const queries = vi.spyOn(testEnv.ACCOUNTS, "prepare");
		const ready = async () =>
			(await worker.fetch(new Request("https://marksheet.test/health/ready"), env, createExecutionContext())).status;
		for (let n = 0; n < 20; n++) expect(await ready()).toBe(200);
		expect(queries).toHaveBeenCalledTimes(1);
		at(NOW + READY_LIFE_MS - 1);
		expect(await ready()).toBe(200);
		expect(queries).toHaveBeenCalledTimes(1);
		vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: NOW + READY_LIFE_MS });
		queries.mockReturnValue({ first: () => new Promise(() => {}) } as unknown as D1PreparedStatement);
		const looks = ready();
		expect(await Promise.all([ready(), ready()])).toEqual([200, 200]);
		expect(queries).toHaveBeenCalledTimes(2);
		await vi.advanceTimersByTimeAsync(READY_WAIT_MS);
		expect([await looks, await ready()]).toEqual([503, 503]);
		vi.useRealTimers();
	});

	it("readiness reads a bounded number of rows, however many shards were found behind and are well again", async () => {
		const rows = `INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at) WITH RECURSIVE n (i) AS
			(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3 * ${LAGGING_ROWS_READ_MAX}) SELECT 'usr_well' || i, 0, 0, 'same', 0 FROM n`;
		await testEnv.CATALOG.prepare(rows).run();
		const read = await rowsReadBy(testEnv.CATALOG, (db) => readLag(db));
		expect(read).toBeLessThan(4 * LAGGING_ROWS_READ_MAX);
		expect(await isMoreLagging(testEnv.CATALOG)).toBe(true);
		await testEnv.CATALOG.prepare("DELETE FROM lagging").run();
		expect(await isMoreLagging(testEnv.CATALOG)).toBe(false);
	});

	it("an image that nobody has costs one read of the bucket, and one of the catalog in a minute", async () => {
		const { CONTENT, CATALOG } = testEnv;
		// Of its own, since shards read the catalog when they like.
		const bucket = { get: vi.fn((key: string) => CONTENT.get(key)), head: vi.fn((key: string) => CONTENT.head(key)) };
		const catalog = { withSession: vi.fn((constraint: string) => CATALOG.withSession(constraint)) };
		const env = { ...testEnv, CONTENT: bucket, CATALOG: catalog } as unknown as Env;
		const hash = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
		for (let n = 1; n <= 3; n++) {
			const request = new Request(`https://marksheet.test/v1/media/${hash}`);
			const answer = await worker.fetch(request, env, createExecutionContext());
			expect(answer.status).toBe(404);
			const calls = [bucket.get, bucket.head, catalog.withSession].map(({ mock }) => mock.calls.length);
			expect(calls).toEqual([n, 0, 1]);
		}
	});

	it("an image that was asked for in vain is there once somebody has uploaded it", async () => {
		const client = await newClient();
		const bytes = png(7, 9);
		const path = `/v1/media/${createHash("sha256").update(bytes).digest("hex")}`;
		const get = () => exports.default.fetch(new Request(`https://marksheet.test${path}`));
		expect((await get()).status).toBe(404);
		await uploaded(client, bytes);
		expect((await get()).status).toBe(200);
	});
});
