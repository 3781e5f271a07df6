import { runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { sha256Hex } from "../../src/domain/canonical.ts";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { asking } from "../../src/domain/requests.ts";
import { forgetUserKeys } from "../../src/service/privacy/user-keys.ts";
import {
	type Client,
	caughtUp,
	EVERY_SCOPE,
	interceptQueue,
	newClient,
	publishedQuiz,
	testEnv,
} from "../lib/harness.ts";

/** Prompts, conversations and what takers write are their users' alone: they open to who may read them, and lie sealed. */

beforeEach(forgetUserKeys);

const CANARY = "xylophone marmalade";
const PROMPT = `Make a quiz about ${CANARY}`;
const FIRST = [{ role: "user", content: `First ${CANARY}` }];
const LAST = [...FIRST, { role: "assistant", content: `Here is your ${CANARY}` }];

const document: QuizDocument = {
	title: "Written",
	subjects: [
		{
			name: "all",
			questions: [
				{ id: "c", question: "Choose.", options: ["one", "two"], correctAnswer: 0 },
				{ id: "w", type: "short_text", question: "Write.", accepted: [CANARY] },
				{ id: "n", type: "numeric", question: "Count.", correct: 3 },
			],
		},
	],
};
const ANSWERS = { c: 0, w: CANARY, n: 3 };

const quiz = await publishedQuiz(await newClient(), document);

/** Every value of every row of every table of the user's shard, as text, by table and column. */
const stored = (client: Client): Promise<Record<string, string[]>> =>
	runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		const tables = sql.exec<{ name: string }>(
			"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
		);
		const all: Record<string, string[]> = {};
		for (const { name } of tables.toArray()) {
			for (const row of sql.exec(`SELECT * FROM ${name}`).toArray()) {
				for (const [column, value] of Object.entries(row)) {
					const text = value instanceof ArrayBuffer ? Buffer.from(value).toString("latin1") : String(value);
					const key = `${name}.${column}`;
					all[key] = [...(all[key] ?? []), text];
				}
			}
		}
		return all;
	});

const reserve = (client: Client, key: string = crypto.randomUUID(), prompt = PROMPT) =>
	client.post("/v1/users/me/credits/holds", { amount: 5, prompt, conversation: FIRST }, { "Idempotency-Key": key });
const submit = (client: Client, key: string = crypto.randomUUID(), answers: object = ANSWERS) =>
	client.post("/v1/users/me/attempts", { quiz, answers }, { "Idempotency-Key": key });

async function writer(): Promise<Client> {
	const client = await newClient();
	await client.post("/v1/users/me/credits/grants", { amount: 100, kind: "purchase" });
	return client;
}

