import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { unzipSync } from "fflate";
import { beforeEach, expect, test, vi } from "vitest";
import { checkArchive } from "../../dev/export-check.ts";
import { EXPORTED_TABLES, NOT_EXPORTED } from "../../src/catalog/replication/exported.ts";
import { FOLDED_TABLES } from "../../src/catalog/replication/tables.ts";
import type { Manifest } from "../../src/domain/privacy/exports.ts";
import { EXPORT_LOG_ROWS, EXPORT_PAGE_CHARS, EXPORT_PAGE_ROWS } from "../../src/domain/privacy/limits.ts";
import { KB } from "../../src/domain/units.ts";
import { forgetUserKeys } from "../../src/service/privacy/user-keys.ts";
import { LogCalls } from "../../src/shard/log/calls.ts";
import { ALL_TABLES } from "../../src/shard/parts.ts";
import { busyUser, withParts } from "../lib/busy-users.ts";
import { erase } from "../lib/erasures.ts";
import {
	type Client,
	caughtUp,
	EVERY_SCOPE,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	runnerOf,
	testEnv,
} from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";
import { tokenBy } from "../lib/machines.ts";
import { newSignedIn } from "../lib/people.ts";

/** An export has everything about its user, and nothing that the user may not see. */

beforeEach(forgetUserKeys);

const answerTo = ({ token }: Pick<Client, "token">, user = "me") =>
	exports.default.fetch(
		new Request(`https://marksheet.test/v1/users/${user}/export`, { headers: { Authorization: `Bearer ${token}` } }),
	);

type Row = Record<string, unknown>;

/** An export as whoever opens it finds it, after it was verified. */
async function exported(client: Pick<Client, "token">, user = "me") {
	const answer = await answerTo(client, user);
	expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, "application/zip"]);
	const archive = new Uint8Array(await answer.arrayBuffer());
	checkArchive(archive);
	const files = unzipSync(archive);
	const text = (name: string) => new TextDecoder().decode(files[name]);
	const manifest: Manifest = JSON.parse(text("manifest.json"));
	const rows = (name: string): Row[] =>
		text(name)
			.split("\n")
			.filter((line) => line !== "")
			.map((line) => JSON.parse(line));
	const whole = Object.keys(files)
		.filter((name) => !name.startsWith("media/"))
		.map(text)
		.join("\n");
	return { answer, archive, files, manifest, rows, text, whole };
}

const WRITTEN = "xylophone marmalade";

const writtenQuiz = {
	title: "Written",
	subjects: [
		{
			name: "all",
			questions: [
				{ id: "c", question: "Choose.", options: ["one", "two"], correctAnswer: 0 },
				{ id: "w", type: "short_text" as const, question: "Write.", accepted: [WRITTEN] },
			],
		},
	],
};

test("it has what the log has the digest of: prompts, conversations, written answers and contents, as they were written", async () => {
	const client = await newClient();
	const author = await newClient();
	const written = await publishedQuiz(author, writtenQuiz);
	const own = await publishedQuiz(client, quizDocument("Of one's own"));
	await client.post("/v1/users/me/attempts", { quiz: written, answers: { c: 0, w: WRITTEN } });
	await client.post("/v1/users/me/credits/grants", { amount: 5, kind: "purchase" });
	const conversation = [{ role: "user", content: `Say ${WRITTEN}` }];
	await client.post("/v1/users/me/credits/holds", { amount: 2, prompt: `About ${WRITTEN}`, conversation });
	const picture = png(3, 5, client.user);
	const image = await uploaded(client, picture);
	await caughtUp(client);
	const { answer, files, rows, manifest, whole } = await exported(client);
	expect(answer.headers.get("Content-Disposition")).toBe(`attachment; filename="marksheet-${client.user}.zip"`);
	expect(answer.headers.get("Cache-Control")).toContain("no-store");
	expect(rows("shard/attempts.ndjson")).toMatchObject([{ quiz: written, answers: { c: 0, w: WRITTEN } }]);
	expect(rows("shard/holds.ndjson")).toMatchObject([{ prompt: `About ${WRITTEN}`, conversation }]);
	expect(rows("shard/quizzes.ndjson")).toMatchObject([{ id: own, draft: { title: "Of one's own" } }]);
	expect(rows("shard/quiz_versions.ndjson")).toMatchObject([{ number: 1, content: { title: "Of one's own" } }]);
	expect(files[`media/${image}.png`]).toEqual(new Uint8Array(picture));
	expect(rows("catalog/quizzes.ndjson")).toMatchObject([{ id: own, title: "Of one's own" }]);
	expect(rows("catalog/attempt_facts.ndjson")).toHaveLength(1);
	expect(whole).not.toContain("sealed1");
	const { body: feed } = await client.get("/v1/users/me/log?limit=100");
	expect(manifest).toMatchObject({ user: client.user, tenant: client.tenant, log: { rows: feed.head_seq } });
	const log = rows("log.ndjson");
	expect(log.map(({ feed_hash }) => feed_hash)).toEqual(feed.items.map(({ hash }: { hash: string }) => hash));
	expect(log.map(({ body }) => body)).toEqual(feed.items.map(({ body }: { body: object }) => body));
});

