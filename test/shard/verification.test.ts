import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chainHash, genesisHash, type LogRow } from "../../src/domain/log/chain.ts";
import { PARTS } from "../../src/shard/parts.ts";
import { type Answer, type Client, caughtUp, newClient, publishedQuiz, quizDocument, runsOf } from "../lib/harness.ts";
import { uploaded } from "../lib/images.ts";
import {
	at,
	CREDITS,
	DAY_MS,
	extend,
	fundedAt,
	grant,
	HOUR_MS,
	randomFrom,
	refund,
	release,
	reserve,
	SECOND_MS,
	START,
	settle,
	voidLot,
} from "../lib/ledger-harness.ts";
import { everyType, RIGHT } from "../lib/question-types.ts";

/** A shard's records against its log: a byte that is not as it was written is found, and the row is named. */

/** One user with a long history, whose rows each test damages and gets whole. */
let client: Client;
let restore: () => Promise<void>;

beforeAll(async () => {
	client = await userWithHistory();
	restore = await saved(client);
});
beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"], now: START + HOUR_MS });
});
afterEach(async () => {
	await restore();
});
afterAll(() => {
	vi.useRealTimers();
});

const FLIPS = runsOf(250);

const verification = async (client: Client): Promise<Answer> => client.get(`${CREDITS}/verification`);

/** Collections, shares in every state, uses of them, and a copy of somebody's quiz. */
async function sharing(client: Client, quiz: string): Promise<void> {
	for (const title of ["Kept", "Deleted"]) {
		const { body } = await client.post("/v1/users/me/collections", { title, quizzes: [quiz] });
		const path = `/v1/users/me/collections/${body.id}`;
		const changed = { title: `${title} now`, visibility: "public" };
		expect((await client.put(path, changed, { "If-Match": body.etag })).status).toBe(200);
		if (title === "Deleted") expect((await client.request("DELETE", path)).status).toBe(200);
	}
	const shares = `/v1/users/me/quizzes/${quiz}/shares`;
	const user = await newClient();
	for (const [access, terms] of [
		["view", {}],
		["edit", { max_uses: 3 }],
		["attempt", { expires_at: START + 90 * DAY_MS }],
	] as const) {
		const { body } = await client.post(shares, { access, ...terms });
		expect((await user.post(`/v1/shares/${body.code}/redemption`)).status).toBe(200);
		if (access === "view") await client.request("DELETE", `${shares}/${body.id}`);
	}
	const author = await newClient();
	const theirs = await publishedQuiz(author);
	const { body } = await author.post(`/v1/users/me/quizzes/${theirs}/shares`, { access: "copy" });
	expect((await client.post(`/v1/shares/${body.code}/redemption`)).status).toBe(200);
}