test("they are shown to their user and to who acts for the user, and stand as they are in no table, message or line", async () => {
	const client = await writer();
	const { messages } = await interceptQueue(client);
	const lines = ["log", "warn", "error"].map((level) =>
		vi.spyOn(console, level as "log").mockImplementation(() => undefined),
	);
	const attempt = (await submit(client)).body;
	expect(attempt).toMatchObject({ answers: ANSWERS, score: 3 });
	const hold = (await reserve(client)).body;
	expect(hold).toMatchObject({ prompt: PROMPT, conversation: FIRST });
	const path = `/v1/users/me/credits/holds/${hold.id}`;
	expect((await client.post(`${path}/extension`, { ttl_s: 900 })).body).toMatchObject({
		prompt: PROMPT,
		conversation: FIRST,
	});
	const settled = await client.post(`${path}/settlement`, { amount: 4, conversation: LAST });
	expect(settled.body).toMatchObject({ prompt: PROMPT, conversation: LAST });
	const released = (await reserve(client)).body;
	const release = await client.post(`/v1/users/me/credits/holds/${released.id}/release`, { reason: "none" });
	expect(release.body).toMatchObject({ prompt: PROMPT, conversation: FIRST });

	forgetUserKeys();
	expect((await client.get("/v1/users/me/attempts")).body.items).toEqual([attempt]);
	expect((await client.get(`/v1/users/me/attempts/${attempt.id}`)).body).toEqual(attempt);
	expect((await client.get(path)).body).toMatchObject({ prompt: PROMPT, conversation: LAST });
	expect((await client.get("/v1/users/me/credits/verification")).body.ok).toBe(true);

	const tables = await stored(client);
	for (const [column, values] of Object.entries(tables)) {
		expect(
			values.filter((value) => value.includes(CANARY)),
			column,
		).toEqual([]);
	}
	expect(tables["attempts.answers"]?.[0]).toMatch(/^\{"sealed1":"[\w-]+"\}$/);
	const said = JSON.stringify([
		messages,
		lines.map(({ mock }) => mock.calls),
		(await client.get("/v1/users/me/log")).body,
	]);
	expect(said).not.toContain(CANARY);
	// No digest of what could be guessed is in the log either: they are of what is sealed.
	for (const text of [PROMPT, JSON.stringify(FIRST), JSON.stringify(LAST), '{"c":0,"n":3,"w":"xylophone marmalade"}']) {
		expect(JSON.stringify([tables["log.body"], messages])).not.toContain(sha256Hex(text));
	}
	vi.restoreAllMocks();
});

test("a service that acts for the user reads them, and nobody of another tenant does", async () => {
	const client = await writer();
	const { id } = (await reserve(client)).body;
	await caughtUp(client);
	const path = `/v1/users/${client.user}/credits/holds/${id}`;
	const scope = `${EVERY_SCOPE} on-behalf-of`;
	const own = await newClient({ user: "svc_generator", tenant: client.tenant, scope });
	const other = await newClient({ user: "svc_generator", scope });
	expect((await own.get(path)).body).toMatchObject({ prompt: PROMPT, conversation: FIRST });
	expect((await other.get(path)).status).toBe(404);
});

test("an attempt of choices and numbers alone needs no key, and is kept as it was given", async () => {
	const client = await newClient();
	const calls = [testEnv.KEYS, testEnv.KEYS_COPY].flatMap((bucket) => [
		vi.spyOn(bucket, "get"),
		vi.spyOn(bucket, "put"),
	]);
	const answers = { c: 1, n: 4 };
	expect((await submit(client, "k", answers)).body.answers).toEqual(answers);
	expect((await client.get("/v1/users/me/attempts")).body.items[0].answers).toEqual(answers);
	expect(calls.map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0, 0]);
	vi.restoreAllMocks();
	expect((await stored(client))["attempts.answers"]).toEqual([JSON.stringify(answers)]);
});

test("a key is read once by an isolate, however many texts it seals and opens", async () => {
	const client = await writer();
	const get = vi.spyOn(testEnv.KEYS, "get");
	for (let round = 0; round < 3; round++) await submit(client);
	await reserve(client);
	await client.get("/v1/users/me/attempts");
	expect(get.mock.calls.length).toBe(1);
	vi.restoreAllMocks();
});

test("a retry is answered as before, another text under the key is refused, and what stays of the request tells no text", async () => {
	const client = await writer();
	const first = await reserve(client, "h");
	const attempt = await submit(client, "a");
	forgetUserKeys();
	const again = await reserve(client, "h");
	expect([again.headers.get("Idempotent-Replayed"), again.body]).toEqual(["true", first.body]);
	expect((await submit(client, "a")).body).toEqual(attempt.body);
	expect((await reserve(client, "h", `${PROMPT}!`)).body.code).toBe("idempotency-key-reused");
	expect((await submit(client, "a", { ...ANSWERS, w: "another" })).body.code).toBe("idempotency-key-reused");
	const prints = (await stored(client))["requests.fingerprint"];
	const guess = asking("attempts.submit", { quiz, answers: ANSWERS }).fingerprint;
	expect([prints?.length, prints?.includes(guess)]).toEqual([3, false]);
});

