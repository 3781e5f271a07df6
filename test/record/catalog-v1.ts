import { expect, test } from "vitest";
import { type CatalogContent, catalogContent, foldAll, recordedLog } from "../lib/recorded-log.ts";
import { keepFixture } from "./fixtures.ts";

/** Records what the catalog is after the recorded log. test/fixtures/README.md says when to run this. */

test("the recorded catalog", async () => {
	const messages = recordedLog();
	expect(messages.length).toBeGreaterThan(0);
	await foldAll(messages);
	const content = await catalogContent();
	await keepFixture("recorded-catalog-v1.json", aRowPerLine(content));
});

/** So that a difference shows which rows are others. */
function aRowPerLine(content: CatalogContent): string {
	const tables = Object.entries(content).map(([table, rows]) => {
		const lines = rows.map((row) => `\n\t\t${JSON.stringify(row)}`);
		return `\n\t"${table}": [${lines.join(",")}\n\t]`;
	});
	return `{${tables.join(",")}\n}\n`;
}
