import { listDurableObjectIds } from "cloudflare:test";
import { exportSPKI, generateKeyPair, importJWK, SignJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TOKEN_CLOCK_AHEAD_S_MAX, TOKEN_LIFE_S_MAX } from "../../src/domain/limits.ts";
import { ALL_SCOPES, type Answer, call, expectProblem, fresh, newClient, testEnv, tokenFor } from "../lib/harness.ts";

/** Tokens that nobody should have: each is answered with 401, says nothing, and opens nothing. */

const PATH = "/v1/users/me/credits";
const nowSeconds = () => Math.floor(Date.now() / 1_000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const publicJwk = () => JSON.parse(testEnv.TOKEN_JWKS).keys[0];

const goodClaims = () => ({
	iss: "marksheet",
	aud: "marksheet-api",
	iat: nowSeconds(),
	exp: nowSeconds() + 600,
	sub: fresh("usr"),
	tenant: fresh("ten"),
	scope: ALL_SCOPES,
});

const withToken = (token: string): Promise<Answer> => call(PATH, { headers: { Authorization: `Bearer ${token}` } });

/** The token is refused, and no object was made for whom it names. */
async function expectRefused(token: string): Promise<void> {
	const before = await listDurableObjectIds(testEnv.SHARDS);
	const answer = await withToken(token);
	expectProblem(answer, "unauthenticated");
	expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer /);
	expect(await listDurableObjectIds(testEnv.SHARDS)).toHaveLength(before.length);
}

/** Signed by the issuer's own key, with these claims and no others. */
async function signed(claims: Record<string, unknown>, header: object = {}): Promise<string> {
	const key = await importJWK(JSON.parse(testEnv.TEST_PRIVATE_JWK), "EdDSA");
	return new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", kid: "test", ...header }).sign(key);
}

async function hmac(secret: BufferSource, alg: "HS256" | "HS512"): Promise<string> {
	const hash = `SHA-${alg.slice(2)}`;
	const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash }, false, ["sign"]);
	const input = `${encode({ alg, typ: "JWT", kid: "test" })}.${encode(goodClaims())}`;
	const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(input));
	return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

afterEach(() => {
	vi.useRealTimers();
});

describe("the signature", () => {
	it("of the issuer over these very claims is accepted: the control for all that follows", async () => {
		expect((await withToken(await signed(goodClaims()))).status).toBe(200);
		expect((await withToken(await signed({ ...goodClaims(), aud: ["other", "marksheet-api"] }))).status).toBe(200);
	});

	it.each(["none", "None", "NONE", ""])("with alg %s is refused", async (alg) => {
		const head = `${encode({ alg, kid: "test" })}.${encode(goodClaims())}`;
		await expectRefused(`${head}.`);
		await expectRefused(`${head}.AAAA`);
		const [, , signature] = (await signed(goodClaims())).split(".");
		await expectRefused(`${head}.${signature}`);
	});

	it("made with HMAC and the public key as its secret is refused", async () => {
		const jwk = publicJwk();
		const spki = await exportSPKI((await importJWK(jwk, "EdDSA", { extractable: true })) as CryptoKey);
		const secrets = [JSON.stringify(jwk), testEnv.TOKEN_JWKS, jwk.x, spki, spki.trim()];
		for (const secret of secrets) {
			await expectRefused(await hmac(new TextEncoder().encode(secret), "HS256"));
			await expectRefused(await hmac(new TextEncoder().encode(secret), "HS512"));
		}
		await expectRefused(await hmac(Buffer.from(jwk.x, "base64url"), "HS256"));
	});

	it("of another key is refused, whatever the header says of where the key is", async () => {
		const foreign = await generateKeyPair("EdDSA", { extractable: true });
		const jwk = { kty: "OKP", crv: "Ed25519", x: publicJwk().x };
		const headers = [
			{ kid: "test" },
			{ kid: "attacker" },
			{},
			{ kid: "test", jku: "https://attacker.example/jwks.json" },
			{ kid: "test", x5u: "https://attacker.example/cert.pem" },
			{ kid: "test", jwk },
			{ kid: "../../dev/null" },
			{ kid: "' OR 1=1 --" },
		];
		for (const header of headers) {
			const token = new SignJWT(goodClaims()).setProtectedHeader({ alg: "EdDSA", ...header });
			await expectRefused(await token.sign(foreign.privateKey));
		}
	});

	it("of the issuer under a foreign kid, or with an extension that must be understood, is refused", async () => {
		await expectRefused(await signed(goodClaims(), { kid: "attacker" }));
		const key = await importJWK(JSON.parse(testEnv.TEST_PRIVATE_JWK), "EdDSA");
		const critical = new SignJWT(goodClaims()).setProtectedHeader({ alg: "EdDSA", kid: "test", crit: ["x"], x: 1 });
		await expectRefused(await critical.sign(key, { crit: { x: true } }));
	});

	it("with an ECDSA or RSA key is refused", async () => {
		for (const alg of ["ES256", "RS256", "PS256"]) {
			const { privateKey } = await generateKeyPair(alg);
			const token = new SignJWT(goodClaims()).setProtectedHeader({ alg, kid: "test" });
			await expectRefused(await token.sign(privateKey));
		}
	});

	it("does not survive a flipped byte anywhere", async () => {
		const parts = (await signed(goodClaims())).split(".").map((part) => Buffer.from(part, "base64url"));
		for (const [index, part] of parts.entries()) {
			for (let at = 0; at < part.length; at += 7) {
				const flipped = parts.map((bytes) => Buffer.from(bytes));
				flipped[index]?.writeUInt8((part[at] ?? 0) ^ 0x01, at);
				await expectRefused(flipped.map((bytes) => bytes.toString("base64url")).join("."));
			}
		}
	});
});

