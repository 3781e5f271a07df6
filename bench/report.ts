import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { ROOT } from "../dev/settings.ts";
import { type Change, changesTable } from "./changes/table.ts";
import { type CostRow, costTables } from "./cost/tables.ts";
import { goalsOf, goalsTable } from "./goals.ts";
import { type Circumstances, circumstancesLine } from "./lib/results.ts";
import { functionsTable, type Profiled, partsTable } from "./profile/tables.ts";
import type { Outage } from "./replication/outage.ts";
import type { Replay } from "./replication/replay.ts";
import { liveTable, outageTable, replayTable } from "./replication/tables.ts";
import type { Throughput } from "./replication/throughput.ts";
import {
	assumptions,
	type Rate,
	type SingleRate,
	type Sized,
	type StallRate,
	singleTable,
	sizeTable,
	stallTable,
	sweepTable,
} from "./scale/tables.ts";
import { type GrowthRow, growthTable } from "./workloads/growth.ts";
import { type LatencyRow, latencyTable } from "./workloads/latency.ts";
import { type MemoryRow, memoryTable } from "./workloads/memory.ts";
import { type ReadRow, readTable } from "./workloads/reads.ts";
import { type RowsRow, rowsTable } from "./workloads/rows.ts";
import { type ThroughputRow, throughputTable } from "./workloads/throughput.ts";

/** Puts the tables of the last runs into the documents, between the comments that name them: so no figure is typed by hand. */

const DOCUMENTS = ["docs/performance.md", "docs/scale.md"];
const PROFILED_FUNCTIONS = 15;

interface Latest {
	throughput: ThroughputRow[];
	rows?: RowsRow[];
	latency: LatencyRow[];
	reads: ReadRow[];
	growth: GrowthRow[];
	memory: MemoryRow[];
	replication: Throughput;
	outage: Outage;
}

interface Scale {
	sweeps: { reads_per_event: number; rates: Rate[] }[];
	single?: SingleRate[];
	stalls?: StallRate[];
	sizes: Sized[];
}

await run(async () => {
	parseCommandLine({
		usage: "npm run bench:report",
		about: `Puts the tables of the last runs into ${DOCUMENTS.join(" and ")}.`,
	});
	const latest = results<Latest>("latest");
	const replays = results<{ live: Throughput; replays: Replay[] }>("replication");
	const cost = results<{ rows: CostRow[] }>("cost");
	const scale = results<Scale>("scale");
	const profiled = writtenResults<Profiled>("profile");
	const changed = writtenResults<{ changes: Change[] }>("changes");
	const runs = Object.entries({ latest, replication: replays, cost, scale, profile: profiled, changes: changed });
	const sections: Record<string, string[] | null> = {
		circumstances: [runs.flatMap(([name, run]) => (run ? [circumstancesLine(name, run)] : [])).join("\n")],
		goals: [goalsTable(goalsOf({ ...latest, replays: replays.replays, cost: cost.rows }))],
		throughput: [throughputTable(latest.throughput)],
		rows: latest.rows ? [rowsTable(latest.rows)] : null,
		latency: [latencyTable(latest.latency)],
		reads: [readTable(latest.reads)],
		growth: [growthTable(latest.growth)],
		memory: [memoryTable(latest.memory)],
		replication: [liveTable(replays.live), replayTable(replays.replays), outageTable(latest.outage)],
		cost: costTables(cost.rows),
		catalog: scale.sweeps.map(({ reads_per_event, rates }) => sweepTable(reads_per_event, rates)),
		single: scale.single ? [singleTable(scale.single)] : null,
		stalls: scale.stalls ? [stallTable(scale.stalls)] : null,
		users: [sizeTable(scale.sizes), assumptions],
		changes: changed && [changesTable(changed.changes)],
		profile: profiled && [partsTable(profiled), functionsTable(profiled, "inclusive_us", PROFILED_FUNCTIONS)],
	};
	for (const name of DOCUMENTS) fill(join(ROOT, name), sections);
});

function results<T>(name: string): T & Circumstances {
	const found = writtenResults<T>(name);
	if (found) return found;
	throw new Failure(
		`There is no bench/results/${name}.json. Run bench, bench:replication, bench:cost and bench:scale first.`,
	);
}

/** What the last run wrote, or null; its type is what that command writes, since both are of one checkout. */
function writtenResults<T>(name: string): (T & Circumstances) | null {
	const file = join(ROOT, "bench/results", `${name}.json`);
	return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** @param sections by name; null for one that stays as it is, since it was not measured here */
function fill(file: string, sections: Record<string, string[] | null>): void {
	const text = readFileSync(file, "utf8");
	const filled = text.replace(
		/(<!-- measured: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
		(whole, begin: string, name: string, end: string) => {
			const section = sections[name];
			if (section === null) return whole;
			if (!section) throw new Failure(`${file} asks for "${name}", which is nothing that is measured.`);
			return `${begin}\n\`\`\`\n${section.join("\n\n")}\n\`\`\`\n\n${end}`;
		},
	);
	writeFileSync(file, filled);
}
