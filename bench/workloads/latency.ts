import { table } from "../../dev/table.ts";
import { Connections } from "../lib/http.ts";
import { openLoop, runAll } from "../lib/load.ts";
import { quantile, type Spread, shown, shownSpread, spread } from "../lib/statistics.ts";
import type { System } from "../systems/system.ts";
import { submission } from "./writes.ts";

/** How long an attempt takes at shares of what the system can do; requests come when they come, whether or not it keeps up. */

const SOCKETS = 256;
const SHARES = [0.25, 0.5, 0.75];

export interface LatencySettings {
	/** All systems in turn in each. */
	rounds: number;
	/** Of each round. */
	seconds: number;
	users: number;
}

export interface LatencyRow {
	system: string;
	share: number;
	offered_per_s: number;
	/** Of all rounds together. */
	requests: number;
	/** Of the rounds. */
	p50_ms: Spread;
	p99_ms: Spread;
	/** Of the requests of all rounds together; null where they are too few for it to be another than the worst. */
	p999_ms: number | null;
}

/** Fewer have no value that all but a thousandth stay below, except the worst. */
const REQUESTS_MIN_P999 = 1_000;

interface Round {
	offered_per_s: number;
	/** Ascending. */
	latencies_ms: number[];
}

export async function latency(
	systems: readonly System[],
	capacity: (system: System) => number,
	{ rounds, seconds, users }: LatencySettings,
): Promise<LatencyRow[]> {
	const rows: LatencyRow[] = [];
	for (const share of SHARES) {
		const measured = new Map<System, Round[]>(systems.map((system) => [system, []]));
		for (let round = 0; round < rounds; round++) {
			const shift = round % systems.length;
			for (const system of [...systems.slice(shift), ...systems.slice(0, shift)])
				measured.get(system)?.push(await oneRound(system, capacity(system) * share, seconds, users, round));
		}
		for (const [system, each] of measured) rows.push(latencyRow(system.name, share, each));
	}
	return rows;
}

async function oneRound(
	system: System,
	per_second: number,
	seconds: number,
	users: number,
	round: number,
): Promise<Round> {
	const connections = new Connections(system.url, SOCKETS);
	const submit = async (index: number) => {
		await connections.expect(201, submission(system, index % users, index));
	};
	await runAll(16, users, submit);
	try {
		return await openLoop(per_second, seconds, submit, { seed: round + 1 });
	} finally {
		connections.close();
	}
}

export function latencyRow(system: string, share: number, rounds: readonly Round[]): LatencyRow {
	const all = rounds.flatMap(({ latencies_ms }) => latencies_ms).sort((a, b) => a - b);
	const at = (q: number) => spread(rounds.map(({ latencies_ms }) => quantile(latencies_ms, q)));
	return {
		system,
		share,
		offered_per_s: spread(rounds.map((round) => round.offered_per_s)).median,
		requests: all.length,
		p50_ms: at(0.5),
		p99_ms: at(0.99),
		p999_ms: all.length < REQUESTS_MIN_P999 ? null : quantile(all, 0.999),
	};
}

export function latencyTable(rows: readonly LatencyRow[]): string {
	return table(
		["latency of an attempt, open loop", "of its capacity", "offered/s", "requests", "p50 ms", "p99 ms", "p99.9 ms"],
		rows.map(({ system, share, offered_per_s, requests, p50_ms, p99_ms, p999_ms }) => [
			system,
			`${share * 100} %`,
			shown(offered_per_s),
			shown(requests),
			shownSpread(p50_ms),
			shownSpread(p99_ms),
			p999_ms === null ? "–" : shown(p999_ms),
		]),
	);
}
