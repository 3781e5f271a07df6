import { createExecutionContext, listDurableObjectIds } from "cloudflare:test";
import { exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { revokeApiKey } from "../../src/accounts/api-keys.ts";
import { changed } from "../../src/accounts/changes.ts";
import { claimGuest, insertGuest } from "../../src/accounts/guests.ts";
import { disableService } from "../../src/accounts/services.ts";
import { mintPeopleId } from "../../src/domain/ids.ts";
import { TOKEN_CLOCK_AHEAD_S_MAX } from "../../src/domain/limits.ts";
import { hashOfSecret, makeApiKey } from "../../src/domain/people/api-keys.ts";
import { makeGuestSecret } from "../../src/domain/people/guest-secrets.ts";
import { foreignUser } from "../../src/domain/people/issuers.ts";
import {
	ACCESS_TOKEN_LIFE_S,
	ISSUER_KEYS_PAUSE_MS,
	ISSUER_TOKEN_LIFE_S_MAX,
	KEY_LOOKUP_PAUSE_MS,
} from "../../src/domain/people/limits.ts";
import { unwrap } from "../../src/domain/sealing.ts";
import { mailSettingsOf, masterKeysOf, settingsOf } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { ISSUER_KEYS_RETRY_MS } from "../../src/service/people/issuer-keys.ts";
import { ALL_SCOPES, type Answer, call, expectProblem, fresh, testEnv, tokenFor } from "../lib/harness.ts";
import { by, machine, member, random, tokenBy } from "../lib/machines.ts";

/**
 * Credentials that nobody should have, of every kind that there is: keys, tokens of the installation, of other issuers and of a developer's
 * machine, guests' secrets. Each is answered with 401, wherever it is sent, and opens nothing.
 */

const { ACCOUNTS } = testEnv;
const now_s = () => Date.now() / 1_000;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

/** The credential is good nowhere. */
async function expectNowhere(credential: string): Promise<void> {
	const before = (await listDurableObjectIds(testEnv.SHARDS)).length;
	const answers = [
		await call("/v1/users/me/credits", { headers: by(credential) }),
		await call(`/v1/users/${fresh("usr")}/credits`, { headers: by(credential) }),
		await call("/v1/quizzes", { headers: by(credential) }),
		await tokenBy(credential),
	];
	for (const answer of answers) expectProblem(answer, "unauthenticated");
	expect((await listDurableObjectIds(testEnv.SHARDS)).length).toBe(before);
}

/** The key that signs here, as nobody outside has it. */
async function signingKey(): Promise<{ jwk: JWK; kid: string }> {
	await tokenBy((await machine()).key);
	const row = await ACCOUNTS.prepare("SELECT kid, sealed FROM signing_keys ORDER BY signs_from DESC LIMIT 1").first<{
		kid: string;
		sealed: string;
	}>();
	if (!row) throw new Error("nothing signs");
	const secret = await unwrap(masterKeysOf(testEnv), row.sealed, `signing key ${row.kid}`);
	return { jwk: JSON.parse(new TextDecoder().decode(secret)), kid: row.kid };
}

const claims = (): JWTPayload & Record<string, unknown> => ({
	iss: "marksheet",
	aud: "marksheet-api",
	iat: now_s(),
	exp: now_s() + 600,
	sub: fresh("usr"),
	tenant: fresh("ten"),
	scope: ALL_SCOPES,
});

async function signed(payload: JWTPayload, header: object = {}): Promise<string> {
	const { jwk, kid } = await signingKey();
	return new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid, ...header }).sign(await importJWK(jwk, "ES256"));
}

const without = (name: string) => {
	const { [name]: _, ...rest } = claims();
	return rest;
};

const otherPair = () => generateKeyPair("ES256", { extractable: true });

async function byOther(header: object): Promise<string> {
	const { privateKey } = await otherPair();
	return new SignJWT(claims()).setProtectedHeader({ alg: "ES256", ...header }).sign(privateKey);
}

