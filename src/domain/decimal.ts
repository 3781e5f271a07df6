import { NUMERIC_CHARS_MAX, NUMERIC_DIGITS_MAX } from "./quizzes/limits.ts";

/** An exact decimal number: `unscaled` × 10^−`scale`, without zeros at the end of its decimals. */
export interface Decimal {
	unscaled: bigint;
	/** Number of decimals, 0 to {@link NUMERIC_DIGITS_MAX}. */
	scale: number;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Reads a number exactly: a JSON number by the shortest text that means it, or a text like `3.14`, `-.5` or `6.02e23`, with
 * white space around it ignored. Null for anything else, and for more digits before or after the point than the limit.
 */
export function parseDecimal(value: unknown): Decimal | null {
	if (typeof value !== "number" && typeof value !== "string") return null;
	const text = String(value);
	if (text.length > NUMERIC_CHARS_MAX) return null;
	const [, sign = "", whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text.trim()) ?? [];
	const written = whole + fraction;
	if (written === "") return null;
	const significant = written.replace(/^0+/, "");
	const digits = withoutZerosAtEnd(significant);
	if (digits === "") return { unscaled: 0n, scale: 0 };
	const scale = fraction.length - Number(exponent) - (significant.length - digits.length);
	if (scale > NUMERIC_DIGITS_MAX || digits.length - scale > NUMERIC_DIGITS_MAX) return null;
	const magnitude = BigInt(digits) * 10n ** BigInt(Math.max(-scale, 0));
	return { unscaled: sign === "-" ? -magnitude : magnitude, scale: Math.max(scale, 0) };
}

/** By hand, since a pattern that looks for zeros at the end takes quadratic time. */
function withoutZerosAtEnd(digits: string): string {
	let end = digits.length;
	while (digits[end - 1] === "0") end--;
	return digits.slice(0, end);
}

/** The one text of a number: no exponent, no plus, no zeros that say nothing. */
export function decimalText({ unscaled, scale }: Decimal): string {
	const digits = magnitudeOf(unscaled)
		.toString()
		.padStart(scale + 1, "0");
	const point = digits.length - scale;
	const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
	return unscaled < 0n ? `-${text}` : text;
}

/** Whether |a − b| ≤ `tolerance`, or ≤ `tolerance` × |b| where it is relative. Exact: all in integers. */
export function isWithin(a: Decimal, b: Decimal, tolerance: Decimal, kind: "absolute" | "relative"): boolean {
	const difference = magnitudeOf(a.unscaled * powerOfTen(b.scale) - b.unscaled * powerOfTen(a.scale));
	const bound = kind === "relative" ? times(tolerance, b) : tolerance;
	// |a − b| is difference × 10^−(a.scale + b.scale); both sides are brought to one scale.
	return (
		difference * powerOfTen(bound.scale) <= magnitudeOf(bound.unscaled) * powerOfTen(a.scale) * powerOfTen(b.scale)
	);
}

const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent);
const magnitudeOf = (value: bigint): bigint => (value < 0n ? -value : value);
const times = (a: Decimal, b: Decimal): Decimal => ({ unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale });
