import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { ALL_TABLES, LASTING_TABLES } from "../../src/shard/parts.ts";
import { newClient } from "../lib/harness.ts";

/** That the list of what a shard is made of is a list of all of it. */

function tablesOf(sql: SqlStorage): string[] {
	const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'";
	return sql
		.exec<{ name: string }>(query)
		.toArray()
		.map(({ name }) => name);
}

test("every table of a shard is one part's, or the engines'; one of nobody is noticed", async () => {
	const [names, more] = await runInDurableObject((await newClient()).shard(), (_, { storage: { sql } }) => {
		const names = tablesOf(sql);
		sql.exec("CREATE TABLE nobodys (a INTEGER) STRICT");
		return [names, tablesOf(sql)];
	});
	const owned = [...Object.keys(ALL_TABLES), ...LASTING_TABLES].sort();
	expect(owned).toEqual(names?.sort());
	expect(more?.filter((name) => !owned.includes(name))).toEqual(["nobodys"]);
});

test("every column of every table is exported, or said why not, and the keys are those of the tables", async () => {
	const query = `SELECT m.name AS "table", c.name AS "column", c.pk FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;
	const columns = await runInDurableObject((await newClient()).shard(), (_, { storage: { sql } }) =>
		sql.exec<{ table: string; column: string; pk: number }>(query).toArray(),
	);
	for (const [name, { key, columns: known }] of Object.entries(ALL_TABLES)) {
		const own = columns.filter(({ table }) => table === name);
		expect([name, ...Object.keys(known).sort()]).toEqual([name, ...own.map(({ column }) => column).sort()]);
		const primary = own.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
		expect([name, ...key]).toEqual([name, ...primary.map(({ column }) => column)]);
	}
});
