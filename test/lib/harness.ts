import {
	createExecutionContext,
	createMessageBatch,
	type D1Migration,
	getQueueResult,
	runInDurableObject,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { importJWK, type JWK, SignJWT } from "jose";
import { expect } from "vitest";
import { problemSchema } from "../../src/api/http/problem-schemas.ts";
import { type BatchReport, consume } from "../../src/catalog/replication/consumer.ts";
import { type LogEvent, type Message as LogMessage, readRow } from "../../src/domain/log/events.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import worker, { type UserShard } from "../../src/index.ts";
import type { Runner } from "../../src/shard/engine/runner.ts";

interface TestEnv extends Env {
	TEST_PRIVATE_JWK: string;
	/** Set from outside, to repeat a run or to make it longer. */
	TEST_SEED?: string;
	TEST_LONG?: string;
	TOKEN_JWKS: string;
	MASTER_KEYS: string;
	/** Three in ten seconds. */
	TEST_RATE: RateLimit;
	/** SQL that makes the shard of test/fixtures/shard-v1. */
	TEST_SHARD_V1: string;
	TEST_MIGRATIONS: { CATALOG: D1Migration[]; ACCOUNTS: D1Migration[] };
}

/** The Worker's bindings and what vitest.config.ts adds to them. */
export const testEnv = env as unknown as TestEnv;

export const ALL_SCOPES =
	"attempts:write attempts:read quizzes:write credits:read credits:reserve credits:grant analytics:read";

/** Those of an operator too. */
export const EVERY_SCOPE = `${ALL_SCOPES} admin`;

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
	return new SignJWT({ iss: "marksheet", aud: "marksheet-api", iat: now, exp: now + 30 * 86_400, ...claims })
		.setProtectedHeader({ alg: "EdDSA", kid: "test", ...header })
		.sign(await importJWK(jwk, "EdDSA"));
}

/** How many rounds a random test does: `long` in `npm run test:long`, a tenth of them in `npm test`. */
export const runsOf = (long: number) => (testEnv.TEST_LONG ? long : Math.ceil(long / 10));

let serial = 0;
/** A name that no other test of the run has. */
export const fresh = (prefix: string) => `${prefix}_${Date.now().toString(36)}${(serial++).toString(36)}x`;

export interface Answer {
	status: number;
	headers: Headers;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes, and fail where they guess wrong.
	body: any;
	/** The body as it came, byte for byte. */
	text: string;
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
		user,
		tenant,
		token,
		request,
		get: (path) => request("GET", path),
		post: (path, body, headers) =>
			request("POST", path, { body, headers: { "Idempotency-Key": crypto.randomUUID(), ...headers } }),
		put: (path, body, headers = {}) => request("PUT", path, { body, headers }),
		shard: () => testEnv.SHARDS.getByName(user) as unknown as DurableObjectStub<UserShard>,
	};
}

export async function call(path: string, init: RequestInit = {}): Promise<Answer> {
	const request = new Request(`https://marksheet.test${path}`, { redirect: "manual", ...init });
	return answerOf(await exports.default.fetch(request));
}

/** `/health/ready` of an isolate that has not looked before. */
export async function readyNow(): Promise<Answer> {
	const request = new Request("https://marksheet.test/health/ready");
	return answerOf(await worker.fetch(request, { ...testEnv }, createExecutionContext()));
}

async function answerOf(response: Response): Promise<Answer> {
	const text = await response.text();
	const isJson = /\bjson\b|\+json/.test(response.headers.get("Content-Type") ?? "");
	return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text, text };
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

/** What an own quiz, published last, is called inside: the hash of its content, which no answer says. */
export const contentHash = (author: Client, quiz: string): Promise<string> =>
	runInDurableObject(author.shard(), (_, { storage: { sql } }) =>
		String(sql.exec("SELECT version_hash FROM quizzes WHERE id = ?", quiz).one().version_hash),
	);

/** What a change that waited for the catalog says of it: a request with these headers sees the change. */
export const since = ({ headers }: Answer): Record<string, string> => ({
	"x-d1-bookmark": headers.get("x-d1-bookmark") ?? "none",
});

/** Waits until the catalog has applied the whole log of the user. */
export async function caughtUp(client: Client): Promise<void> {
	await expect.poll(async () => (await client.get("/v1/users/me/sync")).body.lag, { timeout: 20_000 }).toBe(0);
}

const held = new Map<string, LogMessage[]>();
const watched = new WeakSet<Queue>();

/**
 * Keeps the messages of a user's shard from the queue, and collects them. Those of other shards pass: all of them share
 * one binding, so it is watched once, for ever. Call `restore` to let this shard's messages go again.
 */
