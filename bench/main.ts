import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { guardAgainstOrphans } from "../dev/orphan-guard.ts";
import { step } from "../dev/progress.ts";
import { bundleWorker } from "../dev/worker.ts";
import { writeResults } from "./lib/results.ts";
import { temporaryFolder } from "./lib/runtime.ts";
import { outage } from "./replication/outage.ts";
import { liveTable, outageTable } from "./replication/tables.ts";
import { throughput as replication } from "./replication/throughput.ts";
import { startAllD1 } from "./systems/all-d1.ts";
import { startFloor } from "./systems/floor.ts";
import { startMarksheetSystem } from "./systems/marksheet.ts";
import { startPostgres } from "./systems/postgres.ts";
import type { System } from "./systems/system.ts";
import { growth, growthTable } from "./workloads/growth.ts";
import { latency, latencyTable } from "./workloads/latency.ts";
import { memory, memoryTable } from "./workloads/memory.ts";
import { reads, readTable } from "./workloads/reads.ts";
import { rowCosts, rowsTable } from "./workloads/rows.ts";
import { ratios, type ThroughputRow, throughput, throughputTable } from "./workloads/throughput.ts";

/** Marksheet and its peers in one run, in turns; `--quick` for a look, without it for figures to speak of. */

const QUICK = {
	writes: { rounds: 1, seconds: 1, users: 100 },
	rows: { rounds: 1, seconds: 0.5 },
	latency: { rounds: 1, seconds: 1, users: 100 },
	reads: { attempts: [100, 10_000], quizzes: [1_000, 5_000], rounds: 1, requests: 30 },
	growth: { rows: [100, 10_000], rounds: 1 },
	shards: 1_000,
	replication: { shards: 50, attempts: 10, quizzes: 5 },
};
const FULL: typeof QUICK = {
	writes: { rounds: 4, seconds: 2, users: 1_000 },
	rows: { rounds: 3, seconds: 1 },
	latency: { rounds: 3, seconds: 3, users: 1_000 },
	reads: { attempts: [100, 10_000, 100_000], quizzes: [1_000, 100_000], rounds: 5, requests: 200 },
	growth: { rows: [100, 10_000, 1_000_000], rounds: 5 },
	shards: 10_000,
	replication: { shards: 500, attempts: 10, quizzes: 10 },
};

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run bench [-- OPTIONS]",
		about: "Measures Marksheet, a floor, all-D1 and PostgreSQL in one run, in turns.",
		options: { quick: { type: "boolean", default: false, about: "for a look; without it, for figures to speak of" } },
	});
	guardAgainstOrphans();
	const settings = values.quick ? QUICK : FULL;
	const bundle = temporaryFolder();
	await measured("building the Worker", () => bundleWorker(bundle));
	const compared = await comparison(bundle, settings);
	const grown = await measured("a command as its log grows", () => growth(bundle, settings.growth));
	console.log(`\n${growthTable(grown)}`);
	const resident = await measured("memory", () => memory(bundle, settings.shards));
	console.log(`\n${memoryTable(resident)}`);
	const live = await measured("replication", async () => (await replication(bundle, settings.replication)).measured);
	const lost = await measured("replication after an outage", () => outage(bundle, settings.replication));
	console.log(`\n${liveTable(live)}\n\n${outageTable(lost)}`);
	const results = { ...compared, growth: grown, memory: resident, replication: live, outage: lost };
	writeResults(values.quick ? "quick" : "latest", { settings, ...results });
});

function measured<T>(name: string, work: () => Promise<T>): Promise<T> {
	return step(name, work, () => name);
}

/** What is measured on all systems, in turns. */
async function comparison(bundle: string, settings: typeof QUICK) {
	const systems: System[] = [];
	const { users } = settings.writes;
	try {
		await measured("starting the systems", async () => {
			systems.push(await startMarksheetSystem(bundle, users), await startFloor());
			systems.push(await startAllD1("naive", users), await startAllD1("lean", users));
			const postgres = await startPostgres(users);
			if (postgres) systems.push(postgres);
		});
		const rows = await measured("throughput", () => throughput(systems, settings.writes));
		console.log(`\n${throughputTable(rows)}`);
		const inserted = await measured("rows of a commit", () => rowCosts(systems, settings.rows));
		console.log(`\n${rowsTable(inserted)}`);
		const capacity = (system: System) => capacityOf(rows, system, users);
		const times = await measured("latency", () => latency(systems, capacity, settings.latency));
		console.log(`\n${latencyTable(times)}`);
		const read = await measured("reading", () => reads(systems, settings.reads));
		console.log(`\n${readTable(read)}`);
		return { throughput: rows, ratios: ratios(rows), rows: inserted, latency: times, reads: read };
	} finally {
		for (const system of systems) await system.stop();
	}
}

/** Attempts per second of many users. */
function capacityOf(rows: readonly ThroughputRow[], { name }: System, users: number): number {
	const found = rows.find((row) => row.system === name && row.users === users && row.workload.startsWith("submit"));
	if (!found) throw new Error(`${name} has no capacity`);
	return found.per_second.median;
}