async function hmac(alg: "HS256" | "HS384" | "HS512", secret: Uint8Array, kid: string): Promise<string> {
	const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: `SHA-${alg.slice(2)}` }, false, [
		"sign",
	]);
	const input = `${part({ alg, kid })}.${part(claims())}`;
	const bytes = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(input));
	return `${input}.${Buffer.from(bytes).toString("base64url")}`;
}

async function publicKey(kid: string): Promise<JWK> {
	const { keys } = (await call("/v1/auth/jwks")).body;
	return keys.find((jwk: JWK) => jwk.kid === kid);
}

const TOKENS: Record<string, () => Promise<string>> = {
	"with no algorithm": async () => `${part({ alg: "none" })}.${part(claims())}.`,
	"with no algorithm, and a key's name": async () =>
		`${part({ alg: "none", kid: (await signingKey()).kid })}.${part(claims())}.`,
	"with NONE in capitals": async () => `${part({ alg: "NONE" })}.${part(claims())}.`,
	"signed with the public key as a secret": async () => {
		const { kid } = await signingKey();
		return hmac("HS256", new TextEncoder().encode(JSON.stringify(await publicKey(kid))), kid);
	},
	"signed with the public key's PEM as a secret": async () => {
		const { kid } = await signingKey();
		const key = await crypto.subtle.importKey(
			"jwk",
			{ ...(await publicKey(kid)), ext: true } as JsonWebKey,
			{ name: "ECDSA", namedCurve: "P-256" },
			true,
			["verify"],
		);
		return hmac("HS512", new TextEncoder().encode(await exportSPKI(key)), kid);
	},
	"signed with an empty secret": async () => hmac("HS384", new Uint8Array(1), (await signingKey()).kid),
	"of another key under the good one's name": async () => byOther({ kid: (await signingKey()).kid }),
	"of another key without a name": () => byOther({}),
	"of another key that it brings along": async () => {
		const { publicKey: jwk, privateKey } = await otherPair();
		const header = { alg: "ES256", jwk: await exportJWK(jwk), kid: (await signingKey()).kid };
		return new SignJWT(claims()).setProtectedHeader(header).sign(privateKey);
	},
	"of a key at an address that it names": () => byOther({ jku: "https://issuer.example/keys", kid: "x" }),
	"of a certificate that it names": () => byOther({ x5u: "https://issuer.example/cert", kid: "x" }),
	"of a key whose name is a path": () => byOther({ kid: "../../dev/null" }),
	"of a key whose name is a query": () => byOther({ kid: "' OR 1=1 --" }),
	"of a key whose name is a property": () => byOther({ kid: "__proto__" }),
	"that must not be understood": async () => {
		const { jwk, kid } = await signingKey();
		const header = { alg: "ES256", kid, crit: ["quiz"], quiz: 1 };
		return new SignJWT(claims())
			.setProtectedHeader(header)
			.sign(await importJWK(jwk, "ES256"), { crit: { quiz: true } });
	},
	"that says another algorithm of the same key": async () => {
		const [, payload, signature] = (await signed(claims())).split(".");
		return `${part({ alg: "ES384", kid: (await signingKey()).kid })}.${payload}.${signature}`;
	},
	"with another's claims under its signature": async () => {
		const [header, , signature] = (await signed(claims())).split(".");
		return `${header}.${part(claims())}.${signature}`;
	},
	"without a signature": async () => (await signed(claims())).split(".").slice(0, 2).join("."),
	"with an empty signature": async () => `${(await signed(claims())).split(".").slice(0, 2).join(".")}.`,
	"with a signature of zeros": async () =>
		`${(await signed(claims())).split(".").slice(0, 2).join(".")}.${Buffer.alloc(64).toString("base64url")}`,
	"with a part too many": async () => `${await signed(claims())}.x`,
	"of another issuer": () => signed({ ...claims(), iss: "https://evil.example" }),
	"of no issuer": () => signed(without("iss")),
	"of a list of issuers": () => signed({ ...claims(), iss: ["marksheet"] as unknown as string }),
	"for another audience": () => signed({ ...claims(), aud: "marksheet" }),
	"for no audience": () => signed(without("aud")),
	"that expired a second ago": () => signed({ ...claims(), exp: now_s() - 1 }),
	"that does not expire": () => signed(without("exp")),
	"that expires in words": () => signed({ ...claims(), exp: "tomorrow" as unknown as number }),
	"that lives longer than any of ours": () => signed({ ...claims(), exp: now_s() + ACCESS_TOKEN_LIFE_S + 5 }),
	"that was issued long ago and expires far ahead": () =>
		signed({ ...claims(), iat: now_s() - 9_000, exp: now_s() + 100 }),
	"of the day after tomorrow": () => signed({ ...claims(), iat: now_s() + 172_800, exp: now_s() + 172_900 }),
	"that is not yet good": () => signed({ ...claims(), nbf: now_s() + TOKEN_CLOCK_AHEAD_S_MAX + 2 }),
	"of nobody": () => signed(without("sub")),
	"of a tenant as a user": () => signed({ ...claims(), sub: "ten_demo" }),
	"of an account as a user": () => signed({ ...claims(), sub: mintPeopleId("account", Date.now(), random()) }),
	"of a path as a user": () => signed({ ...claims(), sub: "usr_../../x" }),
	"of no tenant": () => signed(without("tenant")),
	"of several tenants": () => signed({ ...claims(), tenant: ["ten_a", "ten_b"] }),
	"on whose behalf somebody acts who is nobody": () => signed({ ...claims(), act: { sub: "root" } }),
	"whose subject was signed out": async () => {
		const user = fresh("usr");
		const token = await signed({ ...claims(), sub: user });
		await changed(ACCOUNTS, user, true, Date.now() + 1).run();
		vi.setSystemTime(Date.now() + 60_000);
		return token;
	},
	"of a key that was retired": async () => {
		const { jwk, kid } = await signingKey();
		const token = await new SignJWT({ ...claims(), exp: now_s() + 800 })
			.setProtectedHeader({ alg: "ES256", kid })
			.sign(await importJWK(jwk, "ES256"));
		await ACCOUNTS.prepare("UPDATE signing_keys SET accepted_until = ? WHERE kid = ?").bind(Date.now(), kid).run();
		vi.setSystemTime(Date.now() + KEY_LOOKUP_PAUSE_MS + 1);
		return token;
	},
	"that is very long": async () => `${await signed(claims())}${"x".repeat(5_000)}`,
};

