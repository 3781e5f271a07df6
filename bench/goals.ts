import { table } from "../dev/table.ts";
import type { CostRow } from "./cost/tables.ts";
import { shown } from "./lib/statistics.ts";
import type { Replay } from "./replication/replay.ts";
import type { GrowthRow } from "./workloads/growth.ts";
import type { ReadRow } from "./workloads/reads.ts";
import type { ThroughputRow } from "./workloads/throughput.ts";

/** What Marksheet was to reach, beside what the last runs measured: reached or not, as it came out. */

const SHARE_OF_FLOOR_MIN = 0.7;
const OF_ALL_D1_MIN = 1.5;
const OF_POSTGRES_MIN = 1;
const READ_GROWTH_MAX = 1.3;
const ROWS_READ_GROWTH_MAX = 1;
const COMMAND_GROWTH_MAX = 1.2;
const EVENTS_PER_S_MIN = 3_000;
const DOLLARS_PER_MILLION_MAX = 8;

export interface Measurements {
	throughput: readonly ThroughputRow[];
	reads: readonly ReadRow[];
	growth: readonly GrowthRow[];
	replays: readonly Replay[];
	cost: readonly CostRow[];
}

export interface Goal {
	name: string;
	/** It is to be at least, or at most, `bound`. */
	is: "≥" | "≤";
	bound: number;
	measured: number;
	unit: string;
}

export const isReached = ({ is, bound, measured }: Goal): boolean =>
	is === "≥" ? measured >= bound : measured <= bound;

export const goalsOf = ({ throughput, reads, growth, replays, cost }: Measurements): Goal[] => [
	...ratiosOfOneUser(throughput),
	...readGrowth(reads),
	...commandGrowth(growth),
	...replays
		.filter(({ batch_size }) => batch_size === Math.max(...replays.map((replay) => replay.batch_size)))
		.map(({ batch_size, applied_per_s }) => ({
			name: `events that the consumer applies, batches of ${batch_size}`,
			is: "≥" as const,
			bound: EVENTS_PER_S_MIN,
			measured: applied_per_s,
			unit: "per s",
		})),
	...cost
		.filter(({ kind, system }) => kind === "attempt" && system.startsWith("Marksheet"))
		.map(({ system, dollars_per_million }) => ({
			name: `a million attempts: ${system}`,
			is: "≤" as const,
			bound: DOLLARS_PER_MILLION_MAX,
			measured: dollars_per_million,
			unit: "$",
		})),
];

/** Throughput of one hot user against each peer that was there. */
function ratiosOfOneUser(rows: readonly ThroughputRow[]): Goal[] {
	const own = rows.filter(({ users, system }) => users === 1 && system === "Marksheet");
	return own.flatMap(({ workload, per_second }) =>
		rows
			.filter((row) => row.workload === workload && row.system !== "Marksheet")
			.map((row) => ({
				name: `${workload}: of ${row.system}`,
				is: "≥" as const,
				bound: boundOf(row.system),
				unit: "×",
				measured: per_second.median / row.per_second.median,
			})),
	);
}

function boundOf(system: string): number {
	if (system === "floor") return SHARE_OF_FLOOR_MIN;
	return system.startsWith("all-D1") ? OF_ALL_D1_MIN : OF_POSTGRES_MIN;
}

/** Statistics and lists at the largest size against the smallest: rows, and time. Search is not bounded, since it ranks. */
function readGrowth(rows: readonly ReadRow[]): Goal[] {
	const own = rows.filter(({ system, read }) => system === "Marksheet" && !read.startsWith("search"));
	return [...new Set(own.map(({ read }) => read))].flatMap((read): Goal[] => {
		const sized = own.filter((row) => row.read === read).sort((a, b) => a.size - b.size);
		const [least, most] = [sized.at(0), sized.at(-1)];
		if (!least || !most) return [];
		const sizes = `${least.size.toLocaleString("en-US")} to ${most.size.toLocaleString("en-US")}`;
		const rowsRead = (most.rows_read ?? Number.NaN) / (least.rows_read ?? Number.NaN);
		const time = most.latency_ms.median / least.latency_ms.median;
		return [
			{ name: `${read}, ${sizes}: rows read`, is: "≤", bound: ROWS_READ_GROWTH_MAX, measured: rowsRead, unit: "×" },
			{ name: `${read}, ${sizes}: time`, is: "≤", bound: READ_GROWTH_MAX, measured: time, unit: "×" },
		];
	});
}

function commandGrowth(rows: readonly GrowthRow[]): Goal[] {
	const sized = rows.toSorted((a, b) => a.rows - b.rows);
	const [least, most] = [sized.at(0), sized.at(-1)];
	if (!least || !most) return [];
	const name = `a command, log of ${least.rows.toLocaleString("en-US")} to ${most.rows.toLocaleString("en-US")} rows: time`;
	const measured = most.command_ms.median / least.command_ms.median;
	return [{ name, is: "≤", bound: COMMAND_GROWTH_MAX, measured, unit: "×" }];
}

export function goalsTable(goals: readonly Goal[]): string {
	return table(
		["to be reached", "bound", "measured", ""],
		goals.map((goal) => [
			goal.name,
			`${goal.is} ${shown(goal.bound)} ${goal.unit}`,
			`${shown(goal.measured)} ${goal.unit}`,
			isReached(goal) ? "reached" : "missed",
		]),
	);
}
