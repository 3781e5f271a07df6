import { table } from "../../dev/table.ts";
import { shown } from "../lib/statistics.ts";
import { KINDS, type Kind } from "./marksheet-usage.ts";
import { D1_GB_MAX, ITEMS, PRICES, PRICES_OF, STORAGE_PER_GB_MONTH, type Usage } from "./prices.ts";

/** About where the time of a single D1 ends; see bench/scale/single.ts. */
const ATTEMPTS_PER_S = 1_000;
const DAY_S = 24 * 60 * 60;

/** What one operation of a system uses and costs. */
export interface CostRow {
	kind: Kind;
	system: string;
	usage: Usage;
	dollars_per_million: number;
	object_bytes: number;
	d1_bytes: number;
}

export const costTables = (rows: readonly CostRow[]): string[] => [
	...KINDS.map((kind) =>
		usageTable(
			kind,
			rows.filter((row) => row.kind === kind),
		),
	),
	// Of many attempts of each user: storage grows by whole pages.
	storageTable(rows.filter(({ kind, system }) => kind === "attempt" && !/alone|busy/.test(system))),
];

function usageTable(kind: Kind, rows: readonly CostRow[]): string {
	const head = [`one ${kind}, prices of ${PRICES_OF}`, ...rows.map((row) => row.system)];
	const items = ITEMS.map((item) => [
		`${item.replaceAll("_", " ")} at $${PRICES[item]} per million`,
		...rows.map(({ usage }) => `${shown(usage[item])} = $${(usage[item] * PRICES[item]).toFixed(2)}`),
	]);
	const total = ["dollars per million", ...rows.map((row) => `$${row.dollars_per_million.toFixed(2)}`)];
	return table(head, [...items, total]);
}

/** How much an attempt leaves behind, and after how many attempts the one database is full. */
function storageTable(rows: readonly CostRow[]): string {
	return table(
		[
			"storage of an attempt",
			"object bytes",
			"D1 bytes",
			"$ per million and month",
			`attempts until D1 has ${D1_GB_MAX} GB`,
			`days until then at ${shown(ATTEMPTS_PER_S)} attempts/s`,
		],
		rows.map(({ system, object_bytes, d1_bytes }) => {
			const dollars = (object_bytes * STORAGE_PER_GB_MONTH.object + d1_bytes * STORAGE_PER_GB_MONTH.d1) / 1_000;
			const full = (D1_GB_MAX * 1e9) / d1_bytes;
			const days = full / ATTEMPTS_PER_S / DAY_S;
			return [
				system,
				shown(object_bytes),
				shown(d1_bytes),
				`$${dollars.toFixed(2)}`,
				`${shown(full / 1e6)} million`,
				shown(days),
			];
		}),
	);
}
