import { parseCommandLine } from "../../dev/command-line.ts";
import { run } from "../../dev/failure.ts";
import { guardAgainstOrphans } from "../../dev/orphan-guard.ts";
import { step } from "../../dev/progress.ts";
import { writeResults } from "../lib/results.ts";
import { allD1Usage } from "./d1-usage.ts";
import { bundleMetered, KINDS, marksheetUsage, SCENARIOS } from "./marksheet-usage.ts";
import { dollarsPerMillion, PRICES, PRICES_OF, STORAGE_PER_GB_MONTH } from "./prices.ts";
import { type CostRow, costTables } from "./tables.ts";

/** What a million attempts and a million generations cost, from the engines' own counters and the published prices. */

const FORMS = ["naive", "lean"] as const;

await run(async () => {
	parseCommandLine({
		usage: "npm run bench:cost",
		about:
			"What a million attempts and a million generations cost, from the engines' own counters and the published prices.",
	});
	guardAgainstOrphans();
	const bundle = await step("building the metered Worker", bundleMetered, () => "metered Worker built");
	const rows: CostRow[] = [];
	for (const kind of KINDS) {
		for (const scenario of SCENARIOS) {
			const name = `Marksheet, ${scenario.name}`;
			const measured = await step(
				`${kind}: ${name}`,
				() => marksheetUsage(bundle, kind, scenario),
				() => `${kind}: ${name}`,
			);
			rows.push({ kind, system: name, ...measured, dollars_per_million: dollarsPerMillion(measured.usage) });
		}
		for (const form of FORMS) {
			const { usage, bytes } = await allD1Usage(form, kind);
			const priced = { usage, dollars_per_million: dollarsPerMillion(usage) };
			rows.push({ kind, system: `all-D1, ${form}`, ...priced, object_bytes: 0, d1_bytes: bytes });
		}
	}
	for (const text of costTables(rows)) console.log(`\n${text}`);
	writeResults("cost", { prices_of: PRICES_OF, prices: PRICES, storage: STORAGE_PER_GB_MONTH, rows });
});
