import { table } from "../../scripts/lib/table.ts";
import { Connections } from "../lib/http.ts";
import { openLoop, runAll } from "../lib/load.ts";
import { quantile, shown } from "../lib/statistics.ts";
import type { System } from "../systems/system.ts";
import { submission } from "./writes.ts";

/** How long an attempt takes at shares of what the system can do; requests come when they come, whether or not it keeps up. */

const SOCKETS = 256;
const SHARES = [0.25, 0.5, 0.75];

export interface LatencyRow {
	system: string;
	share: number;
	offered_per_s: number;
	p50_ms: number;
	p99_ms: number;
	p999_ms: number;
}

export async function latency(
	systems: readonly System[],
	capacity: (system: System) => number,
	{ seconds, users }: { seconds: number; users: number },
): Promise<LatencyRow[]> {
	const rows: LatencyRow[] = [];
	for (const share of SHARES) {
		for (const system of systems) {
			const connections = new Connections(system.url, SOCKETS);
			const submit = async (index: number) => {
				await connections.expect(201, submission(system, index % users, index));
			};
			await runAll(16, users, submit);
			const { offered_per_s, latencies_ms } = await openLoop(capacity(system) * share, seconds, submit);
			connections.close();
			const at = (q: number) => quantile(latencies_ms, q);
			const measured = { p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999) };
			rows.push({ system: system.name, share, offered_per_s, ...measured });
		}
	}
	return rows;
}

export function latencyTable(rows: readonly LatencyRow[]): string {
	return table(
		["latency of an attempt, open loop", "of its capacity", "offered/s", "p50 ms", "p99 ms", "p99.9 ms"],
		rows.map(({ system, share, offered_per_s, p50_ms, p99_ms, p999_ms }) => [
			...[system, `${share * 100} %`, shown(offered_per_s), shown(p50_ms), shown(p99_ms), shown(p999_ms)],
		]),
	);
}
