import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import type { SyncState } from "../../dev/contract.ts";
import { killServers, listens, newQuietStateFolder, removeFolder, startServer } from "./harness.ts";
import { type Caller, newCaller } from "./lib/caller.ts";
import { type Draw, random } from "./lib/random.ts";
import { putPrefix, shardFile, storedCursors } from "./lib/shard-files.ts";
import { expectLegalHistory } from "./lib/shard-invariants.ts";

/**
 * Any prefix of the write-ahead log is a legal history: whatever a power cut leaves of the file, the shard opens with a
 * state that its user had at some instant. And where the catalog knows more than such a shard, the verification says so.
 */

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
const USERS = Array.from({ length: 8 }, (_, index) => `usr_prefix${index}`);
const WRITERS_PER_USER = 2;
const COMMANDS_PER_WRITER_MAX = 45;
const PREFIXES_PER_USER = process.env.TEST_LONG ? 220 : 22;
const WAL_HEADER_BYTES = 32;
const WAL_FRAME_BYTES = 24 + 4_096;
/** SQLite moves the log into the database at this length; below it, the log is the whole history. */
const CHECKPOINT_FRAMES = 1_000;

const folder = newQuietStateFolder();
const copy = `${folder}-copy`;
afterAll(() => {
	killServers();
	for (const each of [folder, copy]) removeFolder(each);
});

const quizDocument = (title: string) => ({
	title,
	subjects: [{ name: "all", questions: [{ id: 1, question: "?", options: ["yes", "no"], correctAnswer: 0 }] }],
});

/** Gives the user credits, and lets the catalog know. */
async function fund({ ok }: Caller): Promise<number> {
	await ok("POST", "credits/grants", { amount: 1_000_000, kind: "plan" }, { Prefer: "wait=20" });
	return (await ok<SyncState>("GET", "sync")).lag;
}

/** Does one thing or another until the server is gone or it has done enough; notes the highest row that was acknowledged. */
async function write(caller: Caller, quiz: string, draw: Draw, acknowledged: Map<string, number>): Promise<void> {
	const post = async (path: string, body: object) => {
		const { status, headers, body: made } = await caller.call<{ id: string }>("POST", path, body);
		expect(status).toBeLessThan(300);
		const seq = Number(headers.get("Sync-Seq"));
		acknowledged.set(caller.user, Math.max(seq, acknowledged.get(caller.user) ?? 0));
		return made.id;
	};
	for (let commands = 0; commands < COMMANDS_PER_WRITER_MAX; commands++) {
		const choice = draw(10);
		if (choice === 0) await post("credits/grants", { amount: 1 + draw(9), kind: "bonus" });
		else if (choice === 1) await post("quizzes", quizDocument(`Draft ${draw(100)}`));
		else if (choice < 4) await post("attempts", { quiz, answers: { "1": draw(2) } });
		else {
			const hold = await post("credits/holds", { amount: 1 + draw(5), prompt: "p".repeat(draw(3_000)) });
			const end = draw(3);
			if (end === 0) await post(`credits/holds/${hold}/release`, {});
			else if (end === 1) await post(`credits/holds/${hold}/settlement`, { amount: draw(2) });
		}
	}
}

/** Writers of all users, until `during` is over; then what they were doing may fail. */
async function whileWriting(
	callers: readonly Caller[],
	quiz: string,
	draw: Draw,
	during: (acknowledged: Map<string, number>) => Promise<void>,
): Promise<Map<string, number>> {
	const acknowledged = new Map<string, number>();
	const writers = callers.flatMap((caller) =>
		Array.from({ length: WRITERS_PER_USER }, () => write(caller, quiz, draw, acknowledged)),
	);
	const ended = Promise.allSettled(writers);
	await during(acknowledged);
	await ended;
	return acknowledged;
}

interface Prefix {
	bytes: number;
	head: number;
}

/** Opens prefixes of a user's log of random lengths, in the order of their lengths; each must go on where the one before ended. */
function openPrefixes(user: string, draw: Draw): { prefixes: Prefix[]; hashes: string[] } {
	const file = shardFile(folder, user);
	const wal = readFileSync(`${file}-wal`);
	const frames = Math.floor((wal.byteLength - WAL_HEADER_BYTES) / WAL_FRAME_BYTES);
	expect(frames).toBeGreaterThan(100);
	expect(frames).toBeLessThan(CHECKPOINT_FRAMES);
	const inside = Array.from({ length: PREFIXES_PER_USER }, () => draw(wal.byteLength));
	const edges = Array.from({ length: 5 }, () => WAL_HEADER_BYTES + draw(frames) * WAL_FRAME_BYTES);
	const lengths = [0, 1, WAL_HEADER_BYTES, ...inside, ...edges, wal.byteLength].sort((a, b) => a - b);
	let hashes: string[] = [];
	const prefixes = lengths.map((bytes): Prefix => {
		const target = join(copy, "prefix.sqlite");
		putPrefix(file, wal, bytes, target);
		const database = new DatabaseSync(target);
		const history = expectLegalHistory(database, user);
		database.close();
		expect(history.hashes.slice(0, hashes.length)).toEqual(hashes);
		hashes = history.hashes;
		return { bytes, head: hashes.length };
	});
	return { prefixes, hashes };
}

