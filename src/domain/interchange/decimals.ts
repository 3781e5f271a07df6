import { type Decimal, decimalText, parseDecimal } from "../decimal.ts";

/** Exact arithmetic of ranges and tolerances. */

const atScale = ({ unscaled, scale }: Decimal, wanted: number) => unscaled * 10n ** BigInt(wanted - scale);

function atOneScale(a: Decimal, b: Decimal): [bigint, bigint, number] {
	const scale = Math.max(a.scale, b.scale);
	return [atScale(a, scale), atScale(b, scale), scale];
}

export function compareDecimals(a: Decimal, b: Decimal): number {
	const [x, y] = atOneScale(a, b);
	return x < y ? -1 : Number(x > y);
}

export function plus(a: Decimal, b: Decimal): Decimal {
	const [x, y, scale] = atOneScale(a, b);
	return { unscaled: x + y, scale };
}

export const negative = ({ unscaled, scale }: Decimal): Decimal => ({ unscaled: -unscaled, scale });
export const absolute = (a: Decimal): Decimal => (a.unscaled < 0n ? negative(a) : a);
export const times = (a: Decimal, b: Decimal): Decimal => ({
	unscaled: a.unscaled * b.unscaled,
	scale: a.scale + b.scale,
});

/** Half of n × 10^−s is 5n × 10^−(s + 1). */
const halfOf = ({ unscaled, scale }: Decimal): Decimal => ({ unscaled: unscaled * 5n, scale: scale + 1 });

export const middleOf = (a: Decimal, b: Decimal): Decimal => halfOf(plus(a, b));

/** The one text of a number, as a question holds it; null beyond its digits. */
export function fitting(value: Decimal): string | null {
	const parsed = parseDecimal(decimalText(value));
	return parsed && decimalText(parsed);
}

/** The middle of a range and how far its ends are from it; null where it is no range. */
export function rangeOf(from: string, to: string): { correct: string; tolerance: string } | null {
	const [low, high] = [parseDecimal(from), parseDecimal(to)];
	if (!low || !high || compareDecimals(low, high) > 0) return null;
	const correct = fitting(middleOf(low, high));
	const tolerance = fitting(halfOf(plus(high, negative(low))));
	return correct === null || tolerance === null ? null : { correct, tolerance };
}

/** |a| × b */
export function productOf(a: string, b: string): string | null {
	const [x, y] = [parseDecimal(a), parseDecimal(b)];
	return x && y && fitting(absolute(times(x, y)));
}

/** a × 10^places; `places` may be negative. */
export function shifted(a: string, places: number): string | null {
	const parsed = parseDecimal(`${a}e${places}`);
	return parsed && decimalText(parsed);
}

/** The number in a text of a file, null for what is none. */
export function numberIn(text: string): string | null {
	const parsed = parseDecimal(text.trim());
	return parsed && decimalText(parsed);
}
