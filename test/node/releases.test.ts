import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QuizStatistics } from "../../dev/contract.ts";
import { persistRoot } from "../../dev/databases.ts";
import { unpack, writeFiles } from "../../dev/pack.ts";
import { readRelease } from "../../dev/release.ts";
import { ROOT } from "../../dev/settings.ts";
import { EVENT_BODIES } from "../../src/domain/log/events.ts";
import { newStateFolder, removeFolder } from "./harness.ts";
import type { Caller } from "./lib/caller.ts";
import { COMMANDS, everyCommand, type Lived, logOf } from "./lib/every-command.ts";
import { bundleOfNow, renamed } from "./lib/release-runtime.ts";
import { World } from "./lib/world.ts";

/**
 * Properties T2 and T3: the release before (N-1, test/fixtures/release-n-1) and this checkout (N) work on the same state in turn, as
 * they do in a rollout and after a rollback. If a test here fails after a change of the schema, of events or of what is stored, that change
 * is not one that only adds: docs/replication.md, "Two releases at once", says what may change.
 */

const FIXTURES = join(ROOT, "test/fixtures");
const before = readRelease(join(FIXTURES, "release-n-1/release.br"));
const kinds = Object.keys(EVENT_BODIES);
/** What no history of a minute can have. */
const KINDS_OF_LATER: ReadonlySet<string> = new Set([
	"credits.plan_renewed",
	"credits.rolled_over",
	"quiz.purged",
	"media.unused",
]);
/** What only whoever has an account or operates the installation does; test/http/audit.test.ts has them all. */
const KINDS_OF_OTHERS: ReadonlySet<string> = new Set([
	"tenant.created",
	"member.invited",
	"member.uninvited",
	"member.joined",
	"member.erasing",
	"member.erased",
	"shard.erased",
	"installation.operated",
]);

const buildFolder = newStateFolder();
let now: Awaited<ReturnType<typeof bundleOfNow>>;
beforeAll(async () => {
	now = await bundleOfNow(buildFolder);
}, 120_000);
afterAll(() => removeFolder(buildFolder));

interface Answer {
	[name: string]: unknown;
}

/** What is true of a user whichever release is asked. Answers may get members; these keep their meaning. */
async function factsOf(caller: Caller, quiz: string) {
	const list = async (path: string, ...names: string[]) => {
		const { items } = await caller.ok<{ items: Answer[] }>("GET", `${path}?limit=100`);
		return items.map((item) => Object.fromEntries(names.map((name) => [name, item[name]])));
	};
	const { balance, totals } = await caller.ok<Answer>("GET", "credits");
	const { attempts, takers } = await caller.ok<QuizStatistics>("GET", `/v1/quizzes/${quiz}/statistics`);
	return {
		credits: { balance, totals },
		holds: await list("credits/holds", "id", "status", "amount", "settled"),
		attempts: await list("attempts", "id", "quiz", "number", "score", "max_score"),
		// In an order of their own: that of before listed them by the keys of their rows, which are random by now.
		quizzes: (await list("quizzes", "id", "title", "status")).sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1)),
		collections: await list("collections", "id", "title", "quizzes"),
		// The release before shows the quiz itself there, and its id beside it.
		favorites: (await list("favorites", "id", "quiz")).map(({ id = null, quiz }) =>
			typeof quiz === "string" ? quiz : id,
		),
		media: await list("media", "media", "bytes"),
		// Its hashes are shown keyed by now; that they are the same, the verification says.
		log: (await logOf(caller)).map(({ seq, kind }) => [seq, kind].join(" ")),
		statistics: { attempts, takers },
	};
}

