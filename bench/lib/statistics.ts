/** Median with the bounds between which all values lie. */
export interface Spread {
	median: number;
	min: number;
	max: number;
}

/** @throws for no values at all */
export function spread(values: readonly number[]): Spread {
	if (values.length === 0) throw new Error("no values");
	const sorted = values.toSorted((a, b) => a - b);
	return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) };
}

/**
 * The smallest value that at least the share `q` of all values does not exceed; the mean of the two middle ones for the
 * median of an even number.
 * @param sorted ascending, not empty
 */
export function quantile(sorted: readonly number[], q: number): number {
	const at = (index: number) => sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? Number.NaN;
	if (q === 0.5 && sorted.length % 2 === 0) return (at(sorted.length / 2 - 1) + at(sorted.length / 2)) / 2;
	return at(Math.ceil(q * sorted.length) - 1);
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** For tables: as many digits as such a measurement bears. */
export function shown(value: number): string {
	if (!Number.isFinite(value)) return "–";
	if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
	return value
		.toPrecision(3)
		.replace(/(\.\d*?)0+$/, "$1")
		.replace(/\.$/, "");
}

export const shownSpread = ({ median, min, max }: Spread): string => `${shown(median)} (${shown(min)}–${shown(max)})`;
