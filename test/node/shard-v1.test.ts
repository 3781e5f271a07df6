import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QuizStatistics, SyncState } from "../../dev/contract.ts";
import { ROOT } from "../../dev/settings.ts";
import { killServers, newQuietStateFolder, removeFolder, type Server, startServer } from "./harness.ts";
import { type Caller, newCaller } from "./lib/caller.ts";
import { copyDatabase, shardFile, shardFileName, shardFolder } from "./lib/shard-files.ts";

/** A shard that the first schema wrote, under today's code: migrated, right, and alive. The tests build on one another. */

interface Record {
	[name: string]: unknown;
	id: string;
	status: string;
}

interface Read {
	user: string;
	totals: { as_of: number };
	attempts: Record[];
	quizzes: Record[];
	holds: Record[];
	log: { seq: number }[];
}

const FIXTURES = join(ROOT, "test/fixtures");
const then: Read = JSON.parse(readFileSync(join(FIXTURES, "shard-v1/read.json"), "utf8"));
const head = then.log.length;
const published = then.quizzes.find(({ status }) => status === "published")?.id ?? "";

const folder = newQuietStateFolder();
let server: Server;
let caller: Caller;
beforeAll(async () => {
	mkdirSync(shardFolder(folder), { recursive: true });
	copyFileSync(join(FIXTURES, "shard-v1", shardFileName(then.user)), shardFile(folder, then.user));
	server = await startServer(folder);
	caller = await newCaller(server.url, folder, then.user);
});
afterAll(() => {
	killServers();
	removeFolder(folder);
});

const verification = () => caller.ok("GET", "credits/verification");

test("everything in it agrees with its log, before the clock acts on it and after", async () => {
	const chain = { ok: true, rows: head, anchored_seq: null };
	expect(await verification()).toMatchObject({ ok: true, chain, conservation: { ok: true }, records: { ok: true } });
	await caller.ok("GET", "credits");
	expect(await verification()).toMatchObject({ ok: true, records: { first_difference: null } });
});

test("the schema is today's, by every migration of the folder", async () => {
	const copy = join(folder, "copy.sqlite");
	copyDatabase(shardFile(folder, then.user), copy);
	const database = new DatabaseSync(copy);
	const files = readdirSync(join(ROOT, "do-migrations")).sort();
	const applied = database.prepare("SELECT name FROM migrations ORDER BY number").all();
	expect(applied.map(({ name }) => `${name}.sql`)).toEqual(files);
	const names = "SELECT name FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'";
	const frozen = new DatabaseSync(":memory:");
	frozen.exec(readFileSync(join(FIXTURES, "shard-schema.sql"), "utf8"));
	const namesOf = (from: DatabaseSync) => from.prepare(`${names} ORDER BY name`).all();
	expect(namesOf(database)).toEqual(namesOf(frozen));
	expect(database.prepare("SELECT count(*) AS n FROM requests").get()?.n).toBeGreaterThan(0);
	database.close();
});

/** Members that were digests then, or null for none; now they are names, or keyed, or gone. */
const DIGESTS = new Set([
	"version",
	"version_hash",
	"content_hash",
	"etag",
	"hash",
	"answers_digest",
	"prompt_digest",
	"conversation_digest",
]);

const isDigest = (name: string, member: unknown) =>
	DIGESTS.has(name) && (member === null || typeof member === "string");

const withoutDigests = (said: object): object =>
	JSON.parse(JSON.stringify(said, (name, member) => (isDigest(name, member) ? undefined : member)));