describe("a token", () => {
	it("of the installation is good: the control for all that follow", async () => {
		expect((await call("/v1/users/me/credits", { headers: by(await signed(claims())) })).status).toBe(200);
	});

	it.each(Object.entries(TOKENS))("%s is good for nothing", async (_, make) => {
		await expectNowhere(await make());
	});

	it("with any one bit of it flipped is good for nothing", async () => {
		const token = await signed(claims());
		const parts = token.split(".").map((text) => Buffer.from(text, "base64url"));
		for (const [index, bytes] of parts.entries()) {
			for (let bit = index * 3; bit < bytes.length * 8; bit += 37) {
				const flipped = Buffer.from(bytes);
				flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				const text = parts.map((each, place) => (place === index ? flipped : each).toString("base64url")).join(".");
				const answer = await call("/v1/users/me/credits", { headers: by(text) });
				expect([index, bit, answer.status]).toEqual([index, bit, 401]);
			}
		}
	});
});

const KEYS: Record<string, () => Promise<string>> = {
	"that nobody has": async () => makeApiKey(mintPeopleId("key", Date.now(), random()), random()),
	"with another secret": async () => makeApiKey((await machine()).id, random()),
	"with a wrong check": async () => {
		const { key } = await machine();
		return key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");
	},
	"in capitals": async () => (await machine()).key.toUpperCase(),
	"cut short": async () => (await machine()).key.slice(0, -6),
	twice: async () => (await machine()).key.repeat(2),
	"that has expired": async () => (await machine({ expires_at: Date.now() - 1 })).key,
	"that was revoked": async () => {
		const { id, key } = await machine();
		await revokeApiKey(ACCOUNTS, id, Date.now()).run();
		return key;
	},
	"of a service that was disabled": async () => {
		const { service, key } = await machine();
		await disableService(ACCOUNTS, service, Date.now()).run();
		return key;
	},
	"of a tenant that was deleted": async () => {
		const { tenant, key } = await machine();
		await ACCOUNTS.prepare("UPDATE tenants SET deleted_at = 1 WHERE id = ?").bind(tenant).run();
		return key;
	},
	"as its stored hash": async () => hashOfSecret((await machine()).key),
	"as its id": async () => (await machine()).id,
};