describe("the release before and this one, in turn on one state:", { timeout: 300_000 }, () => {
	const world = new World();
	const lived: Lived[] = [];
	let tables: ReturnType<World["tables"]>;
	let facts: Record<string, unknown>;
	afterAll(() => world.remove());

	const users = () => lived.flatMap((each) => Object.values(each.users));

	async function everyFact(): Promise<Record<string, unknown>> {
		const all: Record<string, unknown> = {};
		for (const each of lived) {
			for (const user of Object.values(each.users)) all[user] = await factsOf(await world.caller(user), each.quiz);
		}
		// The release before shows a version under its hash, this one under a name; the number is in both.
		return JSON.parse(
			JSON.stringify(all, (name, value) => (name === "version" && typeof value === "string" ? "" : value)),
		);
	}

	/** The users of before go on under the release that runs now. */
	async function goOn(): Promise<void> {
		for (const each of lived) {
			const { quiz } = each;
			const taker = await world.caller(each.users.taker);
			await taker.ok("POST", "attempts", { quiz, answers: { "3": 2 } });
			const hold = await taker.ok<{ id: string }>("POST", "credits/holds", { amount: 2, model: "m-2" });
			await taker.ok("POST", `credits/holds/${hold.id}/settlement`, { amount: 1, tokens_used: 5, quiz });
			const author = await world.caller(each.users.author);
			await author.ok("PUT", `quizzes/${quiz}/publication`, { visibility: "public" }, { "If-Match": "*" });
			await author.ok("PUT", `favorites/${quiz}`);
		}
	}

	test("the release before writes a history", async () => {
		await world.migrate(before.migrations);
		tables = world.tables();
		await world.takeOver(before.modules);
		lived.push(await everyCommand(world.url, world.folder, "one"));
		await world.caughtUp(users());
		await world.expectVerified(users(), before.kinds);
		facts = await everyFact();
	});

	test("this release reads it to the last fact, and goes on", async () => {
		await world.migrate();
		await world.takeOver(now);
		expect(await everyFact()).toEqual(facts);
		await world.expectVerified(users(), kinds);
		await goOn();
	});

	test("this release writes a history with every command and every kind of event in it", async () => {
		const { done, ...two } = await everyCommand(world.url, world.folder, "two");
		lived.push(two);
		expect(COMMANDS.filter((command) => !done.has(command))).toEqual([]);
		await world.caughtUp(users());
		const seen = new Set<string>();
		for (const user of users()) for (const { kind } of await logOf(await world.caller(user))) seen.add(kind);
		const { items } = await (await world.caller(two.users.author)).ok<{ items: { kind: string }[] }>(
			"GET",
			"/v1/tenants/ten_demo/audit?limit=100",
		);
		for (const { kind } of items) seen.add(kind);
		const excused = (kind: string) => KINDS_OF_LATER.has(kind) || KINDS_OF_OTHERS.has(kind);
		expect(kinds.filter((kind) => !seen.has(kind) && !excused(kind))).toEqual([]);
		await world.expectVerified(users(), kinds);
		facts = await everyFact();
	});

	test("the release before reads that, writes, and replicates", async () => {
		await world.takeOver(before.modules);
		expect(await everyFact()).toEqual(facts);
		await world.expectVerified(users(), before.kinds);
		await goOn();
		lived.push(await everyCommand(world.url, world.folder, "three"));
		await world.caughtUp(users());
		await world.everyMinute();
		await world.expectVerified(users(), before.kinds);
		// It takes kinds that it does not know for poison; later releases hold.
		const { items } = await world.operator<{ items: { error: string }[] }>("GET", "dead-letters?limit=100");
		for (const { error } of items) expect(error).toMatch(/unknown kind/);
		facts = await everyFact();
	});

	test("this release reads that, drives again what the other did not know, and goes on", async () => {
		await world.takeOver(now);
		expect(await everyFact()).toEqual(facts);
		await world.expectVerified(users(), kinds);
		await world.everyMinute();
		expect(await world.operator("GET", "dead-letters?limit=100")).toMatchObject({ items: [] });
		await goOn();
		await world.caughtUp(users());
		facts = await everyFact();
	});

	test("what both have folded is what this release folds from the same logs", async () => {
		await world.close();
		const grown = world.catalogRows(tables);
		expect(Object.values(grown).flat().length).toBeGreaterThan(50);
		await world.takeOver(now);
		await world.rebuildEverything();
		await world.caughtUp(users());
		expect(await everyFact()).toEqual(facts);
		await world.close();
		expect(world.catalogRows(tables)).toEqual(grown);
	});
});