/** A user with rows of every kind: lots open, closed, scheduled, voided; holds open and ended in every way; attempts. */
async function userWithHistory(): Promise<Client> {
	const quiz = await publishedQuiz(await newClient());
	const client = await fundedAt(START, 40, { reference: "order 1042", expires_at: START + 90 * DAY_MS });
	for (const answers of [{ 1: 0 }, { 1: 0, 2: 1, 3: 0 }]) {
		const body = { quiz, answers, started_at: START - 9_000, time_taken_s: 9 };
		expect((await client.post("/v1/users/me/attempts", body)).status).toBe(201);
	}
	const every = await publishedQuiz(await newClient(), everyType());
	expect((await client.post("/v1/users/me/attempts", { quiz: every, answers: RIGHT })).status).toBe(201);
	const first = await grant(client, { amount: 6, priority: 0 });
	const bad = await grant(client, { amount: 5, kind: "bonus" });
	await grant(client, { amount: 5, kind: "bonus", effective_at: START + 80 * DAY_MS });
	await client.put(`${CREDITS}/plan`, { tier: "pro", amount: 20, anchor_day: 31, rollover_cap: 5 });
	await client.put(`${CREDITS}/preferences`, { low_balance_at: 2, expiring_notice_s: 3_600 });
	await client.put(`${CREDITS}/limits`, { daily_cap: 1_000 });
	const texts = { prompt: "About birds", conversation: [{ role: "user", content: "Ten questions" }], model: "m-1" };
	const settled = await reserve(client, { amount: 8, ...texts, purpose: "quiz", over_capture: { overdraft: 3 } });
	await settle(client, settled.id, { amount: 7, tokens_used: 10, cost_cents: 1, quiz });
	await refund(client, settled.id, { amount: 2 });
	const released = await reserve(client, { amount: 3, ...texts });
	await release(client, released.id, { reason: "why", error: "timeout" });
	const full = await reserve(client, { amount: 4, unit_price: 2 });
	await settle(client, full.id, { units: 2 });
	await reserve(client, { amount: 2, ttl_s: 1 });
	await voidLot(client, bad.id, { reason: "chargeback" });
	await voidLot(client, first.id);
	for (const path of [`favorites/${quiz}`, `favorites/${every}`, `likes/${quiz}`]) {
		expect((await client.put(`/v1/users/me/${path}`)).status).toBe(200);
	}
	await client.request("DELETE", `/v1/users/me/favorites/${every}`);
	const own = await client.post("/v1/users/me/quizzes", quizDocument("Own"));
	const publication = `/v1/users/me/quizzes/${own.body.id}/publication`;
	for (const visibility of ["private", "public"]) await client.put(publication, { visibility });
	await client.put(`/v1/users/me/quizzes/${own.body.id}`, quizDocument("Changed"), { "If-Match": "*" });
	await authored(client, own.body.id);
	await sharing(client, own.body.id);
	const [shown, dropped] = [await uploaded(client), await uploaded(client)];
	await uploaded(client);
	const document = quizDocument("Illustrated");
	const [question] = document.subjects[0]?.questions ?? [];
	if (question) question.image = { media: shown, alt: "A bird" };
	const illustrated = await client.post("/v1/users/me/quizzes", { ...document, thumbnail: dropped });
	await client.put(`/v1/users/me/quizzes/${illustrated.body.id}`, document, { "If-Match": "*" });
	expect((await client.request("DELETE", `/v1/users/me/media/${dropped}`)).status).toBe(200);
	const then = await at(START + 2 * SECOND_MS, client);
	const open = await reserve(then, { amount: 2, ttl_s: 20 * 3_600, ...texts, late_settle: "charge" });
	await extend(then, open.id, { amount: 1 });
	expect((await verification(then)).body).toMatchObject({ ok: true, records: { ok: true, first_difference: null } });
	return at(START + HOUR_MS, then);
}

/** Slugs, a copy, quizzes in review, in the archive, deleted and undeleted. */
async function authored(client: Client, quiz: string): Promise<void> {
	const path = (rest: string) => `/v1/users/me/quizzes${rest}`;
	for (const slug of ["one", "two", "one"]) await client.put(path(`/${quiz}/slug`), { slug });
	await client.post(path(`/${quiz}/versions/1/restoration`), undefined, { "If-Match": "*" });
	const copies: string[] = [];
	for (let n = 0; n < 4; n++)
		copies.push((await client.post(path(`/${quiz}/duplication`), { version_number: 1 })).body.id);
	const [review, archived, deleted, undeleted] = copies;
	await client.put(path(`/${archived}/publication`), { visibility: "private" });
	await client.put(path(`/${review}/status`), { status: "review" });
	await client.put(path(`/${archived}/status`), { status: "archived" });
	for (const gone of [deleted, undeleted]) await client.request("DELETE", path(`/${gone}`));
	expect((await client.post(path(`/${undeleted}/undeletion`))).status).toBe(200);
}

type Value = number | string | null | ArrayBuffer;

/** The value with one bit of one byte changed; null where there is no byte to change. */
function flipped(value: Value, random: ReturnType<typeof randomFrom>): number | string | ArrayBuffer | null {
	if (value === null || value === "") return null;
	if (typeof value === "number") return Number(BigInt(value) ^ (1n << BigInt(random.below(41))));
	const bytes = new Uint8Array(typeof value === "string" ? Buffer.from(value) : value.slice(0));
	const place = random.below(bytes.length);
	bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(typeof value === "string" ? 7 : 8));
	return typeof value === "string" ? new TextDecoder().decode(bytes) : bytes.buffer;
}

interface Flip {
	table: string;
	column: string;
	row: number;
	was: Value;
	is: number | string | ArrayBuffer;
}

