import { createExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { networkOf, type OperationClass } from "../../src/domain/rate-limits.ts";
import { ratesOf } from "../../src/env.ts";
import worker, { Credits } from "../../src/index.ts";
import { ALL_SCOPES, fresh, newClient, testEnv, tokenFor } from "../lib/harness.ts";

/** How often anybody may ask. */

afterEach(() => {
	vi.restoreAllMocks();
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
