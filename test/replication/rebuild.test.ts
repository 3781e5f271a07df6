import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { digestPage } from "../../src/catalog/replication/digest.ts";
import { beginRebuild, TABLES_END, wipePiece, wipeRun } from "../../src/catalog/replication/rebuilds.ts";
import { runOf } from "../../src/catalog/replication/runs.ts";
import { FOLDED_TABLES, OTHER_TABLES } from "../../src/catalog/replication/tables.ts";
import { type Message, messageSchema } from "../../src/domain/log/events.ts";
import { DIGEST_PAGE_ROWS, WIPE_ROWS_MAX } from "../../src/domain/log/limits.ts";
import { INSTALLATION } from "../../src/domain/people/installation.ts";
import { digestKeyOf } from "../../src/env.ts";
import { busyUser, withParts } from "../lib/busy-users.ts";
import { catalogDigest } from "../lib/catalog-digest.ts";
import {
	type Client,
	caughtUp,
	deliver,
	EVERY_SCOPE,
	everyItem,
	expectProblem,
	interceptQueue,
	newClient,
	publishedQuiz,
	testEnv,
} from "../lib/harness.ts";

/** Properties R8: rebuilt = incremental, table by table; one shard, all, step by step, while traffic goes on. */

/** What the operator does here is not told to the installation's own log, whose cursor would be another one at each look. */
beforeEach(() => {
	const getByName = testEnv.SHARDS.getByName.bind(testEnv.SHARDS);
	vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation((name, options) => {
		if (name === INSTALLATION) throw new Error("the installation's log is held back");
		return getByName(name, options);
	});
});

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const operator = await newClient({ scope: EVERY_SCOPE });

async function rebuild(body: object, steps = 100): Promise<void> {
	for (let step = 0; step < steps; step++) {
		const answer = await operator.post("/v1/admin/replication/rebuild", body);
		expect(answer.status).toBe(200);
		if (answer.body.finished_at !== null) return;
	}
	expect.unreachable("the rebuild does not end");
}

async function busyCatalog(users = 4): Promise<{ quiz: string; clients: Client[] }> {
	const author = await newClient();
	const quiz = await publishedQuiz(author, withParts("A quiz", 1));
	const settings = { count_author: true, question_marks: "hidden" } as const;
	const counted = await publishedQuiz(author, { ...withParts("Counted", 0.25), settings });
	// An author's own attempts, which count at one quiz and not at the other.
	for (const own of [quiz, counted, counted]) {
		const attempt = await author.post("/v1/users/me/attempts", { quiz: own, answers: { 1: 0 } });
		expect(attempt.status).toBe(201);
	}
	const clients: Client[] = [];
	for (let serial = 0; serial < users; serial++) clients.push(await busyUser(author, quiz, serial));
	// The holds that are still open run out; one of them is settled late.
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
	for (const client of clients) await client.get("/v1/users/me/credits");
	const [late = author] = clients;
	const { body } = await late.get("/v1/users/me/credits/holds?status=expired");
	const settled = await late.post(`/v1/users/me/credits/holds/${body.items[0].id}/settlement`, { amount: 3 });
	expect(settled.status).toBe(200);
	for (const client of [author, ...clients]) await caughtUp(client);
	return { quiz, clients };
}

test("every table of the catalog has an owner, and what is folded is known to digest and wipe", async () => {
	const query =
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'd1%'";
	const { results } = await testEnv.CATALOG.prepare(query).all<{ name: string }>();
	const known = [...FOLDED_TABLES.map(({ name }) => name), ...OTHER_TABLES];
	expect(results.map(({ name }) => name).sort()).toEqual(known.sort());
	for (const { name, key, kind, columns: digested, incidental } of FOLDED_TABLES) {
		const columns = await testEnv.CATALOG.prepare(`SELECT name, pk FROM pragma_table_info('${name}')`).all<{
			name: string;
			pk: number;
		}>();
		const primary = columns.results.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
		expect(primary.map((column) => column.name)).toEqual(key);
		const names = columns.results.map((column) => column.name);
		expect([...digested, ...incidental].sort()).toEqual(names.sort());
		if (kind === "owned") expect(names).toEqual(expect.arrayContaining(["owner", "seq"]));
	}
});

test("a rebuild of everything gives the digests of the catalog that grew event by event", async () => {
	await busyCatalog();
	const before = await catalogDigest();
	const without = Object.keys(before).filter((table) => before[table]?.rows === 0);
	expect(without).toEqual(["dead_letters"]);
	await rebuild({});
	expect(await catalogDigest()).toEqual(before);
});