/** Flips a bit somewhere in the table that its constraints let through; `undo` is the way back. */
async function flip(client: Client, table: string, random: ReturnType<typeof randomFrom>): Promise<Flip> {
	const done = await runInDurableObject(client.shard(), (_, { storage: { sql } }): Flip => {
		sql.exec("DROP TRIGGER IF EXISTS log_is_never_updated");
		const rows = sql.exec<Record<string, Value>>(`SELECT * FROM ${table}`).toArray();
		for (;;) {
			const row = random.below(rows.length);
			const column = random.pick(Object.keys(rows[row] ?? {}));
			const was = rows[row]?.[column] ?? null;
			const is = flipped(was, random);
			if (is === null || is === was) continue;
			try {
				sql.exec(`UPDATE ${table} SET ${column} = ? WHERE ${KEY[table]} = ?`, is, keyOf(table, rows[row]));
			} catch (error) {
				if (/constraint|UNIQUE/i.test(String(error))) continue;
				throw error;
			}
			return { table, column, row, was, is };
		}
	});
	await evictDurableObject(client.shard());
	return done;
}

const KEY: Record<string, string> = {
	log: "seq",
	account: "one",
	closed_lots: "seq",
	holds: "seq",
	attempts: "seq",
	requests: "key",
	shard: "one",
	quizzes: "seq",
	quiz_versions: "hash",
	collections: "seq",
	shares: "seq",
	grants: "seq",
	copies: "quiz",
	reactions: "seq",
	media: "seq",
	media_uses: "media",
	media_totals: "one",
};
const keyOf = (table: string, row: Record<string, Value> | undefined) => row?.[KEY[table] ?? ""] ?? null;