export async function interceptQueue(client: Client): Promise<{ messages: LogMessage[]; restore: () => void }> {
	await runInDurableObject(client.shard(), (instance) => {
		const queue = queueOf(instance);
		if (watched.has(queue)) return;
		watched.add(queue);
		const send = queue.send.bind(queue);
		queue.send = (body, options) => {
			const message = body as LogMessage;
			const messages = held.get(message.shard);
			if (!messages) return send(message, options);
			messages.push(message);
			return NOT_LOOKED_AT;
		};
	});
	const messages: LogMessage[] = [];
	held.set(client.user, messages);
	return { messages, restore: () => void held.delete(client.user) };
}

/** The publisher does not look at what a send gives. */
export const NOT_LOOKED_AT = Promise.resolve(undefined as unknown as QueueSendResponse);

/** The queue binding that an instance of the shard holds. */
export const queueOf = (instance: UserShard): Queue => (instance as unknown as { env: Env }).env.LOG_QUEUE;

/** What runs the commands of an instance of the shard, to look at its stores and to change what they remember. */
export const runnerOf = (instance: UserShard): Runner => (instance as unknown as { run: Runner }).run;

/** The event of a log row that this code reads. */
export function eventOf(row: unknown, seq: number): LogEvent {
	const reading = readRow(row, seq);
	if (reading.status !== "read") throw new Error(`row ${seq} is ${JSON.stringify(reading)}`);
	return reading.event;
}

/**
 * Calls the consumer as the queue would, and returns what it reported and which messages it acknowledged.
 * @param attempts how often each has been delivered, this time included
 */
export async function deliver(
	bodies: readonly unknown[],
	attempts = 1,
): Promise<{ report: BatchReport; acked: Set<number> }> {
	const items = bodies.map((body, index) => ({ id: `m${index}`, timestamp: 0, attempts, body }));
	const batch = createMessageBatch("marksheet-log", items);
	const report = await consume(testEnv.CATALOG, batch, Date.now());
	const result = await getQueueResult(batch, createExecutionContext());
	expect(result.explicitAcks.length + result.retryMessages.length).toBe(bodies.length);
	return { report, acked: new Set(result.explicitAcks.map((id) => Number(id.slice(1)))) };
}

/** The codes of the contract and their status. */
export const CONTRACT_STATUS = {
	"invalid-request": 400,
	"idempotency-key-required": 400,
	unauthenticated: 401,
	"insufficient-credits": 402,
	forbidden: 403,
	"not-entitled": 403,
	"not-found": 404,
	"method-not-allowed": 405,
	conflict: 409,
	"hold-already-settled": 409,
	"hold-already-released": 409,
	"hold-expired": 409,
	"precondition-failed": 412,
	"payload-too-large": 413,
	"attempt-already-submitted": 409,
	"attempt-limit-reached": 422,
	"deadline-passed": 422,
	"quiz-not-open": 422,
	"unsupported-media-type": 415,
	"capture-exceeds-hold": 422,
	"idempotency-key-reused": 422,
	"precondition-required": 428,
	"rate-limited": 429,
	"internal-error": 500,
	unavailable: 503,
	"share-exhausted": 410,
	"share-expired": 410,
	"share-revoked": 410,
} as const;
export type Code = keyof typeof CONTRACT_STATUS;

/** The answer is a whole problem document of this code, whose `errors`, if given, point to `pointers` in this order. */
export function expectProblem(answer: Answer, code: Code, pointers?: string[]): void {
	expect({ status: answer.status, code: answer.body.code }).toEqual({ status: CONTRACT_STATUS[code], code });
	expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
	expect(answer.headers.get("Cache-Control")).toBe("no-store");
	expect(answer.body).toMatchObject({
		type: `https://marksheet.test/problems/${code}`,
		status: CONTRACT_STATUS[code],
		title: expect.stringMatching(/\S/),
		detail: expect.stringMatching(/\S/),
		instance: expect.stringMatching(/^\//),
		request_id: answer.headers.get("X-Request-Id"),
	});
	expect(problemSchema(code).safeParse(answer.body).error).toBeUndefined();
	if (!pointers) return;
	expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(pointers);
	for (const error of answer.body.errors) expect(error.detail).toMatch(/\S/);
}

/** The last row of the user's log. */
export const headSeq = async (client: Client): Promise<number> => (await client.get("/v1/users/me/sync")).body.head_seq;

/** Every item of a list, page by page along `next_cursor`; each page's `Link` must name the next one. */
export async function everyItem(client: Client, path: string): Promise<{ items: Answer["body"][]; pages: number }> {
	const items: Answer["body"][] = [];
	let pages = 0;
	for (let next: string | null = path; next !== null; pages++) {
		const { status, body, headers } = await client.get(next);
		expect(status).toBe(200);
		items.push(...body.items);
		const [, link] = /^<https:\/\/marksheet\.test([^>]+)>; rel="next"$/.exec(headers.get("Link") ?? "") ?? [];
		expect(link ? new URL(link, "https://marksheet.test").searchParams.get("cursor") : null).toBe(body.next_cursor);
		next = link ?? null;
	}
	return { items, pages };
}
