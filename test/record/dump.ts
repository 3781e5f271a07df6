import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A database file as SQL that makes it again, for objects inside the runtime, which can read no file. Triggers come last. */
export function dumpOf(file: string): string {
	// SQLite puts files beside one that it opens, even only to read.
	const folder = mkdtempSync(join(tmpdir(), "marksheet-dump-"));
	const copy = join(folder, "copy.sqlite");
	copyFileSync(file, copy);
	const database = new DatabaseSync(copy, { readBigInts: true });
	try {
		const query = `SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
			ORDER BY type = 'trigger', rowid`;
		const objects = database.prepare(query).all();
		return objects
			.flatMap(({ name, type, sql }) => [`${sql};`, ...(type === "table" ? insertsOf(database, String(name)) : [])])
			.join("\n");
	} finally {
		database.close();
		rmSync(folder, { recursive: true });
	}
}

function insertsOf(database: DatabaseSync, table: string): string[] {
	const rows = database.prepare(`SELECT * FROM ${table}`).all();
	return rows.map((row) => `INSERT INTO ${table} VALUES (${Object.values(row).map(literal).join(", ")});`);
}

function literal(value: unknown): string {
	if (value === null) return "NULL";
	if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
	return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
