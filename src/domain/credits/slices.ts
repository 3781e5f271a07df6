import type { Account, Bucket, Lot, LotKind, LotTerms, Posting, Slice } from "./ledger.ts";

/** Which credits are taken first, and where they go back to. */

const IS_PAID = { plan: false, purchase: true, bonus: false, refund: true } satisfies Record<LotKind, boolean>;
const NEVER = Number.MAX_SAFE_INTEGER;

/** Order of use: priority, then earliest expiry, then free before paid, then oldest (its id begins with its log row). */
export function byOrderOfUse(a: LotTerms, b: LotTerms): number {
	return (
		a.priority - b.priority ||
		(a.expires_at ?? NEVER) - (b.expires_at ?? NEVER) ||
		Number(IS_PAID[a.kind]) - Number(IS_PAID[b.kind]) ||
		a.created_at - b.created_at ||
		(a.id < b.id ? -1 : 1)
	);
}

/** Takes `amount` from what is available, in order of use. The caller has checked that there is enough. */
export function takeSlices(lots: readonly Lot[], amount: number): Slice[] {
	const slices: Slice[] = [];
	let rest = amount;
	for (const lot of [...lots].sort(byOrderOfUse)) {
		const part = Math.min(rest, lot.available);
		if (part > 0) slices.push([lot.id, part]);
		rest -= part;
	}
	return slices;
}

/** Splits slices after their first `amount` credits: what is used, first in first out, and what goes back, last in. */
export function splitSlices(slices: readonly Slice[], amount: number): { used: Slice[]; rest: Slice[] } {
	const used: Slice[] = [];
	const rest: Slice[] = [];
	let left = amount;
	for (const [lot, size] of slices) {
		const part = Math.min(left, size);
		if (part > 0) used.push([lot, part]);
		if (size > part) rest.push([lot, size - part]);
		left -= part;
	}
	return { used, rest };
}

/**
 * Slices of a hold that grew. Neighbours of one lot become one; others stay apart, since the order in which they were taken is
 * the order in which they are used.
 */
export function joinSlices(first: readonly Slice[], then: readonly Slice[]): Slice[] {
	const joined: Slice[] = [];
	for (const [lot, size] of [...first, ...then]) {
		const last = joined.at(-1);
		if (last?.[0] === lot) last[1] += size;
		else joined.push([lot, size]);
	}
	return joined;
}

export const movesOf = (slices: readonly Slice[], from: Bucket, to: Bucket): Posting[] =>
	slices.map(([lot, size]) => [lot, from, to, size]);

interface Return {
	/** Back to what is available. */
	returned: number;
	/** Not back, because its lot has expired or was voided under the hold. */
	lapsed: number;
}

/** Slices go back to the lots they came from; what came from a lot that has expired or was voided since goes with it. */
export function giveBack(account: Account, slices: readonly Slice[], now: number): Return & { postings: Posting[] } {
	let returned = 0;
	let lapsed = 0;
	const postings = slices.map(([id, size]): Posting => {
		const to = bucketOfReturn(
			account.lots.find((lot) => lot.id === id),
			now,
		);
		if (to === "available") returned += size;
		else lapsed += size;
		return [id, "held", to, size];
	});
	return { postings, returned, lapsed };
}

export function bucketOfReturn(lot: Lot | undefined, now: number): "available" | "expired" | "voided" {
	if (lot?.voided_at != null) return "voided";
	return lot?.expires_at != null && lot.expires_at <= now ? "expired" : "available";
}
