import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { ENGINE_TABLES, PARTS } from "../../src/shard/parts.ts";
import { newClient } from "../lib/harness.ts";

/** That the list of what a shard is made of is a list of all of it. */

test("every table of a shard is one part's, or the engines'", async () => {
	const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'";
	const names = await runInDurableObject((await newClient()).shard(), (_, { storage: { sql } }) =>
		sql
			.exec<{ name: string }>(query)
			.toArray()
			.map(({ name }) => name),
	);
	const owned = [...Object.values(PARTS).flatMap((part) => part.tables), ...ENGINE_TABLES];
	expect(owned.sort()).toEqual(names.sort());
});
