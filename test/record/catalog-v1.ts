import { expect, test } from "vitest";
import { testEnv } from "../harness.ts";
import { catalogContent, foldAll, recordedLog } from "../recorded-log.ts";
import { keepFixture } from "./fixtures.ts";

/** Records what the catalog is after the recorded log. test/fixtures/README.md says when to run this. */

test("the recorded catalog", async () => {
	const messages = recordedLog();
	expect(messages.length).toBeGreaterThan(0);
	await foldAll(messages);
	const query = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
		AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'd1_migrations' ORDER BY name`;
	const { results } = await testEnv.CATALOG.prepare(query).all<{ name: string }>();
	const content = await catalogContent(results.map(({ name }) => name));
	await keepFixture("recorded-catalog-v1.json", `${JSON.stringify(content, null, "\t")}\n`);
});