describe("an API key", () => {
	it.each(Object.entries(KEYS))("%s is good for nothing", async (_, make) => {
		await expectNowhere(await make());
	});

	it("does not act for its service by the name alone, nor by the name of another", async () => {
		const [one, other] = [await machine(), await machine()];
		for (const [client_id, client_secret] of [
			[one.service, ""],
			[one.service, other.key],
			[one.id, hashOfSecret(one.key)],
		]) {
			expectProblem(await tokenBy("x", { client_id, client_secret }), "unauthenticated");
		}
	});
});

async function guest(more: object = {}): Promise<{ user: string; secret: string }> {
	const user = mintPeopleId("user", Date.now(), random());
	const secret = makeGuestSecret(user, random());
	const now = Date.now();
	const row = {
		id: user,
		tenant_id: fresh("ten"),
		hash: hashOfSecret(secret),
		created_at: now,
		expires_at: now + 1_000,
		...more,
	};
	await ACCOUNTS.batch(insertGuest(ACCOUNTS, row));
	return { user, secret };
}

describe("a guest's secret", () => {
	it("gives tokens, and is no credential itself", async () => {
		const { user, secret } = await guest();
		const { status, body } = await tokenBy(secret);
		expect([status, body.user, body.scope]).toEqual([200, user, "attempts:read attempts:write"]);
		expectProblem(await call("/v1/users/me/attempts", { headers: by(secret) }), "unauthenticated");
		expect((await call("/v1/users/me/attempts", { headers: by(body.access_token) })).status).toBe(200);
		expectProblem(await call("/v1/users/me/credits", { headers: by(body.access_token) }), "forbidden");
	});

	const SECRETS: Record<string, () => Promise<string>> = {
		"of nobody": async () => makeGuestSecret(mintPeopleId("user", Date.now(), random()), random()),
		"of another": async () => makeGuestSecret((await guest()).user, random()),
		"that has expired": async () => (await guest({ expires_at: Date.now() - 1 })).secret,
		"of one who was claimed": async () => {
			const { user, secret } = await guest();
			await ACCOUNTS.batch(claimGuest(ACCOUNTS, user, mintPeopleId("account", Date.now(), random())));
			return secret;
		},
		"of one who was disabled": async () => {
			const { user, secret } = await guest();
			await ACCOUNTS.prepare("UPDATE users SET status = 'disabled' WHERE id = ?").bind(user).run();
			return secret;
		},
	};
	it.each(Object.entries(SECRETS))("%s is good for nothing", async (_, make) => {
		await expectNowhere(await make());
	});
});

