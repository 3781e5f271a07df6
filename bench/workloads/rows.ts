import { table } from "../../dev/table.ts";
import { shown, shownSpread } from "../lib/statistics.ts";
import type { System } from "../systems/system.ts";
import { type ThroughputRow, throughput } from "./throughput.ts";
import { writes } from "./writes.ts";

/** What each further row of a commit costs: the floor's one hot user, with more rows inserted for each request. */

const ROWS = [1, 2, 3, 5, 9];

export type RowsRow = Pick<ThroughputRow, "per_second" | "processor_us"> & {
	/** Inserted for each request. */
	rows: number;
};

/** @param systems the floor among them */
export async function rowCosts(
	systems: readonly System[],
	settings: { rounds: number; seconds: number },
): Promise<RowsRow[]> {
	const floor = systems.find(({ name }) => name === "floor");
	if (!floor) throw new Error("there is no floor to insert into");
	const variants = ROWS.map((rows) => ({
		...floor,
		name: String(rows),
		headers: () => ({ Authorization: `rows-${rows}`, "X-Rows": String(rows) }),
	}));
	const measured = await throughput(variants, { ...settings, users: 1 }, writes(1).slice(0, 1));
	return measured.map(({ system, per_second, processor_us }) => ({ rows: Number(system), per_second, processor_us }));
}

/** Processor time of each further row, microseconds: the slope of the least-squares line through the medians; NaN without any. */
export function rowShare(rows: readonly RowsRow[]): number {
	const points = rows.flatMap(({ rows: x, processor_us }) => (processor_us ? [{ x, y: processor_us.median }] : []));
	const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / values.length;
	const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
	const covariance = mean(points.map((point) => (point.x - x) * (point.y - y)));
	return covariance / mean(points.map((point) => (point.x - x) ** 2));
}

export function rowsTable(rows: readonly RowsRow[]): string {
	const [first] = rows;
	const text = table(
		["rows inserted per request, one hot user of the floor", "processor µs/op", "ops/s", "of one row's"],
		rows.map(({ rows: count, processor_us, per_second }) => [
			String(count),
			processor_us ? shownSpread(processor_us) : "–",
			shownSpread(per_second),
			`${shown(per_second.median / (first?.per_second.median ?? Number.NaN))} ×`,
		]),
	);
	return `${text}\n\nEach further row: ${shown(rowShare(rows))} µs of processor time (least squares).`;
}
