import { table } from "../../dev/table.ts";
import { Connections } from "../lib/http.ts";
import { runAll, runFor } from "../lib/load.ts";
import { processorMs } from "../lib/processes.ts";
import { type Spread, shown, shownSpread, spread } from "../lib/statistics.ts";
import type { System } from "../systems/system.ts";
import { type Workload, writes } from "./writes.ts";

/** How much each system does in a second: a closed loop, all systems in turn in each round. */

const CLIENTS = 16;

export interface ThroughputSettings {
	rounds: number;
	seconds: number;
	/** In the workloads of many users. */
	users: number;
}

export interface ThroughputRow {
	workload: string;
	users: number;
	system: string;
	per_second: Spread;
	/** Of the system's processes, per operation; hardly moved by what else the machine does. Null where it cannot be read. */
	processor_us: Spread | null;
	p50_ms: Spread;
}

export async function throughput(
	systems: readonly System[],
	settings: ThroughputSettings,
	workloads = writes(settings.users),
): Promise<ThroughputRow[]> {
	const rows: ThroughputRow[] = [];
	for (const workload of workloads) {
		const samples = new Map<System, Sample[]>(systems.map((system) => [system, []]));
		for (let round = 0; round < settings.rounds; round++) {
			// Another one begins each round, so that none always runs after the same.
			const order = [...systems.slice(round % systems.length), ...systems.slice(0, round % systems.length)];
			for (const system of order) samples.get(system)?.push(await measure(system, workload, settings.seconds));
		}
		for (const [system, each] of samples) rows.push(rowOf(workload, system.name, each));
	}
	return rows;
}

interface Sample {
	per_second: number;
	processor_us: number | null;
	p50_ms: number;
}

async function measure(system: System, { users, operation }: Workload, seconds: number): Promise<Sample> {
	const connections = new Connections(system.url, CLIENTS);
	try {
		const run = (index: number) => operation(system, connections, index);
		// Everybody once, since objects that nobody called for ten seconds are put away.
		await runAll(CLIENTS, Math.max(users, CLIENTS * 10), run);
		const before = processorMs(system.processes);
		const { operations, per_second, latencies_ms } = await runFor(CLIENTS, seconds, run);
		const after = processorMs(system.processes);
		const used = before === null || after === null ? null : after - before;
		const p50_ms = spread(latencies_ms).median;
		return { per_second, processor_us: used === null ? null : (used * 1_000) / operations, p50_ms };
	} finally {
		connections.close();
	}
}

function rowOf({ name: workload, users }: Workload, system: string, samples: readonly Sample[]): ThroughputRow {
	const processor = samples.flatMap(({ processor_us }) => processor_us ?? []);
	return {
		workload,
		users,
		system,
		per_second: spread(samples.map((sample) => sample.per_second)),
		processor_us: processor.length === 0 ? null : spread(processor),
		p50_ms: spread(samples.map((sample) => sample.p50_ms)),
	};
}

/** Marksheet's throughput as a multiple of each other system's, by workload. */
export function ratios(rows: readonly ThroughputRow[]): Record<string, Record<string, number>> {
	const result: Record<string, Record<string, number>> = {};
	for (const { workload, system, per_second } of rows) {
		const own = rows.find((row) => row.workload === workload && row.system === "Marksheet");
		if (!own || system === "Marksheet") continue;
		result[workload] = { ...result[workload], [system]: own.per_second.median / per_second.median };
	}
	return result;
}

export function throughputTable(rows: readonly ThroughputRow[]): string {
	const ratio = ratios(rows);
	const head = [
		"operations per second: median (min–max)",
		"system",
		"ops/s",
		"p50 ms",
		"processor µs/op",
		"Marksheet is",
	];
	return table(
		head,
		rows.map(({ workload, system, per_second, p50_ms, processor_us }) => [
			workload,
			system,
			shownSpread(per_second),
			shown(p50_ms.median),
			processor_us ? shownSpread(processor_us) : "–",
			system === "Marksheet" ? "" : `${shown(ratio[workload]?.[system] ?? Number.NaN)} ×`,
		]),
	);
}