describe("another issuer", () => {
	const ISSUER = "https://login.school.example/";
	const TENANT = fresh("ten");
	let fetched = 0;

	/** A Worker that trusts an issuer, whose keys are where it says. */
	async function trusting(keys: () => JWK[] | Promise<JWK[]> | Response) {
		vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
			// As the platform does, which refuses what it does not know of the settings of a request.
			expect(new Request(input, init).url).toBe(`${ISSUER}keys`);
			fetched++;
			const given = await keys();
			return given instanceof Response ? given : Response.json({ keys: given });
		});
		fetched = 0;
		const TOKEN_ISSUERS = [
			{
				issuer: ISSUER,
				jwks_url: `${ISSUER}keys`,
				audience: "quizzes",
				algorithms: ["RS256", "ES256"],
				tenant: TENANT,
			},
		];
		const env = { ...testEnv, TOKEN_ISSUERS } as unknown as Env;
		return async (token: string, path = "/v1/users/me/attempts"): Promise<Answer> => {
			const request = new Request(`https://marksheet.test${path}`, { headers: by(token) });
			const response = await worker.fetch(request, env, createExecutionContext());
			return { status: response.status, headers: response.headers, body: await response.json(), text: "" };
		};
	}

	async function pair(kid: string, alg: "RS256" | "ES256" = "RS256") {
		const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
		const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
		const sign = (more: object = {}, header: object = {}) =>
			new SignJWT({ iss: ISSUER, aud: "quizzes", sub: "auth0|7", iat: now_s(), exp: now_s() + 3_600, ...more })
				.setProtectedHeader({ alg, kid, ...header })
				.sign(privateKey);
		return { jwk, sign };
	}

	it("vouches for its people, who are users of the tenant that the settings say, and known from then on", async () => {
		const { jwk, sign } = await pair("a");
		const ask = await trusting(() => [jwk]);
		expect((await ask(await sign())).status).toBe(200);
		const user = foreignUser(TENANT, ISSUER, "auth0|7");
		const row = await ACCOUNTS.prepare("SELECT tenant_id, role, issuer, subject FROM users WHERE id = ?")
			.bind(user)
			.first();
		expect(row).toEqual({ tenant_id: TENANT, role: "learner", issuer: ISSUER, subject: "auth0|7" });
		expect((await ask(await sign({ aud: ["other", "quizzes"] }))).status).toBe(200);
		expect(fetched).toBe(1);
	});

	it("rotates its keys: one that is not known is looked for at once, and then at most once a minute", async () => {
		const [old, next, none] = [await pair("old"), await pair("next", "ES256"), await pair("none")];
		let keys = [old.jwk];
		const ask = await trusting(() => keys);
		expect((await ask(await old.sign())).status).toBe(200);
		keys = [old.jwk, next.jwk];
		vi.setSystemTime(Date.now() + ISSUER_KEYS_PAUSE_MS);
		expect((await ask(await next.sign())).status).toBe(200);
		for (let i = 0; i < 5; i++) expect((await ask(await none.sign({ jti: String(i) }))).status).toBe(401);
		expect(fetched).toBe(2);
	});

	it("that cannot be reached is 503 where nothing of it is known, and holds where it is", async () => {
		const { jwk, sign } = await pair("a");
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const ask = await trusting(() => {
			throw new TypeError("fetch failed");
		});
		const answer = await ask(await sign());
		expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "5"]);
		expect(jwk.kid).toBe("a");
	});

	it("that sends on to another address is not followed there", async () => {
		const { sign } = await pair("a");
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const ask = await trusting(() => Response.redirect("https://elsewhere.example/keys", 302));
		expect((await ask(await sign())).status).toBe(503);
		expect(fetched).toBe(1);
	});

	it("is asked by all who come before it has answered, and none of them is turned away", async () => {
		const { jwk, sign } = await pair("a");
		const { promise, resolve } = Promise.withResolvers<JWK[]>();
		const ask = await trusting(() => promise);
		const answers = Promise.all(Array.from({ length: 5 }, async () => ask(await sign())));
		await vi.waitFor(() => expect(fetched).toBe(5), { timeout: 4_000 });
		resolve([jwk]);
		expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
	});

	it("that failed once before anything was known of it is asked again after a moment, and not before", async () => {
		const { jwk, sign } = await pair("a");
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		let isUp = false;
		const ask = await trusting(() => (isUp ? [jwk] : new Response("", { status: 502 })));
		const began = Date.now();
		const at = async (ms: number) => {
			vi.setSystemTime(began + ms);
			return [(await ask(await sign())).status, fetched];
		};
		expect(await at(0)).toEqual([503, 1]);
		isUp = true;
		expect(await at(ISSUER_KEYS_RETRY_MS - 1)).toEqual([503, 1]);
		expect(await at(ISSUER_KEYS_RETRY_MS)).toEqual([200, 2]);
	});

	it("may have a clock that is a little ahead, by which its tokens begin; they end when they say", async () => {
		const { jwk, sign } = await pair("a");
		const ask = await trusting(() => [jwk]);
		const began = Math.floor(now_s());
		vi.setSystemTime(began * 1_000);
		const statusOf = async (times: object) => (await ask(await sign(times))).status;
		expect(await statusOf({ nbf: began + 5 })).toBe(200);
		expect(await statusOf({ nbf: began + TOKEN_CLOCK_AHEAD_S_MAX })).toBe(200);
		expect(await statusOf({ nbf: began + TOKEN_CLOCK_AHEAD_S_MAX + 1 })).toBe(401);
		expect(await statusOf({ exp: began + 1 })).toBe(200);
		expect(await statusOf({ exp: began })).toBe(401);
	});

	it("says nothing for tokens that it did not sign, or signed for others, or long ago", async () => {
		const [known, other] = [await pair("a"), await pair("a")];
		const ask = await trusting(() => [known.jwk]);
		const local = await tokenFor({ sub: fresh("usr"), tenant: TENANT, scope: "", iss: ISSUER });
		for (const token of [
			await other.sign(),
			local,
			await known.sign({ aud: "something" }),
			await known.sign({ aud: undefined }),
			await known.sign({ iss: "https://login.school.example" }),
			await known.sign({ exp: now_s() - 1 }),
			await known.sign({ exp: undefined }),
			await known.sign({ iat: now_s() - 10, exp: now_s() + ISSUER_TOKEN_LIFE_S_MAX }),
			await known.sign({ sub: "" }),
			await known.sign({ sub: undefined }),
			await known.sign({ nbf: now_s() + 100 }),
			`${part({ alg: "none" })}.${part({ iss: ISSUER, aud: "quizzes", sub: "x", exp: now_s() + 60 })}.`,
		]) {
			expect((await ask(token)).status).toBe(401);
		}
	});

	it("cannot name a user, a tenant or scopes of this installation by its claims", async () => {
		const { jwk, sign } = await pair("a");
		const ask = await trusting(() => [jwk]);
		const victim = await member(fresh("ten"));
		const token = await sign({ sub: victim, tenant: "ten_other", scope: "admin", act: { sub: "svc_x" } });
		expect((await ask(token, `/v1/users/${victim}/attempts`)).status).toBe(404);
		expect((await ask(token, "/v1/admin/replication")).status).toBe(403);
	});

	it("has no say over one whom the tenant has disabled", async () => {
		const { jwk, sign } = await pair("a");
		const ask = await trusting(() => [jwk]);
		const token = await sign({ sub: "leaver" });
		expect((await ask(token)).status).toBe(200);
		const user = foreignUser(TENANT, ISSUER, "leaver");
		await ACCOUNTS.prepare("UPDATE users SET status = 'disabled' WHERE id = ?").bind(user).run();
		await changed(ACCOUNTS, user, true, Date.now()).run();
		vi.setSystemTime(Date.now() + 60_000);
		expect((await ask(token)).status).toBe(403);
	});
});