/** Everything in the shard's tables, to put back. */
const TABLES = Object.keys(KEY);
async function saved(client: Client): Promise<() => Promise<void>> {
	const copy = await runInDurableObject(client.shard(), (_, { storage: { sql } }) =>
		TABLES.map((table) => sql.exec<Record<string, Value>>(`SELECT * FROM ${table}`).toArray()),
	);
	return async () => {
		await runInDurableObject(client.shard(), (_, { storage }) => {
			const { sql } = storage;
			for (const trigger of ["updated", "deleted"]) sql.exec(`DROP TRIGGER IF EXISTS log_is_never_${trigger}`);
			storage.transactionSync(() => {
				TABLES.forEach((table, index) => {
					sql.exec(`DELETE FROM ${table}`);
					for (const row of copy[index] ?? []) {
						const marks = Object.keys(row).map(() => "?");
						sql.exec(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${marks})`, ...Object.values(row));
					}
				});
			});
		});
		await evictDurableObject(client.shard());
	};
}

/** What the verification says of the damage: its table, or what it said instead. */
function named({ status, body }: Answer): string {
	if (status !== 200 || body.ok !== false) return `${status} ${JSON.stringify(body).slice(0, 300)}`;
	if (!body.chain.ok) return "log";
	return body.records.first_difference?.table ?? "nothing";
}

/** The head of the log as it is stored: a read through the API lets the clock act first. */
const storedHead = (client: Client) =>
	runInDurableObject(
		client.shard(),
		(_, { storage: { sql } }) => sql.exec("SELECT max(seq) AS seq FROM log").one().seq,
	);

describe("a bit that flipped in a stored row", () => {
	it("is looked for in every table of every part, in the log, and in the answers that are kept", () => {
		// Only the object of a tenant has rows of its events: test/http/audit.test.ts damages those. What is saved of an attempt that is under
		// way is in no row of the log: test/shard/sittings-model.test.ts looks at it.
		const all = Object.values(PARTS).flatMap((part) => Object.keys(part.tables));
		const tables = all.filter((name) => !["recorded", "sittings"].includes(name));
		expect([...TABLES].sort()).toEqual([...tables, "log", "requests"].sort());
	});

	it.each(TABLES)("of %s is found, and the table is named", async (table) => {
		const random = randomFrom(1_000 + TABLES.indexOf(table));
		const missed: string[] = [];
		for (let flips = 0; flips < FLIPS; flips++) {
			const { column, was, is } = await flip(client, table, random);
			const answer = await verification(client);
			const found = named(answer);
			if (found !== table) missed.push(`${column}: ${was} → ${is}: ${found}`);
			await restore();
		}
		expect((await verification(client)).body.ok).toBe(true);
		expect(missed).toEqual([]);
	});

	it("of the log is named by its row", async () => {
		for (const seq of [1, 5, 12]) {
			await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
				sql.exec("DROP TRIGGER IF EXISTS log_is_never_updated");
				sql.exec("UPDATE log SET actor = 'usr_x' WHERE seq = ?", seq);
			});
			expect((await verification(client)).body.chain).toMatchObject({ ok: false, first_bad_seq: seq, rows: seq - 1 });
			await restore();
		}
	});

	it.each(["ledger_head", "attempt_head"])(
		"of the log's %s, which no hash covers, is named by its row",
		async (column) => {
			const damaged = async (seq: number, value: number) => {
				await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
					sql.exec("DROP TRIGGER IF EXISTS log_is_never_updated");
					sql.exec(`UPDATE log SET ${column} = ? WHERE seq = ?`, value, seq);
				});
				return (await verification(client)).body;
			};
			const heads = await runInDurableObject(client.shard(), (_, { storage: { sql } }) =>
				sql.exec<{ seq: number; head: number }>(`SELECT seq, ${column} AS head FROM log`).toArray(),
			);
			expect(new Set(heads.map(({ head }) => head)).size).toBeGreaterThan(3);
			for (const { seq, head } of [...heads.slice(0, 7), ...heads.slice(-1)]) {
				for (const value of [0, head - 1, seq].filter((value) => value >= 0 && value !== head)) {
					const first_difference = { table: "log", key: String(seq) };
					const expected = { ok: false, chain: { ok: true }, records: { first_difference } };
					expect(await damaged(seq, value), `${seq}: ${head} → ${value}`).toMatchObject(expected);
					await restore();
				}
			}
		},
	);

	it.each([
		["lots", "$[0].expires_at"],
		["holds", "$[0].expires_at"],
		["plan", "$.next_at"],
		["lots", "$[0].priority"],
		["terms", "$.daily_cap"],
	])("of the account's %s at %s is found before the clock acts on it", async (column, path) => {
		const head = await storedHead(client);
		await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
			sql.exec(`UPDATE account SET ${column} = json_set(${column}, ?, ?)`, path, START + SECOND_MS);
		});
		await evictDurableObject(client.shard());
		expect(named(await verification(client))).toBe("account");
		// Nor do commands and reads act on it: they fail and change nothing.
		expect((await client.post(`${CREDITS}/grants`, { amount: 1, kind: "bonus" })).status).toBe(500);
		expect((await client.get(CREDITS)).status).toBe(500);
		expect(await storedHead(client)).toBe(head);
	});

	it("of a hold or a closed lot is named by its id", async () => {
		for (const [table, change] of [
			["holds", "prompt = 'About bird'"],
			["holds", "conversation = '[]'"],
			["holds", "returned = returned - 1"],
			["holds", "record = json_set(record, '$.model', 'm-2')"],
			["closed_lots", "lot = json_set(lot, '$.amount', 7)"],
		]) {
			const id = await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
				const { id } = sql.exec<{ id: string }>(`SELECT id FROM ${table} ORDER BY seq LIMIT 1`).one();
				sql.exec(`UPDATE ${table} SET ${change} WHERE id = ?`, id);
				return id;
			});
			expect((await verification(client)).body, change).toMatchObject({
				ok: false,
				records: { ok: false, first_difference: { table, key: id } },
				chain: { ok: true },
			});
			await restore();
		}
	});
});

it("a byte of a stored answer that is not as it was submitted is found, and the attempt's row is named", async () => {
	const change = async (sql: string) => {
		const seq = await runInDurableObject(client.shard(), (_, { storage }) => {
			storage.sql.exec(`UPDATE attempts SET answers = ${sql} WHERE answers LIKE '{"sealed1":%'`);
			return storage.sql.exec("SELECT seq FROM attempts ORDER BY seq DESC LIMIT 1").one().seq;
		});
		const { body } = await verification(client);
		await restore();
		return { seq: String(seq), body };
	};
	// Another letter, a blank that changes no value, and no answers at all. They are sealed, since there is a text among them.
	const changes = [`replace(answers, '"}', 'A"}')`, "answers || ' '", "NULL"];
	for (const sql of changes) {
		const { seq, body } = await change(sql);
		expect(body, sql).toMatchObject({ ok: false, records: { first_difference: { table: "attempts", key: seq } } });
	}
	expect((await verification(client)).body.ok).toBe(true);
});

/** What of a row must be another's for there to be a second one. */
const OTHERWISE: Record<string, object> = {
	attempts: { number: 99 },
	grants: { grantee: "usr_x" },
	copies: { share: "shr_x" },
	media: { hash: "0".repeat(64) },
	reactions: { quiz: "quz_x" },
	quiz_versions: { hash: "0".repeat(64), number: 99 },
};

/** Rows of the log that are gone have tests of their own, below; records of answers go by themselves after a while. */
const MAY_LACK_ROWS = ["log", "requests"];

describe("a row that is gone, or should not be there", () => {
	it.each(TABLES.filter((table) => !MAY_LACK_ROWS.includes(table)))("of %s is found", async (table) => {
		await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
			sql.exec(`DELETE FROM ${table} WHERE ${KEY[table]} = (SELECT max(${KEY[table]}) FROM ${table})`);
		});
		await evictDurableObject(client.shard());
		// Whose log it is, is where its chain begins.
		expect(table === "shard" ? ["shard", "log"] : [table]).toContain(named(await verification(client)));
		await restore();
		if (["account", "shard", "media_totals"].includes(table)) return;
		await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
			const [row] = sql.exec<Record<string, Value>>(`SELECT * FROM ${table}`).toArray();
			const place = table === "media_uses" ? { version: 9_999 } : { [KEY[table] ?? ""]: 9_999 };
			const more = { ...row, ...place, ...OTHERWISE[table] };
			const marks = Object.keys(more).map(() => "?");
			sql.exec(`INSERT INTO ${table} (${Object.keys(more)}) VALUES (${marks})`, ...Object.values(more));
		});
		expect(named(await verification(client))).toBe(table);
	});
});

describe("the verification", () => {
	it("of a user without a log is of nothing, and ok", async () => {
		const { status, body } = await verification(await newClient());
		expect(status).toBe(200);
		expect(body).toMatchObject({
			ok: true,
			chain: { rows: 0, head_hash: null },
			conservation: { ok: true, lot_count: 0 },
		});
	});

	it("says the totals, the lots, the holds and the head hash, which the change feed says too", async () => {
		const { body } = await verification(client);
		const { items } = (await client.get("/v1/users/me/log?limit=100")).body;
		const head_hash = items.at(-1).hash;
		expect(body.chain).toMatchObject({ ok: true, rows: items.length, head_hash, first_bad_seq: null });
		const { granted, available, held, consumed, expired, voided } = (await client.get(CREDITS)).body;
		expect(body.conservation).toMatchObject({
			ok: true,
			granted,
			available,
			held,
			consumed,
			expired,
			voided,
			hold_count: 5,
		});
	});
});

it("finds history that was rewritten whole, with all its hashes: the catalog has another one of it", async () => {
	const client = await newClient();
	for (let n = 0; n < 3; n++) await grant(client, { amount: 5 });
	await caughtUp(client);
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		for (const trigger of ["updated", "deleted"]) sql.exec(`DROP TRIGGER log_is_never_${trigger}`);
		sql.exec("UPDATE log SET actor = 'usr_somebody' WHERE seq = 3");
		let hash = genesisHash(client.user);
		const rows = sql.exec<LogRow & Record<string, Value>>(
			"SELECT seq, at, actor, kind, subject, body FROM log ORDER BY seq",
		);
		for (const row of rows.toArray()) {
			hash = chainHash(hash, row);
			sql.exec("UPDATE log SET hash = ? WHERE seq = ?", new Uint8Array(hash).buffer, row.seq);
		}
	});
	const { body } = await verification(client);
	expect(body).toMatchObject({ ok: false, chain: { ok: false, first_bad_seq: 4 }, records: { ok: true } });
});

it("finds a log that was cut off at its end, with the state that goes with it", async () => {
	const client = await newClient();
	await client.post("/v1/users/me/quizzes", quizDocument("Kept"));
	await client.post("/v1/users/me/quizzes", quizDocument("Cut off"));
	await caughtUp(client);
	await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
		for (const trigger of ["updated", "deleted"]) sql.exec(`DROP TRIGGER log_is_never_${trigger}`);
		for (const table of ["log", "quizzes"]) sql.exec(`DELETE FROM ${table} WHERE seq = 3`);
		sql.exec("DELETE FROM requests");
	});
	expect((await verification(client)).body).toMatchObject({ ok: false, chain: { ok: false, first_bad_seq: 3 } });
});