describe("the claims", () => {
	it.each(["iss", "aud", "exp", "sub", "tenant"])("without %s are refused", async (name) => {
		await expectRefused(
			await signed(Object.fromEntries(Object.entries(goodClaims()).filter(([claim]) => claim !== name))),
		);
	});

	it.each([
		["iss", ["attacker", "", null, ["marksheet"], "marksheet "]],
		["aud", ["other", "", null, ["other"], [], "marksheet-ap"]],
		["exp", ["9999999999", null, -1, 0]],
		["nbf", ["0", null]],
		["iat", ["0", null]],
		["sub", ["ada", "", null, 7, "usr_", "usr_a/b", `usr_${"a".repeat(49)}`, "ten_x", ["usr_x"], "usr_x\n"]],
		["tenant", ["acme", "", null, 7, "ten_", "usr_x", "ten_a b"]],
		["scope", [["credits:read"], 7, null, { admin: true }]],
		["act", ["svc_x", { sub: "root" }, {}, null]],
	])("with a wrong %s are refused", async (name, values) => {
		for (const value of values) await expectRefused(await signed({ ...goodClaims(), [name]: value }));
	});

	it("that are not an object are refused", async () => {
		const key = await importJWK(JSON.parse(testEnv.TEST_PRIVATE_JWK), "EdDSA");
		for (const payload of ["null", "[]", '"usr_x"', "{", ""]) {
			const input = `${encode({ alg: "EdDSA", kid: "test" })}.${Buffer.from(payload).toString("base64url")}`;
			const signature = await crypto.subtle.sign("Ed25519", key as CryptoKey, new TextEncoder().encode(input));
			await expectRefused(`${input}.${Buffer.from(signature).toString("base64url")}`);
		}
	});

	/** Seconds; the clock stands, so that a slow machine does not decide about a second. */
	function standingClock(): number {
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
		return nowSeconds();
	}

	it("that expired a second ago, or begin later than by what two clocks may differ, are refused", async () => {
		const now = standingClock();
		await expectRefused(await signed({ ...goodClaims(), exp: now - 1 }));
		await expectRefused(await signed({ ...goodClaims(), exp: now }));
		await expectRefused(await signed({ ...goodClaims(), nbf: now + TOKEN_CLOCK_AHEAD_S_MAX + 1 }));
		const slightly = await signed({ ...goodClaims(), nbf: now + TOKEN_CLOCK_AHEAD_S_MAX });
		expect((await withToken(slightly)).status).toBe(200);
	});

	it("that are good for longer than any may be are refused, from now on and from when they were issued", async () => {
		const now = standingClock();
		const claims = goodClaims();
		const { iat: _, ...undated } = claims;
		for (const years of [1, 10, 1_000]) {
			await expectRefused(await signed({ ...claims, exp: now + years * 365 * 86_400 }));
			await expectRefused(await signed({ ...undated, exp: now + years * 365 * 86_400 }));
		}
		await expectRefused(await signed({ ...claims, exp: now + TOKEN_LIFE_S_MAX + 2 }));
		await expectRefused(await signed({ ...claims, iat: now - TOKEN_LIFE_S_MAX, exp: now + 60 }));
		for (const fair of [claims, undated]) {
			expect((await withToken(await signed({ ...fair, exp: now + TOKEN_LIFE_S_MAX }))).status).toBe(200);
		}
	});

	it("that were issued in the future are refused, but for what two clocks may differ by", async () => {
		const now = standingClock();
		for (const ahead of [TOKEN_CLOCK_AHEAD_S_MAX + 2, 3_600, 10 * 365 * 86_400]) {
			await expectRefused(await signed({ ...goodClaims(), iat: now + ahead, exp: now + ahead + 60 }));
		}
		const slightly = await signed({ ...goodClaims(), iat: now + TOKEN_CLOCK_AHEAD_S_MAX - 1 });
		expect((await withToken(slightly)).status).toBe(200);
	});

	it("expire although the token was verified before and is remembered", async () => {
		const token = await signed({ ...goodClaims(), exp: nowSeconds() + 60 });
		expect((await withToken(token)).status).toBe(200);
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
		const answer = await withToken(token);
		expectProblem(answer, "unauthenticated");
		expect(answer.body.detail).toBe("The credential has expired.");
	});
});