/** What the release before stored: texts as they are, and fingerprints that have no key. */
async function oldWriter() {
	const client = await writer();
	const call = (idempotency_key: string) => {
		const { user, tenant } = client;
		return { user, tenant, actor: user, now: Date.now(), request_id: "old", idempotency_key };
	};
	const request = { amount: 5, prompt: PROMPT, conversation: JSON.stringify(FIRST) };
	const terms = { ttl_s: 600, over_capture: "reject", late_settle: "reject" } as const;
	const { outcome } = await client.shard().credits.reserve(call("old"), { ...request, ...terms });
	if (!outcome.ok) throw new Error(outcome.refusal.detail);
	return { client, hold: outcome.value };
}

test("what the release before stored is shown as it is, verifies, and its requests are known when they are retried", async () => {
	const { client, hold } = await oldWriter();
	const path = `/v1/users/me/credits/holds/${hold.id}`;
	expect((await client.get(path)).body).toMatchObject({ prompt: PROMPT, conversation: FIRST });
	const retry = await client.post(
		"/v1/users/me/credits/holds",
		{ amount: 5, prompt: PROMPT, conversation: FIRST, ttl_s: 600 },
		{ "Idempotency-Key": "old" },
	);
	expect([retry.headers.get("Idempotent-Replayed"), retry.body.id, retry.body.prompt]).toEqual([
		"true",
		hold.id,
		PROMPT,
	]);
	const settled = await client.post(`${path}/settlement`, { amount: 1, conversation: LAST });
	expect(settled.body).toMatchObject({ prompt: PROMPT, conversation: LAST });
	expect((await client.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
	const { "holds.prompt": prompts, "holds.conversation": conversations } = await stored(client);
	expect([prompts?.[0], conversations?.[0]?.includes(CANARY)]).toEqual([PROMPT, false]);
});

test("a sealed text that was put in the place of another, or was changed, is not shown, and is found by the verification", async () => {
	const [client, other] = [await writer(), await writer()];
	const [mine, theirs] = [(await reserve(client)).body, (await reserve(other)).body];
	const sealed = (await stored(other))["holds.prompt"]?.[0] ?? "";
	const conversation = (await stored(client))["holds.conversation"]?.[0] ?? "";
	const content: string = JSON.parse(conversation)[0].content;
	for (const prompt of [sealed, `sealed1:${content}`]) {
		await runInDurableObject(client.shard(), (_, { storage }) =>
			storage.sql.exec("UPDATE holds SET prompt = ? WHERE id = ?", prompt, mine.id),
		);
		const read = await client.get(`/v1/users/me/credits/holds/${mine.id}`);
		expect([read.status, read.text.includes(CANARY)]).toEqual([500, false]);
		const { records } = (await client.get("/v1/users/me/credits/verification")).body;
		expect(records).toMatchObject({ ok: false, first_difference: { table: "holds", key: mine.id } });
	}
	expect((await other.get(`/v1/users/me/credits/holds/${theirs.id}`)).body.prompt).toBe(PROMPT);
});

test("while keys cannot be read, what needs one is unavailable, changes nothing, and goes through afterwards", async () => {
	const client = await writer();
	const down = () => {
		forgetUserKeys();
		vi.spyOn(testEnv.KEYS, "get").mockRejectedValue(
			new Error("get: We encountered an internal error. Please try again. (10001)"),
		);
	};
	down();
	expect([(await reserve(client, "k")).status, (await submit(client, "a")).status]).toEqual([503, 503]);
	expect((await submit(client, "c", { c: 0 })).status).toBe(201);
	vi.restoreAllMocks();
	const hold = await reserve(client, "k");
	expect([hold.status, hold.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
	down();
	expect((await client.get(`/v1/users/me/credits/holds/${hold.body.id}`)).status).toBe(503);
	expect((await client.get("/v1/users/me/credits/holds")).status).toBe(200);
	vi.restoreAllMocks();
});
