import { table } from "../../dev/table.ts";
import { shown } from "../lib/statistics.ts";
import type { ThroughputRow } from "../workloads/throughput.ts";

/** Marksheet as it was at a commit; the last of a list is the floor. */
export interface Change {
	commit: string;
	subject: string;
	workloads: ThroughputRow[];
}

/** Processor time and throughput of each commit, against the one before it and against the floor. */
export function changesTable(changes: readonly Change[]): string {
	const names = changes[0]?.workloads.map(({ workload }) => workload) ?? [];
	const floor = changes.at(-1);
	const head = names.flatMap((name) => [`${name}, processor µs`, "ops/s", "of the floor's"]);
	return table(
		["commit", "its subject", ...head],
		changes.map(({ commit, subject, workloads }) => [
			commit,
			subject,
			...names.flatMap((_, index) => {
				const [row, least] = [workloads[index], floor?.workloads[index]];
				if (!row || !least) return ["–", "–", "–"];
				const ratio = row.per_second.median / least.per_second.median;
				return [shown(row.processor_us?.median ?? Number.NaN), shown(row.per_second.median), `${shown(ratio)} ×`];
			}),
		]),
	);
}
