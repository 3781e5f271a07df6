import { type Decimal, decimalText, parseDecimal } from "../../src/domain/decimal.ts";
import { absolute, compareDecimals, negative, plus, times } from "../../src/domain/interchange/decimals.ts";

interface RightNumber {
	correct: string;
	tolerance?: string | undefined;
	tolerance_kind?: string | undefined;
}

/** The stretches of numbers that are right, from where to where; those that meet are one. */
export function rightNumbers(all: readonly RightNumber[]): string[] {
	const stretches = all.map(({ correct, tolerance = "0", tolerance_kind }) => {
		const [number, said] = [exactly(correct), exactly(tolerance)];
		const width = tolerance_kind === "relative" ? times(absolute(number), said) : said;
		return { from: plus(number, negative(width)), to: plus(number, width) };
	});
	stretches.sort((a, b) => compareDecimals(a.from, b.from));
	const merged: { from: Decimal; to: Decimal }[] = [];
	for (const { from, to } of stretches) {
		const last = merged.at(-1);
		if (!last || compareDecimals(from, last.to) > 0) merged.push({ from, to });
		else if (compareDecimals(to, last.to) > 0) last.to = to;
	}
	return merged.map(({ from, to }) => `${shown(from)} to ${shown(to)}`);
}

function exactly(text: string): Decimal {
	const number = parseDecimal(text);
	if (!number) throw new Error(`no number: ${text}`);
	return number;
}

/** Without zeros at the end of its decimals. */
const shown = (number: Decimal) =>
	decimalText(number)
		.replace(/(\.\d*?)0+$/, "$1")
		.replace(/\.$/, "");