test("every table that has something of a user is in it, or the manifest says why not", async () => {
	const author = await newClient();
	const client = await busyUser(author, await publishedQuiz(author, withParts("A quiz", 1)), 1, 3_600);
	await caughtUp(client);
	const { manifest, rows } = await exported(client);
	const said = manifest.withheld.map(({ what }) => what);
	for (const [name, { withheld }] of Object.entries(ALL_TABLES)) {
		if (withheld !== undefined) expect(said).toContain(`the shard's ${name}`);
		else expect(manifest.files.map((file) => file.name)).toContain(`shard/${name}.ndjson`);
	}
	expect([...EXPORTED_TABLES.map(({ name }) => name), ...NOT_EXPORTED.map(({ name }) => name)].sort()).toEqual(
		FOLDED_TABLES.map(({ name }) => name).sort(),
	);
	for (const { name } of NOT_EXPORTED) expect(said).toContain(`the catalog's ${name}`);
	// As many rows as there are: none is lost at the edge of a page.
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		for (const [name, { withheld }] of Object.entries(ALL_TABLES)) {
			if (withheld !== undefined) continue;
			const stored = Number(sql.exec(`SELECT count(*) AS n FROM ${name}`).one().n);
			expect([name, rows(`shard/${name}.ndjson`).length]).toEqual([name, stored]);
		}
	});
	const filled = manifest.files.filter((file) => (file.rows ?? 1) > 0).length;
	expect(filled).toBeGreaterThan(22);
});

test("it says who the user is and how the person signs in, with no credential and no hash of one", async () => {
	const { email, account, session, token } = await newSignedIn();
	const access = (await tokenBy(token)).body.access_token;
	const { text, rows, whole } = await exported({ token: access });
	expect(JSON.parse(text("account.json"))).toMatchObject({
		account: { id: account, email },
		sessions: [{ id: session }],
		sign_ins: [{ provider: expect.any(String) }],
		guest: null,
	});
	expect(rows("tenant-events.ndjson")).toEqual([]);
	const secrets = ["SELECT password AS it FROM credentials", "SELECT hash AS it FROM sessions"];
	for (const query of secrets) {
		const { results } = await testEnv.ACCOUNTS.prepare(query).all<{ it: string }>();
		expect(results.length).toBeGreaterThan(0);
		for (const { it } of results) expect(whole).not.toContain(it);
	}
	expect(whole).not.toContain(token);
});

test("it hides what its user may not see: marks that are hidden, digests of secrets, and who is erased", async () => {
	const [author, taker] = [await newClient(), await newClient()];
	const hidden = await publishedQuiz(author, { ...quizDocument("Hidden"), settings: { question_marks: "hidden" } });
	const gone = await publishedQuiz(author, quizDocument("The wombat compendium"));
	const { body: share } = await author.post(`/v1/users/me/quizzes/${gone}/shares`, { access: "copy" });
	await taker.post(`/v1/shares/${share.code}/redemption`);
	for (const quiz of [hidden, gone]) await taker.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } });
	await caughtUp(taker);
	const version = await testEnv.CATALOG.prepare("SELECT version FROM quizzes WHERE id = ?")
		.bind(gone)
		.first<string>("version");
	await erase(author);
	const { rows, whole } = await exported(taker);
	const attempt = rows("shard/attempts.ndjson").find(({ quiz }) => quiz === hidden);
	expect(attempt).toMatchObject({ question_marks: "hidden", items: expect.any(Array) });
	const marks = (attempt?.items as unknown[][] | undefined)?.map(([, , mark]) => mark);
	expect(marks).toEqual([null, null, null, null]);
	expect(rows("shard/copies.ndjson")).toMatchObject([{ origin_quiz: gone, origin_owner: "usr_erased" }]);
	const own = rows("shard/quizzes.ndjson").find(({ origin }) => origin !== null);
	expect(own?.origin).toMatchObject({ quiz: gone, owner: "usr_erased" });
	expect(whole).not.toContain(author.user);
	expect(whole).not.toContain(version ?? "nothing");
	const titles = rows("log.ndjson").flatMap(({ kind, body }) =>
		kind === "attempt.submitted" ? [(body as Row).title] : [],
	);
	expect(titles).toEqual(["erased", "erased"]);
});