describe("the credential as it comes", () => {
	it("in any shape but a bearer token is refused", async () => {
		const good = await tokenFor({ sub: fresh("usr"), tenant: fresh("ten"), scope: ALL_SCOPES });
		const shapes = [
			"",
			"Bearer",
			"Bearer ",
			`Basic ${btoa("usr_ada:secret")}`,
			good,
			`Token ${good}`,
			`Bearer ${good} x`,
		];
		for (const Authorization of [
			...shapes,
			`Bearer ${good}.x`,
			`Bearer ${good},${good}`,
			"Bearer a.b.c",
			"Bearer ..",
			"Bearer ~",
		]) {
			expectProblem(await call(PATH, { headers: { Authorization } }), "unauthenticated");
		}
		expectProblem(await call(`${PATH}?access_token=${good}`), "unauthenticated");
		expectProblem(await call(PATH, { headers: { Cookie: `token=${good}` } }), "unauthenticated");
		expect((await call(PATH, { headers: { Authorization: `bearer ${good}` } })).status).toBe(200);
	});

	it("of 100 kB is refused, well signed or not", async () => {
		await expectRefused("a".repeat(100_000));
		await expectRefused(`${"a".repeat(33_000)}.${"b".repeat(33_000)}.${"c".repeat(33_000)}`);
		await expectRefused(await signed({ ...goodClaims(), padding: "x".repeat(75_000) }));
	});

	it("says nothing of what was wrong with it", async () => {
		const details = new Set<string>();
		for (const claims of [
			{ ...goodClaims(), iss: "x" },
			{ ...goodClaims(), aud: "x" },
			{ ...goodClaims(), sub: "x" },
		]) {
			details.add((await withToken(await signed(claims))).body.detail);
		}
		details.add((await withToken("a.b.c")).body.detail);
		expect([...details]).toEqual(["The credential is not valid."]);
	});

	it("of the same user in another tenant does not open the user's shard", async () => {
		const client = await newClient();
		await client.post(`${PATH}/grants`, { amount: 5, kind: "bonus" });
		const elsewhere = await newClient({ user: client.user });
		expectProblem(await elsewhere.get(PATH), "forbidden");
		expectProblem(await elsewhere.post(`${PATH}/holds`, { amount: 1 }), "forbidden");
		expect((await client.get(PATH)).body).toMatchObject({ available: 5, held: 0 });
	});
});