describe("this release beside a later one, which has a kind of event that it does not know:", {
	timeout: 300_000,
}, () => {
	const world = new World();
	afterAll(() => world.remove());
	const [author, taker, bystander] = ["usr_author_next", "usr_taker_next", "usr_bystander_next"];
	let quiz = "";
	/** As this one, but a like is another kind of event: rows of it are written, applied and taken out under that name. */
	let next: typeof now;

	const attemptOf = async (user: string) =>
		(await world.caller(user)).ok("POST", "attempts", { quiz, answers: { "1": 0 } });
	const statistics = async () =>
		(await world.caller(author)).ok<QuizStatistics>("GET", `/v1/quizzes/${quiz}/statistics`);
	interface Health {
		alarms: string[];
		holding: { shards: number; oldest: unknown };
		new_dead_letters: number;
	}
	const health = () => world.operator<Health>("GET", "replication");

	test("it holds before such a row, says so, and stays ready, while all others go on", async () => {
		next = renamed(now, '"quiz.liked"', '"quiz.adored"');
		await world.migrate();
		await world.takeOver(next);
		const document = { title: "Adored", subjects: [{ name: "all", questions: [QUESTION] }] };
		quiz = (await (await world.caller(author)).ok<{ id: string }>("POST", "quizzes", document)).id;
		const wait = { Prefer: "wait=30" };
		await (await world.caller(author)).ok("PUT", `quizzes/${quiz}/publication`, { visibility: "public" }, wait);
		await world.caughtUp([author]);
		// Its consumer sees nothing of the rows that follow.
		await world.takeOver(next, { queue: false });
		await attemptOf(taker);
		await (await world.caller(taker)).ok("PUT", `likes/${quiz}`);
		await attemptOf(taker);

		await world.takeOver(now);
		await attemptOf(bystander);
		await world.caughtUp([bystander]);
		await expect
			.poll(async () => (await health()).holding, { timeout: 90_000, interval: 500 })
			.toMatchObject({
				shards: 1,
				oldest: { user: taker, seq: 3, needs: "unknown kind quiz.adored" },
			});
		expect(await health()).toMatchObject({ alarms: ["rows-ahead"], new_dead_letters: 0 });
		expect((await fetch(`${world.url}/health/ready`)).status).toBe(200);
		expect(await statistics()).toMatchObject({ attempts: 2, takers: 2 });
		expect(await (await world.caller(taker)).ok("GET", "credits/verification")).toMatchObject({
			chain: { ok: true, anchored_seq: 2 },
			records: { first_difference: { table: "log", key: "3", detail: expect.stringMatching(/only a release/) } },
		});
	});

	test("the later one applies it and all that came behind", async () => {
		await world.takeOver(next);
		// What is written has the alarm look soon, however long the cursor has stood still.
		await attemptOf(taker);
		await world.caughtUp([taker]);
		expect(await health()).toMatchObject({ alarms: [], holding: { shards: 0, oldest: null } });
		expect(await statistics()).toMatchObject({ attempts: 4, takers: 2 });
		await world.expectVerified([author, taker, bystander], [...kinds, "quiz.adored"]);
		await world.close();
		const grown = world.catalogRows(world.tables());
		expect(grown.quiz_reactions).toEqual([expect.stringContaining('"likes":1')]);
		await world.takeOver(next);
		await world.rebuildEverything();
		await world.close();
		expect(world.catalogRows(world.tables())).toEqual(grown);
	});
});

const QUESTION = { id: 1, question: "Who likes it?", options: ["all", "none"], correctAnswer: 0 };

describe("a state folder that commit b256595 left", { timeout: 300_000 }, () => {
	interface Read {
		users: Record<string, string>;
		quizzes: { id: string; visibility: string; title: string }[];
		attempts: { who: string; id: string; quiz: string; score: number; max: number }[];
		collections: string[];
		hold: string;
	}
	const then: Read = JSON.parse(readFileSync(join(FIXTURES, "state-b256595/read.json"), "utf8"));
	const world = new World();
	afterAll(() => world.remove());

	test("is read by this release, shards and catalog, and the catalog is what this release folds", async () => {
		writeFiles(persistRoot(world.folder), unpack(readFileSync(join(FIXTURES, "state-b256595/state.br"))));
		await world.migrate();
		await world.takeOver(now);
		const users = Object.values(then.users);
		await world.caughtUp(users);
		await world.expectVerified(users, kinds);
		for (const { who, id, quiz, score, max } of then.attempts) {
			const caller = await world.caller(then.users[who] ?? "");
			expect(await caller.ok("GET", `attempts/${id}`)).toMatchObject({ id, quiz, score, max_score: max });
		}
		const author = await world.caller(then.users.author ?? "");
		for (const { id, title } of then.quizzes) expect(await author.ok("GET", `quizzes/${id}`)).toMatchObject({ title });
		for (const id of then.collections) expect(await author.ok("GET", `collections/${id}`)).toMatchObject({ id });
		await world.close();
		const tables = world.tables();
		const grown = world.catalogRows(tables);
		expect(grown.attempt_facts?.length).toBeGreaterThanOrEqual(then.attempts.length);
		await world.takeOver(now);
		await world.rebuildEverything();
		await world.close();
		const rebuilt = world.catalogRows(tables);
		// Of versions before the current one the migration could not know; only the logs say them.
		expect(rebuilt.quiz_versions).toEqual(expect.arrayContaining(grown.quiz_versions ?? []));
		expect(rebuilt).toEqual({ ...grown, quiz_versions: rebuilt.quiz_versions });
	});
});
