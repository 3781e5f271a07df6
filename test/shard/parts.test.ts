import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { ENGINE_TABLES, PARTS } from "../../src/shard/parts.ts";
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
	const owned = [...Object.values(PARTS).flatMap((part) => part.tables), ...ENGINE_TABLES].sort();
	expect(owned).toEqual(names?.sort());
	expect(more?.filter((name) => !owned.includes(name))).toEqual(["nobodys"]);
});