test(`any prefix of the write-ahead log is a legal history (seed ${SEED})`, async () => {
	const draw = random(SEED);
	const server = await startServer(folder);
	const author = await newCaller(server.url, folder, "usr_author");
	const { id: quiz } = await author.ok<{ id: string }>("POST", "quizzes", quizDocument("All take it"));
	await author.ok("PUT", `quizzes/${quiz}/publication`, { visibility: "public" }, { Prefer: "wait=20" });
	const callers = await Promise.all(USERS.map((user) => newCaller(server.url, folder, user)));
	for (const lag of await Promise.all(callers.map(fund))) expect(lag).toBe(0);
	const enough = USERS.length * 45;
	const acknowledged = await whileWriting(callers, quiz, draw, async (heads) => {
		const rows = () => [...heads.values()].reduce((sum, head) => sum + head, 0);
		await expect.poll(rows, { timeout: 20_000, interval: 5 }).toBeGreaterThan(enough);
		await server.stop("SIGKILL", "group");
	});
	await expect.poll(() => listens(server.port), { timeout: 10_000 }).toBe(false);

	mkdirSync(copy);
	const prefixesOf = new Map<string, Prefix[]>();
	for (const user of USERS) {
		const { prefixes, hashes } = openPrefixes(user, draw);
		expect(new Set(prefixes.map(({ head }) => head)).size).toBeGreaterThan(10);
		expect(prefixes[0]?.head).toBe(0);
		expect(hashes.length).toBeGreaterThanOrEqual(acknowledged.get(user) ?? Number.NaN);
		prefixesOf.set(user, prefixes);
	}
	expectDamagesFound(USERS[0] ?? "");
	await handBack(prefixesOf);
});

/** What the check of a history must find, or it would prove nothing. */
const DAMAGES = {
	"a row of the log is gone": "DELETE FROM log WHERE seq = 3",
	"a row of the log is another": "UPDATE log SET actor = 'usr_x' WHERE seq = 3",
	"a row of the log knows another attempt": "UPDATE log SET attempt_head = 0 WHERE seq = (SELECT max(seq) FROM log)",
	"an attempt is gone": "DELETE FROM attempts WHERE seq = (SELECT min(seq) FROM attempts)",
	"a hold has no row of the log": "UPDATE holds SET seq = seq + 1000 WHERE seq = (SELECT max(seq) FROM holds)",
	"credits went elsewhere": "UPDATE account SET available = available - 1, held = held + 1",
	"a lot has other sums": "UPDATE account SET lots = json_set(lots, '$[0].available', 5)",
	"an answer names a row that is not there": "UPDATE requests SET seq = 100000",
	"a version was never published":
		"INSERT INTO quiz_versions (quiz, number, hash, content, published_at) VALUES (1, 1, printf('%064d', 1), '{}', 1)",
};

function expectDamagesFound(user: string): void {
	const file = shardFile(folder, user);
	const wal = readFileSync(`${file}-wal`);
	for (const [what, damage] of Object.entries(DAMAGES)) {
		const target = join(copy, "damaged.sqlite");
		putPrefix(file, wal, wal.byteLength, target);
		const database = new DatabaseSync(target);
		for (const change of ["updated", "deleted"]) database.exec(`DROP TRIGGER log_is_never_${change}`);
		database.exec(damage);
		expect(() => expectLegalHistory(database, user), what).toThrow(/expected/);
		database.close();
	}
}

/** Gives each shard one of its prefixes; every second one a prefix that ends before what the catalog has applied. */
async function handBack(prefixesOf: ReadonlyMap<string, readonly Prefix[]>): Promise<void> {
	rmSync(copy, { recursive: true });
	cpSync(folder, copy, { recursive: true });
	const cursors = storedCursors(copy);
	const chosen = USERS.map((user, index) => {
		const cursor = cursors.get(user) ?? 0;
		expect(cursor).toBeGreaterThan(1);
		const prefixes = prefixesOf.get(user) ?? [];
		const isBehind = index % 2 === 1;
		const fitting = prefixes.filter(({ head }) => (isBehind ? head < cursor : head >= cursor));
		// The one next to the cursor, and once nothing at all: then the runtime begins with the schema.
		const prefix = isBehind && index < USERS.length - 1 ? fitting.at(-1) : fitting[0];
		if (!prefix) throw new Error(`no prefix of ${user} is ${isBehind ? "behind" : "at"} row ${cursor}`);
		const file = shardFile(folder, user);
		putPrefix(file, readFileSync(`${file}-wal`), prefix.bytes, shardFile(copy, user));
		return { user, cursor, isBehind, head: prefix.head };
	});
	const server = await startServer(copy);
	for (const { user, cursor, isBehind, head } of chosen) {
		const { ok } = await newCaller(server.url, copy, user);
		const verification = () => ok("GET", "credits/verification");
		const sound = { conservation: { ok: true }, records: { ok: true, first_difference: null } };
		const grant = () => ok("POST", "credits/grants", { amount: 1, kind: "bonus" });
		if (isBehind) {
			// What the catalog has applied was stored once: a shard without it has lost rows, however sound it is in itself.
			const lost = { ok: false, first_bad_seq: head + 1 };
			expect(await verification()).toMatchObject({ ok: false, chain: lost, ...sound });
			for (let seq = head; seq <= cursor; seq++) await grant();
			// And when it has written others in their place, the catalog's hash is not that of its row.
			const rewritten = { ok: false, first_bad_seq: cursor };
			expect(await verification()).toMatchObject({ ok: false, chain: rewritten, ...sound });
		} else {
			// The shard has begun to send again by now, and the catalog may have taken rows after those that it had.
			const anchored_seq = expect.toSatisfy((seq: unknown) => Number(seq) >= cursor && Number(seq) <= head);
			expect(await verification()).toMatchObject({ ok: true, chain: { rows: head, anchored_seq }, ...sound });
			await grant();
			expect(await verification()).toMatchObject({ ok: true, ...sound });
		}
	}
	expect(await server.stop("SIGTERM")).toBe(0);
}