test("nobody gets another's: not by the id, not by managing users; a service does for whom it acts", async () => {
	const client = await newClient();
	await caughtUp(client);
	const { user, tenant } = client;
	for (const [caller, code] of [
		[await newClient({ tenant }), "not-found"],
		[await newClient({ tenant, scope: `${EVERY_SCOPE} users:write`.replace("on-behalf-of", "") }), "not-found"],
		[await newClient({ user: "svc_x", scope: `${EVERY_SCOPE} on-behalf-of` }), "not-found"],
		[await newClient({ tenant: fresh("ten") }), "not-found"],
	] as const) {
		expectProblem(await caller.get(`/v1/users/${user}/export`), code);
	}
	for (const scope of ["credits:read", "attempts:read"]) {
		expectProblem(await (await newClient({ user, tenant, scope })).get("/v1/users/me/export"), "forbidden");
	}
	const service = await newClient({ user: "svc_x", tenant, scope: `${EVERY_SCOPE} on-behalf-of` });
	expect((await exported(service, user)).manifest.user).toBe(user);
});

/** Rows of the log, and none of the catalog's business. */
const fillLog = (client: Client, rows: number, quiz: string) =>
	runInDurableObject(client.shard(), (instance, { storage }) => {
		const { log } = runnerOf(instance).stores;
		const who = { user: client.user, tenant: client.tenant, actor: client.user };
		storage.transactionSync(() => {
			for (let n = 0; n < rows; n++) log.append(who, Date.now(), "quiz.purged", quiz, { quiz });
		});
	});

test("it is made as it is read, in pieces of which none is long, whatever the user has", async () => {
	const client = await newClient();
	for (let n = 0; n < 3; n++) {
		await client.post("/v1/users/me/quizzes", { ...quizDocument(`Long ${n}`, 400), description: "d".repeat(1_000) });
	}
	const purged = "quz_0000000005m5t8cfgq3nkw7r";
	await fillLog(client, 5 * EXPORT_LOG_ROWS, purged);
	const feed = vi.spyOn(LogCalls.prototype, "feed");
	const answer = await answerTo(client);
	const reader = answer.body?.getReader();
	const first = await reader?.read();
	expect(first?.done).toBe(false);
	// Nobody has asked for the log yet, so it has not been read.
	expect(feed.mock.calls.length).toBeLessThan(5);
	let longest = 0;
	for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
		longest = Math.max(longest, piece.value.length);
	}
	expect(feed.mock.calls.length).toBeGreaterThanOrEqual(5);
	vi.restoreAllMocks();
	expect(longest).toBeLessThan(EXPORT_PAGE_CHARS + 200 * KB);
	expect((await exported(client)).manifest.log.rows).toBe(5 * EXPORT_LOG_ROWS + 4);
});

test("a table of more rows than a page has is in it whole, each row once", async () => {
	const client = await newClient();
	await client.put(`/v1/users/me/favorites/${await publishedQuiz(client)}`);
	const count = 2 * EXPORT_PAGE_ROWS + 1;
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		for (let n = 1; n < count; n++) {
			sql.exec("INSERT INTO reactions (kind, quiz, seq, at) VALUES ('favorite', ?, ?, 1)", `quz_${n}`, n + 10_000);
		}
	});
	const rows = (await exported(client)).rows("shard/reactions.ndjson");
	expect(rows).toHaveLength(count);
	expect(new Set(rows.map(({ quiz }) => quiz)).size).toBe(count);
});

test("one that ends early is noticed by whoever verifies it: the user is erased while it is read", async () => {
	const client = await newClient();
	await client.post("/v1/users/me/quizzes", quizDocument("Mine"));
	await fillLog(client, 3 * EXPORT_LOG_ROWS, "quz_0000000005m5t8cfgq3nkw7r");
	const recorded = vi.spyOn(console, "error").mockImplementation(() => undefined);
	const reader = (await answerTo(client)).body?.getReader();
	const pieces = [(await reader?.read())?.value ?? new Uint8Array()];
	await client.shard().erasure.begin({ ...client, now: Date.now() });
	await expect(async () => {
		for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) pieces.push(piece.value);
	}).rejects.toThrow();
	expect(recorded.mock.calls.map(([line]) => JSON.parse(String(line)))).toContainEqual(
		expect.objectContaining({ at: "export", user: client.user }),
	);
	vi.restoreAllMocks();
	expect(() => checkArchive(Buffer.concat(pieces))).toThrow(/cut off/);
});
