import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { noteKeyUse, revokeApiKey } from "../../src/accounts/api-keys.ts";
import { changed } from "../../src/accounts/changes.ts";
import {
	ACCESS_TOKEN_LIFE_S,
	API_KEY_AGE_MS_MAX,
	API_KEY_USE_NOTED_MS,
	CHANGES_AGE_MS,
	CHANGES_AGE_MS_MAX,
	CHANGES_KEPT_MS,
} from "../../src/domain/people/limits.ts";
import { SECOND_MS } from "../../src/domain/units.ts";
import worker from "../../src/index.ts";
import { purgeCredentials } from "../../src/ops/purge-credentials.ts";
import { type Answer, call, expectProblem, newClient, publishedQuiz, testEnv } from "../lib/harness.ts";
import { by, machine, member, tokenBy, watchAccounts } from "../lib/machines.ts";

/** Tokens of the installation: who gets one, what it is good for, how it ends, and that verifying it costs nothing. */

const MINUTE_MS = 60 * SECOND_MS;

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const tokenOf = async (key: string, body: object = {}): Promise<string> => {
	const answer = await tokenBy(key, body);
	expect([answer.status, answer.body.detail]).toEqual([200, undefined]);
	return answer.body.access_token;
};

const balance = (credential: string, user: string): Promise<Answer> =>
	call(`/v1/users/${user}/credits`, { headers: by(credential) });

const form = (fields: Record<string, string> | string, headers: Record<string, string> = {}) =>
	call("/v1/auth/token", {
		method: "POST",
		headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
		body: typeof fields === "string" ? fields : new URLSearchParams(fields).toString(),
	});

describe("a key", () => {
	it("is given a token of a quarter of an hour, with its scopes or fewer", async () => {
		const { key, tenant, service, id } = await machine();
		const { body } = await tokenBy(key);
		expect(body).toEqual({
			access_token: expect.any(String),
			token_type: "Bearer",
			expires_in: ACCESS_TOKEN_LIFE_S,
			scope: "credits:read credits:grant on-behalf-of",
			user: service,
			tenant,
		});
		const claims = decodeJwt(body.access_token);
		expect(claims).toMatchObject({ sub: service, tenant, sid: id, iss: "marksheet", aud: "marksheet-api" });
		expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeCloseTo(ACCESS_TOKEN_LIFE_S, 3);
		expect((await tokenBy(key, { scope: "credits:read" })).body.scope).toBe("credits:read");
		const refused = await tokenBy(key, { scope: "credits:read users:write" });
		expectProblem(refused, "invalid-request", ["/scope"]);
		expect(refused.body.errors[0].detail).toContain("allowed are: credits:read credits:grant on-behalf-of");
	});

	it("is a credential itself, and acts for users of its tenant before they ever called", async () => {
		const { key, tenant } = await machine();
		const user = await member(tenant);
		const grant = {
			method: "POST",
			headers: { ...by(key), "Content-Type": "application/json", "Idempotency-Key": "first" },
			body: JSON.stringify({ amount: 7, kind: "bonus" }),
		};
		expect((await call(`/v1/users/${user}/credits/grants`, grant)).status).toBe(201);
		expect((await balance(await tokenOf(key), user)).body.available).toBe(7);
		expectProblem(await balance((await machine()).key, user), "not-found");
	});

	it("is taken as ordinary clients of OAuth 2.0 send it: by Basic, or in the form", async () => {
		const { key, service, id } = await machine();
		const grant = { grant_type: "client_credentials" };
		for (const client of [service, id]) {
			const basic = { Authorization: `Basic ${btoa(`${client}:${key}`)}` };
			expect((await form(grant, basic)).body.user).toBe(service);
			expect((await form({ ...grant, client_id: client, client_secret: key })).body.user).toBe(service);
		}
		for (const wrong of [
			await form({ ...grant, client_id: "svc_other", client_secret: key }),
			await form({ ...grant, client_id: service, client_secret: `${key.slice(0, -1)}${key.endsWith("0") ? 1 : 0}` }),
			await form(grant, { Authorization: `Basic ${btoa(`${service}:nothing`)}` }),
			await form(grant, { Authorization: `Basic ${btoa(service)}` }),
			await form(grant),
		]) {
			expectProblem(wrong, "unauthenticated");
		}
		expectProblem(await form({ grant_type: "password", client_id: service, client_secret: key }), "invalid-request", [
			"/grant_type",
		]);
		expectProblem(await form(`client_secret=${key}&client_secret=${key}`), "invalid-request", ["/client_secret"]);
		expect((await form({ ...grant, client_id: service, client_secret: "msk_x" })).body.error).toBe("invalid_client");
	});

	it("that has expired, or was revoked, is refused, also for what was given for it", async () => {
		const { key, id, tenant } = await machine({ expires_at: Date.now() + MINUTE_MS });
		const user = await member(tenant);
		const token = await tokenOf(key);
		vi.setSystemTime(Date.now() + MINUTE_MS);
		expectProblem(await balance(key, user), "unauthenticated");
		expectProblem(await tokenBy(key), "unauthenticated");
		expect((await balance(token, user)).status).toBe(200);
		const { ACCOUNTS } = testEnv;
		await ACCOUNTS.batch([revokeApiKey(ACCOUNTS, id, Date.now()), changed(ACCOUNTS, id, true, Date.now())]);
		vi.setSystemTime(Date.now() + MINUTE_MS);
		expectProblem(await balance(token, user), "unauthenticated");
	});

	it("notes when it was used last, at most once an hour", async () => {
		const { key, id } = await machine();
		const used = async () => {
			await tokenOf(key);
			const row = testEnv.ACCOUNTS.prepare("SELECT last_used_at FROM api_keys WHERE id = ?").bind(id);
			await expect.poll(async () => await row.first("last_used_at")).not.toBeNull();
			return row.first<number>("last_used_at");
		};
		const first = await used();
		vi.setSystemTime(Date.now() + API_KEY_USE_NOTED_MS - SECOND_MS);
		expect(await used()).toBe(first);
		await noteKeyUse(testEnv.ACCOUNTS, id, (first ?? 0) + API_KEY_USE_NOTED_MS - 1, API_KEY_USE_NOTED_MS);
		expect(await used()).toBe(first);
		vi.setSystemTime(Date.now() + 2 * SECOND_MS);
		await tokenOf(key);
		const row = testEnv.ACCOUNTS.prepare("SELECT last_used_at FROM api_keys WHERE id = ?").bind(id);
		await expect.poll(async () => row.first("last_used_at")).not.toBe(first);
	});
});

