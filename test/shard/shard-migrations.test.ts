/// <reference types="vite/client" />
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MIGRATIONS, migrate } from "../../src/shard/engine/migrate.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { Sql } from "../../src/shard/engine/sql.ts";
import read from "../fixtures/shard-v1/read.json";
import { fresh, testEnv } from "../lib/harness.ts";

/** A fault between any two statements of a migration: the object does not start, keeps what it had, and completes later. */

type Migration = (typeof MIGRATIONS)[number];

const released = [...MIGRATIONS];
afterEach(() => {
	setMigrations(released);
	vi.restoreAllMocks();
});
/** The list that objects bring themselves up to date with. Only here it is more than a constant. */
const setMigrations = (list: readonly Migration[]) =>
	void (MIGRATIONS as Migration[]).splice(0, MIGRATIONS.length, ...list);

/** One that a later version may have: it changes a table that has rows, and would not run twice. */
const LATER: Migration = {
	name: "9999_later",
	sql: `-- What the attempts were before.
CREATE TABLE attempts_before (n INTEGER NOT NULL) STRICT;
INSERT INTO attempts_before SELECT count(*) FROM attempts;
ALTER TABLE attempts ADD COLUMN reviewed_at INTEGER;
CREATE TRIGGER attempts_are_kept BEFORE DELETE ON attempts BEGIN
	SELECT RAISE(ABORT, 'attempts are kept');
END;
UPDATE attempts SET reviewed_at = submitted_at + 1;
CREATE INDEX attempts_by_review ON attempts (reviewed_at);
`,
};

/** The statements of a file. Those of a trigger's body belong to it. */
function statementsOf({ sql }: Migration): string[] {
	const statements: string[] = [];
	let open = "";
	for (const part of sql.replace(/^--.*$/gm, "").split(";")) {
		open += part;
		const isTrigger = /^\s*CREATE TRIGGER/.test(open) && !/\bEND\s*$/.test(open);
		if (isTrigger) open += ";";
		else {
			if (open.trim() !== "") statements.push(`${open};`);
			open = "";
		}
	}
	return statements;
}

/** The migration, which fails after its first statements, and which is whole again where it does not fail. */
const failingAfter = (migration: Migration, statements: number): Migration => ({
	name: migration.name,
	sql: [...statementsOf(migration).slice(0, statements), "SELECT injected_fault();"].join("\n"),
});

async function started(shard: ReturnType<typeof newShard>["shard"], call: Call): Promise<string> {
	try {
		await shard.credits.balance(call);
		return "started";
	} catch (error) {
		return String(error);
	}
}

function newShard(user = fresh("usr"), tenant = "ten_a") {
	const shard = testEnv.SHARDS.getByName(user);
	const call: Call = { user, tenant, actor: user, now: Date.now(), request_id: "test" };
	return { shard, call };
}

const appliedNames = (shard: ReturnType<typeof newShard>["shard"]) =>
	runInDurableObject(shard, (_, { storage: { sql } }) =>
		sql
			.exec<{ name: string }>("SELECT name FROM migrations ORDER BY number")
			.toArray()
			.map(({ name }) => name),
	);

function dropTables(sql: SqlStorage): void {
	const tables = sql.exec<{ name: string }>(
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
	);
	for (const { name } of tables.toArray()) sql.exec(`DROP TABLE ${name}`);
}

const FAULTS = (migration: Migration) =>
	Array.from({ length: statementsOf(migration).length + 1 }, (_, index) => index);

describe("a new shard whose first migration fails", () => {
	const [first, ...rest] = released as [Migration, ...Migration[]];

	test("between any two statements starts when the fault is gone, with the whole schema", async () => {
		expect(FAULTS(first).length).toBeGreaterThan(10);
		for (const statements of FAULTS(first)) {
			const { shard, call } = newShard();
			setMigrations([failingAfter(first, statements), ...rest]);
			expect(await started(shard, call)).toMatch(/injected_fault/);
			setMigrations(released);
			expect(await started(shard, call)).toBe("started");
			expect(await appliedNames(shard)).toEqual(released.map(({ name }) => name));
			const granted = await shard.credits.grant(call, { amount: 5, kind: "bonus", priority: 50 });
			expect(granted).toMatchObject({ seq: 2, outcome: { ok: true } });
			expect(await shard.log.verify(call, null)).toMatchObject({ ok: true, chain: { rows: 2 } });
		}
	});

	test.each([
		["before the list of what was applied", /^CREATE TABLE IF NOT EXISTS migrations/, "before"],
		["after it", /^CREATE TABLE IF NOT EXISTS migrations/, "after"],
		["before the file is noted as applied", /^INSERT INTO migrations/, "before"],
		["after it was noted", /^INSERT INTO migrations/, "after"],
	] as const)("%s, likewise", async (_, at, when) => {
		const { shard, call } = newShard();
		const run = Sql.prototype.run;
		const fault = vi.spyOn(Sql.prototype, "run").mockImplementation(function (this: Sql, query, ...bindings) {
			if (!at.test(query) || when === "after") run.call(this, query, ...bindings);
			if (at.test(query)) throw new Error("injected fault");
		});
		expect(await started(shard, call)).toMatch(/injected fault/);
		fault.mockRestore();
		expect(await started(shard, call)).toBe("started");
		expect(await appliedNames(shard)).toEqual(released.map(({ name }) => name));
	});
});