test("a rebuild of one shard takes out what it had brought and brings the same again, and nobody else's", async () => {
	const { clients, quiz } = await busyCatalog();
	const before = await catalogDigest();
	const user = clients[0]?.user;
	await rebuild({ user });
	expect(await catalogDigest()).toEqual(before);
	const { body } = await operator.get("/v1/admin/replication");
	expect(body.rebuild).toMatchObject({ user, phase: "finished", shards: 1 });
	const sync = (await clients[0]?.get("/v1/users/me/sync"))?.body;
	expect(body.rebuild.events).toBe(sync.head_seq);
	expect((await operator.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(12);
});

test("a rebuild of one shard is equal when it stops after every single piece of work", async () => {
	const { clients } = await busyCatalog(2);
	const before = await catalogDigest();
	let ticks = Date.now();
	vi.spyOn(Date, "now").mockImplementation(() => {
		ticks += 3_000;
		return ticks;
	});
	const phases = new Set<string>();
	for (let step = 0; step < 100 && !phases.has("finished"); step++) {
		const { body } = await operator.post("/v1/admin/replication/rebuild", { user: clients[1]?.user });
		phases.add(body.phase);
	}
	vi.restoreAllMocks();
	expect([...phases]).toEqual(expect.arrayContaining(["pull", "finished"]));
	expect(await catalogDigest()).toEqual(before);
});

test("what is written while a rebuild of everything wipes and pulls is in the catalog once at its end", async () => {
	const { quiz, clients } = await busyCatalog();
	const writer = async (client: Client) => {
		for (let n = 0; n < 5; n++) await client.post("/v1/users/me/attempts", { quiz, answers: { "1": n % 4 } });
	};
	const newcomer = await newClient();
	await Promise.all([rebuild({}), rebuild({}), ...[...clients, newcomer].map(writer)]);
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
	for (const client of [...clients, newcomer]) {
		await runDurableObjectAlarm(client.shard());
		await caughtUp(client);
	}
	expect((await operator.get(`/v1/quizzes/${quiz}/statistics`)).body).toMatchObject({ attempts: 37, takers: 5 });
	const incremental = await catalogDigest();
	await rebuild({});
	expect(await catalogDigest()).toEqual(incremental);
});

test("while a shard is wiped its messages come again later, and are applied once", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	const { messages, restore } = await interceptQueue(client);
	await client.post("/v1/users/me/attempts", { quiz, answers: {} });
	await deliver(messages);
	await client.post("/v1/users/me/attempts", { quiz, answers: {} });
	restore();
	await testEnv.CATALOG.prepare(
		"INSERT INTO rebuilds (user_id, phase, position, shards, events, started_at, updated_at) VALUES (?, 'wipe', 0, 0, 0, 0, 0)",
	)
		.bind(client.user)
		.run();
	const held = await deliver(messages.slice(1));
	expect(held.report).toMatchObject({ held: 1, deferred: 1, applied: 0, failed: 0 });
	expect(held.acked.size).toBe(1);
	await rebuild({ user: client.user });
	expect((await deliver(messages)).report).toMatchObject({ duplicates: 2, applied: 0 });
	expect((await operator.get(`/v1/quizzes/${quiz}/statistics`)).body.attempts).toBe(2);
});

test("a wipe that begins between a consumer's look at the cursors and its commit stops the commit", async () => {
	const quiz = await publishedQuiz(await newClient());
	const client = await newClient();
	await client.get("/v1/users/me/sync");
	const { messages, restore } = await interceptQueue(client);
	for (let n = 0; n < 2; n++) await client.post("/v1/users/me/attempts", { quiz, answers: {} });
	restore();
	await deliver(messages.slice(0, 1));
	const commit = testEnv.CATALOG.batch.bind(testEnv.CATALOG);
	vi.spyOn(testEnv.CATALOG, "batch").mockImplementationOnce(async (statements) => {
		await beginRebuild(testEnv.CATALOG, client.user, Date.now());
		return commit(statements) as never;
	});
	const { report, acked } = await deliver(messages.slice(1));
	// It plans anew, finds the shard held, and leaves the rows to it.
	expect(report).toMatchObject({ held: 1, deferred: 1, applied: 0, poisoned: 0, failed: 0 });
	expect(acked.size).toBe(1);
	await rebuild({ user: client.user });
	expect((await operator.get(`/v1/quizzes/${quiz}/statistics`)).body).toMatchObject({ attempts: 2, takers: 1 });
});

test("of two that take the same rows of a shard out at once, one does, and the rebuild is equal", async () => {
	const { clients } = await busyCatalog(2);
	const [client = operator] = clients;
	const before = await catalogDigest();
	const begun = await beginRebuild(testEnv.CATALOG, client.user, Date.now());
	const run = runOf(messageSchema.parse(await client.shard().log.message(0)), { seq: 0, hash: "" });
	const wipe = () => wipeRun(testEnv.CATALOG, begun, run, Date.now());
	const outcomes = await Promise.allSettled([wipe(), wipe()]);
	expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
	await rebuild({ user: client.user });
	expect(await catalogDigest()).toEqual(before);
});

test("one that goes on with the wipe of everything when it has long ended removes nothing of what came since", async () => {
	await busyCatalog(2);
	const before = await catalogDigest();
	const begun = await beginRebuild(testEnv.CATALOG, null, Date.now());
	await rebuild({});
	await expect(async () => {
		await wipePiece(testEnv.CATALOG, begun, Date.now());
	}).rejects.toThrow("rebuilds.position");
	expect(await catalogDigest()).toEqual(before);
});

test("a wipe of everything leaves no table out, wherever another release with another order of tables has come to", async () => {
	await busyCatalog(1);
	const before = await catalogDigest();
	for (let position = 0; position <= TABLES_END; position++) {
		const { number } = await beginRebuild(testEnv.CATALOG, null, Date.now());
		await testEnv.CATALOG.prepare("UPDATE rebuilds SET position = ? WHERE number = ?").bind(position, number).run();
		// The release that counts tables off has emptied all of them before it goes on to the cursors.
		if (position === TABLES_END) {
			const removed = FOLDED_TABLES.filter(({ kind }) => kind === "facts" || kind === "sums");
			await testEnv.CATALOG.batch(removed.map(({ name }) => testEnv.CATALOG.prepare(`DELETE FROM ${name}`)));
		}
		await rebuild({});
		expect(await catalogDigest(), `from position ${position}`).toEqual(before);
	}
});

test("a row that was a dead letter is not taken out by a rebuild of its shard, and counts after it", async () => {
	const quiz = await publishedQuiz(await newClient());
	const [client, other] = [await newClient(), await newClient()];
	await other.post("/v1/users/me/attempts", { quiz, answers: {} });
	await caughtUp(other);
	await client.get("/v1/users/me/sync");
	const { messages, restore } = await interceptQueue(client);
	for (let n = 0; n < 3; n++) await client.post("/v1/users/me/attempts", { quiz, answers: {} });
	restore();
	const bad = structuredClone(messages);
	Object.assign(bad.at(-1)?.rows[0] as object, { body: null });
	expect((await deliver(bad)).report).toMatchObject({ applied: 4, poisoned: 1 });
	const statistics = async () => (await operator.get(`/v1/quizzes/${quiz}/statistics`)).body;
	expect(await statistics()).toMatchObject({ attempts: 3, takers: 2 });
	await rebuild({ user: client.user });
	expect(await statistics()).toMatchObject({ attempts: 4, takers: 2 });
	const grown = await catalogDigest();
	await rebuild({});
	expect(await catalogDigest()).toEqual(grown);
});

/** The whole log of each user that the catalog knows, as messages. */
async function everyLog(): Promise<Message[]> {
	const { results } = await testEnv.CATALOG.prepare("SELECT user_id FROM shards").all<{ user_id: string }>();
	const messages: Message[] = [];
	for (const { user_id } of results) {
		for (let after = 0; ; after = messages.at(-1)?.last ?? 0) {
			const message: unknown = await testEnv.SHARDS.getByName(user_id).log.message(after);
			if (message === null) break;
			messages.push(messageSchema.parse(message));
		}
	}
	return messages;
}

/** Each of some hundred letters is driven again by a request of its own. */
const EVERY_LETTER_MS = 120_000;

test.each([
	["even", 0],
	["odd", 1],
] as const)(
	"of every kind of event, each with an %s number a dead letter, driven again newest first: the catalog is as without them",
	async (_, rest) => {
		await busyCatalog(3);
		await rebuild({});
		const before = await catalogDigest();
		const messages = await everyLog();
		for (const { name } of FOLDED_TABLES) await testEnv.CATALOG.prepare(`DELETE FROM ${name}`).run();
		const damaged = structuredClone(messages);
		for (const { first, rows } of damaged) {
			for (const [index, row] of rows.entries()) {
				const seq = first + index;
				if (seq > 1 && seq % 2 === rest) Object.assign(row as object, { body: null });
			}
		}
		const { report } = await deliver(damaged);
		expect(report).toMatchObject({ gaps: 0, failed: 0, poisoned: expect.toSatisfy((count) => count > 50) });
		const { items } = await everyItem(operator, "/v1/admin/dead-letters?limit=100");
		for (const { user, seq } of items.reverse()) {
			const { body } = await operator.post("/v1/admin/dead-letters/redrive", { user, seq });
			expect(body.items).toMatchObject([{ user, seq, status: "applied" }]);
		}
		expect(await catalogDigest()).toEqual(before);
	},
	EVERY_LETTER_MS,
);

test("what the release before leaves when it rebuilds, since it does not know the table, is in nobody's way", async () => {
	await busyCatalog(2);
	await rebuild({});
	const before = await catalogDigest();
	const messages = await everyLog();
	// Tables that came with migration 0008.
	const left = new Set(["refund_facts", "quiz_versions"]);
	for (const { name, kind } of FOLDED_TABLES) {
		if (kind === "directory") await testEnv.CATALOG.prepare(`UPDATE ${name} SET applied_seq = 0, head_hash = ''`).run();
		else if (!left.has(name)) await testEnv.CATALOG.prepare(`DELETE FROM ${name}`).run();
	}
	expect((await deliver(messages)).report).toMatchObject({ poisoned: 0, failed: 0 });
	expect(await catalogDigest()).toEqual(before);
});

test("readers see published quizzes throughout a rebuild, and what no log wrote is gone after it", async () => {
	const author = await newClient();
	const quiz = await publishedQuiz(author);
	const stray = { id: "quz_0000000205m5t8cfgq3nkw7z", owner: author.user };
	await testEnv.CATALOG.prepare(
		`INSERT INTO quizzes (id, owner, audience, visibility, version, version_number, title, description, tags, difficulty, source,
		questions, max_score, published_at, updated_at, seq) SELECT ?, owner, audience, visibility, version, version_number, 'stray', description, tags, difficulty,
		source, questions, max_score, published_at, updated_at, seq FROM quizzes WHERE id = ?`,
	)
		.bind(stray.id, quiz)
		.run();
	const text =
		"INSERT INTO quiz_texts (quiz, labels, title, tags, description, questions) VALUES (?, '', 'stray', '', '', '')";
	await testEnv.CATALOG.prepare(text).bind(stray.id).run();
	const { finished } = await (async () => {
		const seen: number[] = [];
		const rebuilding = rebuild({ user: author.user });
		for (let n = 0; n < 5; n++) seen.push((await author.get(`/v1/quizzes/${quiz}`)).status);
		await rebuilding;
		return { finished: seen };
	})();
	expect(new Set(finished)).toEqual(new Set([200]));
	expect((await author.get(`/v1/quizzes/${stray.id}`)).status).toBe(404);
	const left = testEnv.CATALOG.prepare("SELECT quiz FROM quiz_texts WHERE quiz IN (?, ?)").bind(stray.id, quiz);
	expect((await left.all()).results).toEqual([{ quiz }]);
});

test("a rebuild of something else while one is under way is a conflict that says what is", async () => {
	const one = await newClient();
	await one.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
	await caughtUp(one);
	await testEnv.CATALOG.prepare(
		"INSERT INTO rebuilds (user_id, phase, position, shards, events, started_at, updated_at) VALUES (?, 'wipe', 0, 0, 0, 0, 0)",
	)
		.bind(one.user)
		.run();
	const answer = await operator.post("/v1/admin/replication/rebuild", {});
	expectProblem(answer, "conflict");
	expect(answer.body.detail).toContain(one.user);
	expectProblem(await operator.post("/v1/admin/replication/rebuild", { user: "usr_nobody" }), "not-found");
	await rebuild({ user: one.user });
});

test("a shard whose log is not the one that was applied is mended by a rebuild of everything, and of it alone by none", async () => {
	const { clients } = await busyCatalog(2);
	const before = await catalogDigest();
	const set = (user: string, column: string, value: string | number) =>
		testEnv.CATALOG.prepare(`UPDATE shards SET ${column} = ? WHERE user_id = ?`).bind(value, user).run();
	for (const [index, [column, value]] of (
		[
			["head_hash", "0".repeat(64)],
			["applied_seq", 9_999],
		] as const
	).entries()) {
		const user = clients[index]?.user ?? "";
		await set(user, column, value);
		const changed = await catalogDigest();
		const answer = await operator.post("/v1/admin/replication/rebuild", { user });
		expectProblem(answer, "conflict");
		expect(answer.body.detail).toContain("rebuild everything");
		expect(await catalogDigest()).toEqual(changed);
	}
	// What the lost history wrote goes too, though the sweep has found the shards and not yet seen that they are well.
	const lost = `INSERT INTO collections SELECT 'col_lost', owner, audience, visibility, 'lost', '', '[]', created_at, updated_at, 9999
		FROM collections WHERE owner = ? LIMIT 1`;
	await testEnv.CATALOG.prepare(lost).bind(clients[1]?.user).run();
	for (let swept = false; !swept; ) {
		swept = (await operator.post("/v1/admin/replication/sweep")).body.finished_at !== null;
	}
	expect((await operator.get("/v1/admin/replication")).body.lagging.shards_diverged).toBe(2);
	await rebuild({});
	expect(await catalogDigest()).toEqual(before);
});

test("going on by number begins no other rebuild where the schedule has ended it meanwhile", async () => {
	const one = await newClient();
	await one.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
	await caughtUp(one);
	const path = "/v1/admin/replication/rebuild";
	const { body: ended } = await operator.post(path, { user: one.user });
	expect(ended.finished_at).not.toBeNull();
	const again = await operator.post(path, { user: one.user, number: ended.number });
	expect([again.status, again.body]).toEqual([200, ended]);
	expect((await operator.post(path, { user: one.user })).body.number).toBeGreaterThan(ended.number);
	expectProblem(await operator.post(path, { number: 999_999 }), "not-found");
});

test("a digest is the same whatever the size of its pages, and a changed cell changes it", async () => {
	const insert = testEnv.CATALOG.prepare(
		`INSERT INTO usage_daily (tenant_id, day, model, generations, completed, failed, credits, tokens, cost_cents)
			SELECT 'ten_digest', value, 'm', 1, 1, 0, 1, 1, 1 FROM json_each(?)`,
	);
	await insert.bind(JSON.stringify(Array.from({ length: DIGEST_PAGE_ROWS + 1 }, (_, day) => day))).run();
	const table = FOLDED_TABLES.find(({ name }) => name === "usage_daily");
	if (!table) throw new Error("no such table");
	const first = await digestPage(testEnv.CATALOG, table, null, digestKeyOf(testEnv));
	expect(first.next).not.toBeNull();
	const before = await catalogDigest();
	await testEnv.CATALOG.prepare("UPDATE usage_daily SET tokens = 2 WHERE tenant_id = 'ten_digest' AND day = ?")
		.bind(DIGEST_PAGE_ROWS)
		.run();
	expect((await catalogDigest()).usage_daily).not.toEqual(before.usage_daily);
	await testEnv.CATALOG.prepare("DELETE FROM usage_daily WHERE tenant_id = 'ten_digest'").run();
	const pages = await operator.get("/v1/admin/replication/digest?table=quizzes");
	expect(pages.body).toMatchObject({ table: "quizzes", digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
	expectProblem(await operator.get("/v1/admin/replication/digest?table=rebuilds"), "invalid-request", ["/table"]);
});

test("a wipe removes a bounded number of rows at once", async () => {
	await testEnv.CATALOG.prepare(
		`INSERT INTO usage_daily (tenant_id, day, model, generations, completed, failed, credits, tokens, cost_cents)
			SELECT 'ten_wipe', value, 'm', 1, 1, 0, 1, 1, 1 FROM json_each(?)`,
	)
		.bind(JSON.stringify(Array.from({ length: WIPE_ROWS_MAX + 5 }, (_, day) => day)))
		.run();
	const deletes: number[] = [];
	const removing = new Set<D1PreparedStatement>();
	const { CATALOG } = testEnv;
	const [prepare, batch] = [CATALOG.prepare.bind(CATALOG), CATALOG.batch.bind(CATALOG)];
	vi.spyOn(CATALOG, "prepare").mockImplementation((query) => {
		const statement = prepare(query);
		if (!/^DELETE FROM usage_daily/.test(query)) return statement;
		const bind = statement.bind.bind(statement);
		statement.bind = (...values) => {
			const bound = bind(...values);
			removing.add(bound);
			return bound;
		};
		return statement;
	});
	vi.spyOn(CATALOG, "batch").mockImplementation(async (statements) => {
		const results = await batch(statements);
		for (const [index, { meta }] of results.entries()) {
			if (removing.has(statements[index] as D1PreparedStatement)) deletes.push(meta.changes);
		}
		return results as never;
	});
	await rebuild({});
	expect(Math.max(...deletes)).toBe(WIPE_ROWS_MAX);
	expect(deletes.length).toBeGreaterThan(1);
});
