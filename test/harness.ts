import type { D1Migration } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { importJWK, type JWK, SignJWT } from "jose";
import { expect } from "vitest";
import type { QuizDocument } from "../src/domain/quiz.ts";
import type { UserShard } from "../src/index.ts";

interface TestEnv extends Env {
	TEST_PRIVATE_JWK: string;
	TEST_MIGRATIONS: { CATALOG: D1Migration[]; ACCOUNTS: D1Migration[] };
}

/** The Worker's bindings and what vitest.config.ts adds to them. */
export const testEnv = env as unknown as TestEnv;

export const ALL_SCOPES =
	"attempts:write attempts:read quizzes:write credits:read credits:reserve credits:grant analytics:read";

export interface Claims {
	sub: string;
	tenant: string;
	scope: string;
	[name: string]: unknown;
}

/** A token as the issuer signs it; `overrides` are further or other claims. */
export async function tokenFor(claims: Claims, header: { alg?: string; kid?: string } = {}): Promise<string> {
	const jwk: JWK = JSON.parse(testEnv.TEST_PRIVATE_JWK);
	const now = Math.floor(Date.now() / 1_000);
	return new SignJWT({ iss: "marksheet", aud: "marksheet-api", iat: now, exp: now + 600, ...claims })
		.setProtectedHeader({ alg: "EdDSA", kid: "test", ...header })
		.sign(await importJWK(jwk, "EdDSA"));
}

let serial = 0;
/** A name that no other test of the run has. */
export const fresh = (prefix: string) => `${prefix}_${Date.now().toString(36)}${(serial++).toString(36)}x`;

export interface Answer {
	status: number;
	headers: Headers;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes, and fail where they guess wrong.
	body: any;
}

export interface Client {
	user: string;
	tenant: string;
	token: string;
	request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
	get(path: string): Promise<Answer>;
	/** With a fresh Idempotency-Key, unless `headers` has one. */
	post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
	put(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
	shard(): DurableObjectStub<UserShard>;
}

export interface RequestOptions {
	body?: unknown;
	raw?: BodyInit;
	headers?: Record<string, string>;
}

/** A user of a tenant of its own, unless told otherwise, calling the Worker as clients do. */
export async function newClient(options: { user?: string; tenant?: string; scope?: string } = {}): Promise<Client> {
	const { user = fresh("usr"), tenant = fresh("ten"), scope = ALL_SCOPES } = options;
	const token = await tokenFor({ sub: user, tenant, scope });
	const request: Client["request"] = (method, path, { body, raw, headers } = {}) => {
		const all: Record<string, string> = { Authorization: `Bearer ${token}`, ...headers };
		if (body !== undefined) all["Content-Type"] ??= "application/json";
		return call(path, { method, headers: all, body: raw ?? (body === undefined ? null : JSON.stringify(body)) });
	};
	return {
		...{ user, tenant, token, request },
		get: (path) => request("GET", path),
		post: (path, body, headers) =>
			request("POST", path, { body, headers: { "Idempotency-Key": crypto.randomUUID(), ...headers } }),
		put: (path, body, headers = {}) => request("PUT", path, { body, headers }),
		shard: () => testEnv.SHARDS.getByName(user) as unknown as DurableObjectStub<UserShard>,
	};
}

export async function call(path: string, init: RequestInit = {}): Promise<Answer> {
	const response = await exports.default.fetch(new Request(`https://marksheet.test${path}`, init));
	const text = await response.text();
	const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
	return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** A quiz of `questions` single-choice questions; the right answer to question i is option i mod 4. */
export const quizDocument = (title = "A quiz", questions = 4): QuizDocument => ({
	title,
	description: "For tests.",
	tags: ["test"],
	source: "upload",
	difficulty: "beginner",
	subjects: [
		{
			name: "all",
			questions: Array.from({ length: questions }, (_, i) => ({
				id: i + 1,
				question: `Question ${i + 1}?`,
				options: ["one", "two", "three", "four"],
				correctAnswer: i % 4,
				explanation: `CANARY explanation ${i + 1}`,
			})),
		},
	],
});

/** A quiz of `author`, published and in the catalog. */
export async function publishedQuiz(author: Client, document = quizDocument(), visibility = "public"): Promise<string> {
	const created = await author.post("/v1/users/me/quizzes", document);
	expect(created.status).toBe(201);
	const path = `/v1/users/me/quizzes/${created.body.id}/publication`;
	const published = await author.put(path, { visibility }, { Prefer: "wait=20" });
	expect(published.status).toBe(200);
	return created.body.id;
}

/** Waits until the catalog has applied the whole log of the user. */
export async function caughtUp(client: Client): Promise<void> {
	await expect.poll(async () => (await client.get("/v1/users/me/sync")).body.lag, { timeout: 20_000 }).toBe(0);
}
