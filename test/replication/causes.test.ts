import { expect, test } from "vitest";
import { type Cause, causeOf, UNDO } from "../../src/catalog/replication/causes.ts";
import { fold } from "../../src/catalog/replication/fold.ts";
import type { Run } from "../../src/catalog/replication/runs.ts";
import { fresh, testEnv } from "../lib/harness.ts";

/** Why D1 undid a transaction is told by its texts alone, so they are held against what the real one says. */

const db = testEnv.CATALOG;

async function failureOf(...statements: D1PreparedStatement[]): Promise<Cause> {
	try {
		await db.batch(statements);
	} catch (error) {
		return causeOf(error);
	}
	throw new Error("it did not fail");
}

const runOf = (user: string, from: number): Run => ({
	user,
	from,
	to: from + 1,
	hash: "0".repeat(64),
	events: [],
	poison: [],
});

test("a cursor that another consumer has moved", async () => {
	const user = fresh("usr");
	await db.batch(fold(db, [runOf(user, 0)], 1));
	expect(await failureOf(...fold(db, [runOf(user, 0)], 1))).toBe("moved");
	expect(await failureOf(...fold(db, [runOf(fresh("usr"), 0), runOf(user, 5)], 1))).toBe("moved");
});

test("a cursor that a rebuild holds", async () => {
	const user = fresh("usr");
	await db.batch(fold(db, [runOf(user, 0)], 1));
	const rebuild = db.prepare(
		`INSERT INTO rebuilds (user_id, phase, position, shards, events, started_at, updated_at)
			VALUES (?, 'wipe', 0, 0, 0, 0, 0)`,
	);
	expect(await failureOf(rebuild.bind(user), ...fold(db, [runOf(user, 1)], 1))).toBe("moved");
});

test("a transaction that was only tried, on a schema of any number of columns", async () => {
	expect(await failureOf(...fold(db, [runOf(fresh("usr"), 0)], 1), db.prepare(UNDO))).toBe("undone");
});

const insert = (attempts: string, histogram = "'[]'") => `INSERT INTO quiz_statistics
	(quiz, attempts, takers, passed, score_sum, percentage_bp_sum, histogram)
	SELECT 'quz_cause', ${attempts}, 0, 0, 0, 0, ${histogram}`;

test.each([
	["a CHECK", insert("-1")],
	["a CHECK on JSON", insert("1", "'nothing'")],
	["NOT NULL", insert("NULL")],
	["the type of a STRICT table's column", insert("'many'")],
	["a key", `${insert("1")} UNION ALL SELECT 'quz_cause', 1, 0, 0, 0, 0, '[]'`],
	["the type of a row's number", "INSERT INTO replication_minutes (minute) SELECT 'noon'"],
	["JSON that is none", "SELECT json('{')"],
	["a path that is none", "SELECT json_extract('{}', 'x')"],
	["a value that is too long", "SELECT zeroblob(3000000000)"],
	["a sum that is too large", "SELECT sum(value) FROM json_each('[9223372036854775807, 1]')"],
])("what an event can cause, against %s", async (_, query) => {
	expect(await failureOf(db.prepare(query))).toBe("refused");
});

test.each([
	["a table that is not there yet", "SELECT one FROM table_of_tomorrow"],
	["a column that is not there yet", "SELECT column_of_tomorrow FROM shards"],
	["a statement that is none", "SELEC 1"],
])("what is about the database, not about an event: %s", async (_, query) => {
	expect(await failureOf(db.prepare(query))).toBe("database");
});

test.each([
	"D1_ERROR: Network connection lost.",
	"D1_ERROR: D1 DB is overloaded. Too many requests queued.",
	"D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
	"D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
	"D1_ERROR: D1 DB reset because its code was updated.",
	"D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.",
	"D1_ERROR: database or disk is full: SQLITE_FULL",
	"D1_ERROR: database is locked: SQLITE_BUSY",
	"D1_ERROR: Memory limit would be exceeded before EOF.",
	"D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
])("what the platform's documentation says of a database that may recover: %s", (text) => {
	expect(causeOf(new Error(text))).toBe("database");
});
