import { table } from "../../dev/table.ts";
import { shown } from "../lib/statistics.ts";
import { type Attribution, PARTS } from "./attribution.ts";

/** What bench:profile writes. Times are of the profiled isolate alone. */
export interface Profiled extends Attribution {
	workload: string;
	users: number;
	seconds: number;
	operations: number;
	per_second: number;
	/** Of the whole process under the profiler, per operation; null where it cannot be read. */
	process_us: number | null;
}

const shareOf = (us: number, { busy_us }: Profiled): string => `${((us / busy_us) * 100).toFixed(1)} %`;

const called = ({ workload, users }: Profiled): string =>
	`${workload}, ${users === 1 ? "one user" : `${users.toLocaleString("en-US")} users`}`;

export function partsTable(profiled: Profiled): string {
	const { parts, busy_us, operations } = profiled;
	const rows = PARTS.map((part) => [part, shareOf(parts[part], profiled), shown(parts[part])]);
	return table(
		[`${called(profiled)}: busy time of the isolate`, "share", "µs/op"],
		[...rows, [`all, in ${operations.toLocaleString("en-US")} operations`, shareOf(busy_us, profiled), shown(busy_us)]],
	);
}

export function functionsTable(profiled: Profiled, by: "inclusive_us" | "own_us", most: number): string {
	const sorted = profiled.functions.toSorted((a, b) => b[by] - a[by]).slice(0, most);
	return table(
		[`${called(profiled)}: by ${by === "own_us" ? "own" : "inclusive"} time`, "inclusive", "µs/op", "own", "µs/op"],
		sorted.map(({ module, name, inclusive_us, own_us }) => [
			`${module} ${name}`,
			shareOf(inclusive_us, profiled),
			shown(inclusive_us),
			shareOf(own_us, profiled),
			shown(own_us),
		]),
	);
}