describe("what verifying costs", () => {
	it("with a token is no statement on ACCOUNTS, and none on the catalog for who calls", async () => {
		const { key, tenant } = await machine({ scopes: ["attempts:write", "on-behalf-of"] });
		const user = await member(tenant);
		const quiz = await publishedQuiz(await newClient());
		const token = await tokenOf(key);
		let n = 0;
		const submit = () =>
			call(`/v1/users/${user}/attempts`, {
				method: "POST",
				headers: { ...by(token), "Content-Type": "application/json", "Idempotency-Key": `n${n++}` },
				body: JSON.stringify({ quiz, answers: { 1: 0 } }),
			});
		expect((await submit()).status).toBe(201);
		const accounts = watchAccounts();
		const catalog: string[] = [];
		const withSession = testEnv.CATALOG.withSession.bind(testEnv.CATALOG);
		vi.spyOn(testEnv.CATALOG, "withSession").mockImplementation((bookmark) => {
			const session = withSession(bookmark);
			const prepare = session.prepare.bind(session);
			session.prepare = (query) => {
				catalog.push(query);
				return prepare(query);
			};
			return session;
		});
		for (let i = 0; i < 20; i++) expect((await submit()).status).toBe(201);
		accounts.restore();
		expect(accounts.statements).toEqual([]);
		expect(catalog.filter((query) => /\bshards\b/.test(query) && /tenant_id/.test(query))).toEqual([]);
	});

	it("with a key is at most one read in a minute", async () => {
		const { key, tenant } = await machine();
		const user = await member(tenant);
		await balance(key, user);
		const accounts = watchAccounts();
		const reads = () => accounts.statements.filter((query) => /FROM api_keys/.test(query)).length;
		for (let i = 0; i < 20; i++) expect((await balance(key, user)).status).toBe(200);
		expect(reads()).toBe(0);
		vi.setSystemTime(Date.now() + API_KEY_AGE_MS_MAX);
		for (let i = 0; i < 20; i++) expect((await balance(key, user)).status).toBe(200);
		accounts.restore();
		expect(reads()).toBe(1);
	});

	it("of the isolate's view is two statements at most once in its age, behind the answer", async () => {
		const { key } = await machine();
		await tokenOf(key);
		const accounts = watchAccounts();
		const looked = () => accounts.statements.filter((query) => /FROM changes/.test(query)).length;
		vi.setSystemTime(Date.now() + CHANGES_AGE_MS);
		for (let i = 0; i < 20; i++) await call("/v1/auth/jwks");
		await expect.poll(looked).toBe(1);
		accounts.restore();
	});
});

/** Another isolate: what is kept by the bindings it has itself. */
async function elsewhere(path: string, credential: string): Promise<number> {
	const context = createExecutionContext();
	const request = new Request(`https://marksheet.test${path}`, { headers: by(credential) });
	const { status } = await worker.fetch(request, far, context);
	await waitOnExecutionContext(context);
	return status;
}
const far = { ...testEnv };