describe("what is read of it is what was read then:", () => {
	test("attempts and quizzes with their contents", async () => {
		for (const attempt of then.attempts) {
			expect(await caller.ok("GET", `attempts/${attempt.id}`)).toMatchObject(withoutDigests(attempt));
		}
		for (const { version: version_number, ...quiz } of then.quizzes) {
			expect(await caller.ok("GET", `quizzes/${quiz.id}`)).toMatchObject({ ...withoutDigests(quiz), version_number });
		}
		expect([then.attempts.length, then.quizzes.length]).toEqual([3, 3]);
	});

	test("holds that had ended, each in its way, and the one that has run out since", async () => {
		const statuses = new Set(then.holds.map(({ status }) => status));
		expect([...statuses].sort()).toEqual(["expired", "held", "released", "settled"]);
		for (const hold of then.holds) {
			const { status, ended_at, returned, generation, ...rest } = hold;
			const ended = { status, ended_at, returned, generation };
			const expected =
				status === "held" ? { status: "expired", returned: hold.amount, ended_at: hold.expires_at } : ended;
			expect(await caller.ok("GET", `credits/holds/${hold.id}`)).toMatchObject(
				withoutDigests({ ...rest, ...expected }),
			);
		}
	});

	test("the balance as of then, and every row of the log", async () => {
		expect(await caller.ok("GET", `credits?as_of=${then.totals.as_of}`)).toEqual(then.totals);
		const { items } = await caller.ok<{ items: object[] }>("GET", `log?limit=${head}`);
		expect(items.map(withoutDigests)).toEqual(then.log.map(withoutDigests));
	});

	test("without any of the digests that it said then, and that told what is secret", async () => {
		const digests = new Set(JSON.stringify(then).match(/\b[0-9a-f]{64}\b/g));
		expect(digests.size).toBeGreaterThan(head);
		const ids = [...then.attempts, ...then.quizzes, ...then.holds].map(({ id }) => id);
		const lists = ["log?limit=100", "attempts", "quizzes", "credits/holds", "credits/entries", "credits/verification"];
		const things = ids.map(
			(id) => `${id.startsWith("att") ? "attempts" : id.startsWith("quz") ? "quizzes" : "credits/holds"}/${id}`,
		);
		for (const path of [...lists, ...things]) {
			const text = JSON.stringify(await caller.ok("GET", path));
			for (const digest of digests) expect(text, path).not.toContain(digest.slice(0, 16));
		}
	});
});

describe("it lives on:", () => {
	test("further commands of every sort, and the verification after them", async () => {
		await caller.ok("PUT", `quizzes/${published}/publication`, { visibility: "public" });
		const lot = await caller.ok("POST", "credits/grants", { amount: 5, kind: "bonus" });
		const hold = await caller.ok<Record>("POST", "credits/holds", { amount: 9, prompt: "Again" });
		await caller.ok("POST", `credits/holds/${hold.id}/settlement`, { amount: 4, quiz: published });
		await caller.ok("POST", `credits/lots/${lot.id}/void`);
		const late = then.holds.find(({ status, settled }) => status === "settled" && settled === 10);
		await caller.ok("POST", `credits/holds/${late?.id}/refund`, { amount: 1 });
		const draft = then.quizzes.find(({ status }) => status === "draft");
		const content = { ...(draft?.content as object), title: "Changed today" };
		await caller.ok("PUT", `quizzes/${draft?.id}`, content, { "If-Match": "*" });
		await caller.ok("PUT", `quizzes/${draft?.id}/publication`, { visibility: "public" });
		expect(await verification()).toMatchObject({ ok: true, conservation: { ok: true }, chain: { ok: true } });
	});

	test("the catalog, which knew nothing of it, gets its whole log; and an attempt at its quiz counts with the old ones", async () => {
		const sync = () => caller.ok<SyncState>("GET", "sync");
		await expect.poll(async () => (await sync()).lag, { timeout: 30_000, interval: 100 }).toBe(0);
		expect((await sync()).applied_seq).toBeGreaterThan(head);
		const attempt = await caller.ok(
			"POST",
			"attempts",
			{ quiz: published, answers: { "1": 0 } },
			{ Prefer: "wait=20" },
		);
		expect(attempt).toMatchObject({ number: 4, version_number: 2, score: 1 });
		const statistics = await caller.ok<QuizStatistics>("GET", `/v1/quizzes/${published}/statistics`);
		// Attempts at an own quiz count no more, unless the quiz says so: those three are from before.
		expect(statistics).toMatchObject({ attempts: 3, takers: 1 });
		const { chain, ok } = await caller.ok<{ ok: boolean; chain: { anchored_seq: number } }>(
			"GET",
			"credits/verification",
		);
		expect({ ok, anchored: chain.anchored_seq > head }).toEqual({ ok: true, anchored: true });
		expect(await server.stop("SIGTERM")).toBe(0);
	});
});