describe("the settings", () => {
	const issuer = (more: object = {}) => ({
		issuer: "https://login.school.example/",
		jwks_url: "https://login.school.example/keys",
		audience: "quizzes",
		algorithms: ["RS256"],
		tenant: "ten_school",
		...more,
	});
	const settingsWith = (ENVIRONMENT: string, ...issuers: object[]) =>
		settingsOf({ ...testEnv, ENVIRONMENT, TOKEN_ISSUERS: issuers } as unknown as Env);

	it("name issuers whose keys are fetched by https: by http only on a developer's machine", () => {
		const plain = issuer({ jwks_url: "http://127.0.0.1:9000/keys" });
		expect(settingsWith("local", plain).issuers.size).toBe(1);
		for (const environment of ["staging", "production"]) {
			expect(settingsWith(environment, issuer()).issuers.size).toBe(1);
			expect(() => settingsWith(environment, plain)).toThrow(/https/);
		}
	});

	it("name each issuer once, and not this installation as another", () => {
		const other = issuer({ issuer: "https://login.other.example/" });
		expect(settingsWith("production", issuer(), other).issuers.size).toBe(2);
		expect(() => settingsWith("production", issuer(), issuer({ tenant: "ten_other" }))).toThrow(/twice/);
		const { TOKEN_ISSUER } = testEnv;
		const own = "https://quiz.example/";
		const env = { ...testEnv, TOKEN_ISSUER: own, TOKEN_ISSUERS: [issuer({ issuer: own })] } as unknown as Env;
		expect(() => settingsOf(env)).toThrow(/TOKEN_ISSUER/);
		expect(TOKEN_ISSUER).not.toBe(own);
	});

	it("have mail and its key go by https: by http only on a developer's machine", () => {
		const mail = (ENVIRONMENT: string, MAIL_URL: string) =>
			mailSettingsOf({
				...testEnv,
				ENVIRONMENT,
				MAIL: "http",
				MAIL_FROM: "quiz@example.org",
				MAIL_API_KEY: "key",
				MAIL_URL,
			} as unknown as Env).MAIL;
		expect(mail("local", "http://127.0.0.1:9000/")).toBe("http");
		for (const environment of ["staging", "production"]) {
			expect(mail(environment, "https://mail.example/emails")).toBe("http");
			expect(() => mail(environment, "http://mail.example/emails")).toThrow(/MAIL_URL/);
		}
	});
});