describe("a shard of the first schema, whose data survive", () => {
	const owner = read.log[0]?.body as { user: string; tenant: string };

	/** Makes the object of a user of its own be that of the fixture; calls on it are those of the fixture's owner. */
	async function oldShard() {
		const { shard } = newShard();
		const { call } = newShard(owner.user, owner.tenant);
		await runInDurableObject(shard, (_, { storage: { sql } }) => {
			dropTables(sql);
			sql.exec(testEnv.TEST_SHARD_V1);
		});
		await evictDurableObject(shard);
		return { shard, call };
	}

	const later = [...released.slice(1), LATER];
	test.each(later.map((migration, index) => [migration.name, migration, index + 1] as const))(
		"a fault between any two statements of %s",
		async (_, migration, index) => {
			const whole = [...released.slice(0, 1), ...later];
			expect(FAULTS(migration).length).toBeGreaterThan(1);
			for (const statements of FAULTS(migration)) {
				const { shard, call } = await oldShard();
				setMigrations([...whole.slice(0, index), failingAfter(migration, statements)]);
				expect(await started(shard, call)).toMatch(/injected_fault/);
				setMigrations(whole);
				expect(await shard.log.verify(call, null)).toMatchObject({ ok: true, chain: { rows: read.log.length } });
				expect(await appliedNames(shard)).toEqual(whole.map(({ name }) => name));
				const kept = await runInDurableObject(shard, (_, { storage: { sql } }) => ({
					before: sql.exec("SELECT n FROM attempts_before").toArray(),
					reviewed: sql.exec("SELECT count(*) AS n FROM attempts WHERE reviewed_at > submitted_at").one().n,
				}));
				const n = read.attempts.length;
				expect(kept).toEqual({ before: [{ n }], reviewed: n });
				const feed = await shard.log.feed(call, 0, read.log.length);
				const rows = feed?.rows.map(({ body, ...row }) => ({ ...row, body: JSON.parse(body) }));
				expect(rows).toEqual(read.log);
			}
		},
	);
});

describe("the migration that gives each row of the log its latest attempt", () => {
	const index = released.findIndex(({ name }) => name === "0007_attempts");
	const migration = released[index] as Migration;

	/** What it makes of a log of so many rows, every third of them an attempt, and what it reads and writes for it. */
	const migrated = (rows: number) =>
		runInDurableObject(newShard().shard, (_, { storage }) => {
			const { sql } = storage;
			dropTables(sql);
			migrate(storage, released.slice(0, index));
			sql.exec(
				`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO log
				SELECT i, i, 'usr_x', iif(i % 3 = 2, 'attempt.submitted', 'quiz.liked'), 'x', '{}', zeroblob(32), 0 FROM n`,
				rows,
			);
			const cost = { read: 0, written: 0 };
			// One by one: the engine counts the rows of the last statement of a text only.
			for (const statement of statementsOf(migration)) {
				const cursor = sql.exec(statement);
				cursor.toArray();
				cost.read += cursor.rowsRead;
				cost.written += cursor.rowsWritten;
			}
			return { cost, heads: sql.exec<{ h: number }>("SELECT attempt_head AS h FROM log ORDER BY seq").toArray() };
		});

	test("reads and writes in proportion to the log", async () => {
		const [small, great] = [await migrated(1_000), await migrated(4_000)];
		// Attempts are rows 2, 5, 8 and so on.
		const latest = (seq: number) => Math.max(0, seq - ((seq + 1) % 3));
		expect(great.heads.map(({ h }) => h)).toEqual(great.heads.map((_, place) => latest(place + 1)));
		expect(great.heads).toHaveLength(4_000);
		expect(great.cost.written).toBeGreaterThanOrEqual(4_000);
		expect(great.cost.written).toBeLessThanOrEqual(4.1 * small.cost.written);
		expect(great.cost.read).toBeLessThanOrEqual(4.1 * small.cost.read);
	});
});

test("every migration of the folder is in the list, in order", () => {
	const files = Object.keys(import.meta.glob("../../do-migrations/*.sql")).sort();
	expect(MIGRATIONS.map(({ name }) => `../../do-migrations/${name}.sql`)).toEqual(files);
});

test("a migration that fails leaves the schema as it was, and runs again in whole the next time", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call, { amount: 5, kind: "bonus", priority: 50 });
	await runInDurableObject(shard, (_, { storage }) => {
		const broken = [
			...MIGRATIONS,
			{ name: "9999_broken", sql: "CREATE TABLE half (a INTEGER);\nCREATE TABLE half (a);" },
		];
		expect(() => migrate(storage, broken)).toThrow(/already exists/);
		const mended = [...MIGRATIONS, { name: "9999_mended", sql: "CREATE TABLE half (a INTEGER);\n-- the end" }];
		migrate(storage, mended);
		migrate(storage, mended);
		const names = storage.sql.exec("SELECT name FROM migrations ORDER BY number").toArray();
		expect(names.at(-1)).toEqual({ name: "9999_mended" });
	});
});

test("a migration that comes before one that is applied already is applied all the same", async () => {
	const { shard, call } = newShard();
	await shard.credits.grant(call, { amount: 5, kind: "bonus", priority: 50 });
	await runInDurableObject(shard, (_, { storage }) => {
		const [late, first] = ["0000_late", "0000_first"].map((name) => ({
			name,
			sql: `CREATE TABLE t_${name} (a INTEGER);`,
		}));
		if (!late || !first) throw new Error("two were made");
		migrate(storage, [...MIGRATIONS, late]);
		migrate(storage, [first, ...MIGRATIONS, late]);
		const names = storage.sql.exec<{ name: string }>("SELECT name FROM migrations ORDER BY number").toArray();
		expect(names.slice(-2)).toEqual([{ name: "0000_late" }, { name: "0000_first" }]);
		expect(names).toHaveLength(MIGRATIONS.length + 2);
	});
});
