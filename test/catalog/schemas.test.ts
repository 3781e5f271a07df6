import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import accountsSchema from "../fixtures/accounts-schema.sql?raw";
import catalogSchema from "../fixtures/catalog-schema.sql?raw";
import shardSchema from "../fixtures/shard-schema.sql?raw";
import { newClient, testEnv } from "../lib/harness.ts";

/** What all migrations together make, frozen: nobody changes a schema without seeing it, and no released migration changes. */

/** Every object that has a definition, except for what the platform keeps beside it. */
const DEFINITIONS = `SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
	AND tbl_name NOT IN ('sqlite_sequence', 'd1_migrations') ORDER BY name`;

const asText = (rows: readonly { sql: string }[]) => rows.map(({ sql }) => `${sql};\n`).join("\n");

/** The fixture without the comment at its head. */
const definitionsIn = (fixture: string) => fixture.replace(/^(--.*\n)+\n/, "");

describe.each([
	["CATALOG", testEnv.CATALOG, catalogSchema],
	["ACCOUNTS", testEnv.ACCOUNTS, accountsSchema],
])("the schema of %s", (_, database, fixture) => {
	test("is the frozen one", async () => {
		const { results } = await database.prepare(DEFINITIONS).all<{ sql: string }>();
		expect(asText(results)).toBe(definitionsIn(fixture));
	});
});

describe("the schema of a shard", () => {
	test("is the frozen one", async () => {
		const client = await newClient();
		await client.get("/v1/users/me/sync");
		const rows = await runInDurableObject(client.shard(), (_, { storage: { sql } }) =>
			sql.exec<{ name: string; sql: string }>(DEFINITIONS).toArray(),
		);
		expect(asText(rows)).toBe(definitionsIn(shardSchema));
	});
});

test("each frozen schema says how to change it", () => {
	for (const fixture of [catalogSchema, accountsSchema, shardSchema]) {
		expect(fixture).toMatch(/^-- .*frozen.*\n-- To change it: add a migration/);
	}
});