it("a token of a developer's machine is good for nothing in a deployment", async () => {
	const token = await tokenFor({ sub: fresh("usr"), tenant: fresh("ten"), scope: "admin" });
	for (const ENVIRONMENT of ["local", "staging", "production"] as const) {
		const request = new Request("https://marksheet.test/v1/admin/replication", { headers: by(token) });
		const env = { ...testEnv, ENVIRONMENT } as unknown as Env;
		const { status } = await worker.fetch(request, env, createExecutionContext());
		expect([ENVIRONMENT, status]).toEqual([ENVIRONMENT, ENVIRONMENT === "local" ? 200 : 401]);
	}
});

it("nothing that stands in ACCOUNTS is a credential", async () => {
	const made = [await machine(), await machine()];
	await guest();
	for (const { key } of made) await tokenBy(key);
	const { results } = await ACCOUNTS.prepare(
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'd1%'",
	).all<{ name: string }>();
	const texts = new Set<string>();
	for (const { name } of results) {
		const rows = await ACCOUNTS.prepare(`SELECT * FROM ${name} ORDER BY rowid DESC LIMIT 20`)
			.all<Record<string, unknown>>()
			.catch(() => ACCOUNTS.prepare(`SELECT * FROM ${name} LIMIT 200`).all<Record<string, unknown>>());
		for (const row of rows.results)
			for (const value of Object.values(row)) if (typeof value === "string" && value !== "") texts.add(value);
	}
	expect(texts.size).toBeGreaterThan(40);
	for (const text of texts) {
		if (!/^[A-Za-z0-9._~+/-]+=*$/.test(text)) continue;
		const answers = [await call("/v1/users/me/credits", { headers: by(text) }), await tokenBy(text)];
		expect([text, ...answers.map(({ status }) => status)]).toEqual([text, 401, 401]);
	}
});
