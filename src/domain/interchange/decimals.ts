import { type Decimal, decimalText, parseDecimal } from "../decimal.ts";

/** The arithmetic of ranges and tolerances, exact. Each gives the one text of its number, or null beyond its digits. */

const normal = (value: Decimal): string | null => {
	const parsed = parseDecimal(decimalText(value));
	return parsed && decimalText(parsed);
};

const atScale = ({ unscaled, scale }: Decimal, wanted: number) => unscaled * 10n ** BigInt(wanted - scale);

/** The middle of a range and how far its ends are from it; null where it is no range. */
export function rangeOf(from: string, to: string): { correct: string; tolerance: string } | null {
	const [low, high] = [parseDecimal(from), parseDecimal(to)];
	if (!low || !high) return null;
	const scale = Math.max(low.scale, high.scale);
	const [a, b] = [atScale(low, scale), atScale(high, scale)];
	if (a > b) return null;
	// Half of n × 10^−s is 5n × 10^−(s + 1).
	const correct = normal({ unscaled: (a + b) * 5n, scale: scale + 1 });
	const tolerance = normal({ unscaled: (b - a) * 5n, scale: scale + 1 });
	return correct === null || tolerance === null ? null : { correct, tolerance };
}

/** |a| × b */
export function productOf(a: string, b: string): string | null {
	const [x, y] = [parseDecimal(a), parseDecimal(b)];
	if (!x || !y) return null;
	const unscaled = x.unscaled * y.unscaled;
	return normal({ unscaled: unscaled < 0n ? -unscaled : unscaled, scale: x.scale + y.scale });
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

// ---- exact numbers that need not fit into the digits of a question ----

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
export function middleOf(a: Decimal, b: Decimal): Decimal {
	const { unscaled, scale } = plus(a, b);
	return { unscaled: unscaled * 5n, scale: scale + 1 };
}

/** The number as a question holds it; null beyond its digits. */
export const fitting = (value: Decimal): string | null => normal(value);
