/**
 * What a generation cost. Clients say cents, with at most four decimals; inside they are two whole numbers, so that sums are exact:
 * whole cents, as they always were, and ten-thousandths of a cent beyond them.
 */
export interface Cost {
	cost_cents: number;
	/** 1 to 9,999; absent where the cents are whole. Of a sum it may be more. */
	cost_parts?: number | undefined;
}

const PARTS_PER_CENT = 10_000;
const CENTS = /^(\d+)(?:\.(\d{1,4}))?$/;

/** Whether an amount of cents has no more decimals than are kept. */
export const isCost = (cents: number): boolean => CENTS.test(String(Math.abs(cents)));

/** @throws unless {@link isCost}, or below 0 */
export function costOf(cents: number): Cost {
	const [, whole, decimals = ""] = CENTS.exec(String(cents)) ?? [];
	if (whole === undefined) throw new Error(`${cents} is no cost`);
	const cost_parts = Number(decimals.padEnd(4, "0"));
	return { cost_cents: Number(whole), ...(cost_parts > 0 && { cost_parts }) };
}

/** Cents with their decimals, as clients read them. */
export const centsOf = ({ cost_cents, cost_parts = 0 }: Cost): number =>
	(cost_cents * PARTS_PER_CENT + cost_parts) / PARTS_PER_CENT;