describe("a revocation", () => {
	it.each(["sub", "tenant", "sid"])("by the %s reaches every isolate within a minute", async (claim) => {
		const { key, tenant } = await machine();
		const path = `/v1/users/${await member(tenant)}/credits`;
		const token = await tokenOf(key);
		const other = await tokenOf((await machine({ tenant })).key);
		expect([await elsewhere(path, token), (await call(path, { headers: by(token) })).status]).toEqual([200, 200]);
		const subject = String(decodeJwt(token)[claim]);
		await changed(testEnv.ACCOUNTS, subject, true, Date.now()).run();
		vi.setSystemTime(Date.now() + CHANGES_AGE_MS_MAX + 1);
		expect([await elsewhere(path, token), (await call(path, { headers: by(token) })).status]).toEqual([401, 401]);
		expect((await call(path, { headers: by(other) })).status).toBe(claim === "tenant" ? 401 : 200);
		const anew = await tokenOf(key);
		expect((await call(path, { headers: by(anew) })).status).toBe(200);
	});

	it("is known within a minute also where requests come all the time", async () => {
		const { key, tenant, service } = await machine();
		const path = `/v1/users/${await member(tenant)}/credits`;
		const token = await tokenOf(key);
		await elsewhere(path, token);
		await changed(testEnv.ACCOUNTS, service, true, Date.now()).run();
		const began = Date.now();
		let status = 200;
		while (status === 200 && Date.now() - began < MINUTE_MS) {
			vi.setSystemTime(Date.now() + SECOND_MS);
			status = await elsewhere(path, token);
		}
		expect(status).toBe(401);
	});

	it("is waited for by no request while ACCOUNTS does not answer; tokens hold until they expire", async () => {
		const { key, tenant } = await machine();
		const path = `/v1/users/${await member(tenant)}/credits`;
		const token = await tokenOf(key);
		expect((await call(path, { headers: by(token) })).status).toBe(200);
		vi.spyOn(testEnv.ACCOUNTS, "batch").mockRejectedValue(new Error("D1_ERROR: D1 DB is overloaded."));
		const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
		vi.setSystemTime(Date.now() + 2 * MINUTE_MS);
		expect((await call(path, { headers: by(token) })).status).toBe(200);
		expect(told.mock.calls.map(([line]) => JSON.parse(String(line)).at)).toContain("accounts");
		vi.setSystemTime(Date.now() + ACCESS_TOKEN_LIFE_S * SECOND_MS);
		expectProblem(await call(path, { headers: by(token) }), "unauthenticated");
	});
});

describe("the keys that sign", () => {
	it("are published without their private halves, and name what a token is verified with", async () => {
		const { key } = await machine();
		const header = decodeProtectedHeader(await tokenOf(key));
		const { body, headers } = await call("/v1/auth/jwks");
		expect(headers.get("Cache-Control")).toMatch(/^public, max-age=/);
		expect(body.keys.map(({ kid }: { kid: string }) => kid)).toContain(header.kid);
		for (const jwk of body.keys) expect(Object.keys(jwk).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
	});

	it("are one, however many isolates find that there is none", async () => {
		await testEnv.ACCOUNTS.prepare("DELETE FROM signing_keys").run();
		const { key } = await machine();
		const request = () =>
			new Request("https://marksheet.test/v1/auth/token", {
				method: "POST",
				headers: { ...by(key), "Content-Type": "application/json" },
				body: "{}",
			});
		const isolates = Array.from({ length: 5 }, () => ({ ...testEnv }));
		const answers = await Promise.all(isolates.map((env) => worker.fetch(request(), env, createExecutionContext())));
		const tokens = await Promise.all(answers.map((answer) => answer.json<{ access_token: string }>()));
		const kids = new Set(tokens.map(({ access_token }) => decodeProtectedHeader(access_token).kid));
		expect([...kids]).toHaveLength(1);
	});

	it("are not waited for: one that was made by a clock that is ahead keeps nobody from signing", async () => {
		await testEnv.ACCOUNTS.prepare("UPDATE signing_keys SET signs_from = ?")
			.bind(Date.now() + 60 * MINUTE_MS)
			.run();
		const { key } = await machine();
		const request = new Request("https://marksheet.test/v1/auth/token", { method: "POST", headers: by(key) });
		const answer = await worker.fetch(request, { ...testEnv }, createExecutionContext());
		expect(answer.status).toBe(200);
	});
});

it("revocations that every token has outlived are removed, and the newest stays, so that no number is given twice", async () => {
	const { ACCOUNTS } = testEnv;
	const now = Date.now() + 2 * CHANGES_KEPT_MS;
	await changed(ACCOUNTS, "usr_first", true, 1).run();
	await changed(ACCOUNTS, "usr_last", true, 2).run();
	const newest = await ACCOUNTS.prepare("SELECT max(number) AS n FROM changes").first<number>("n");
	await purgeCredentials(testEnv, now);
	const { results } = await ACCOUNTS.prepare("SELECT number FROM changes").all();
	expect(results).toEqual([{ number: newest }]);
});
