import { accepted, type Outcome, refused } from "../result.ts";
import { alreadyEnded, type Hold } from "./holds.ts";
import { type Account, type Entry, isClosed, type Lot, type LotTerms, type Refund, type Slice } from "./ledger.ts";
import { LIVE_LOTS_MAX, LOT_PRIORITY_DEFAULT } from "./limits.ts";
import { roomForCredits } from "./lots.ts";
import { bucketOfReturn, movesOf, splitSlices } from "./slices.ts";

/**
 * Gives back part or all of what a settled hold was charged, at most once in total: to the lots it came from, last in
 * first out. What came from a lot that was voided is voided, as where a hold gives it back: a purchase that was charged back must
 * not come back as credits. What came from a lot that has expired becomes a new refund lot, `id`, that does not expire.
 * @param account with the lots of `hold.used`, closed ones too
 * @param requested credits, or null for all that is left to refund
 */
export function decideRefund(
	account: Account,
	hold: Hold,
	id: string,
	requested: number | null,
	why: Pick<Refund, "reason" | "model" | "settled_at">,
	now: number,
): Outcome<Entry<"credits.refunded">> {
	if (hold.status === "held") return refused({ code: "conflict", detail: "The hold is open: settle or release it." });
	if (hold.status !== "settled") return alreadyEnded(hold);
	const refundable = hold.settled - hold.refunded;
	const amount = requested ?? refundable;
	if (amount > refundable || amount === 0) {
		const detail = `${hold.settled} credits were charged and ${hold.refunded} refunded; at most ${refundable} can be.`;
		return refused({ code: "conflict", detail });
	}
	const left = splitSlices(hold.used, refundable).used;
	const back = splitSlices(left, refundable - amount).rest;
	const live = account.lots.filter((lot) => !isClosed(lot));
	const bucketOf = ([id]: Slice) =>
		bucketOfReturn(
			account.lots.find((lot) => lot.id === id),
			now,
		);
	const gone = back.filter((slice) => bucketOf(slice) === "voided");
	const fit = back.filter((slice) => bucketOf(slice) === "available");
	const home = homecoming(live, fit);
	const voided = sizeOf(gone);
	const anew = amount - voided - sizeOf(home);
	const postings = [...movesOf(home, "consumed", "available"), ...movesOf(gone, "consumed", "voided")];
	const said = { ...why, amount, ...(voided > 0 && { voided }) };
	if (anew === 0) return accepted({ kind: "credits.refunded", subject: hold.id, postings, detail: said });
	const room = roomForCredits({ ...account, lots: live }, anew);
	if (!room.ok) return room;
	const opensLot: LotTerms = {
		id,
		kind: "refund",
		amount: anew,
		priority: LOT_PRIORITY_DEFAULT,
		effective_at: now,
		expires_at: null,
		created_at: now,
		reference: `refund of ${hold.id}`,
	};
	postings.push([id, "granted", "available", anew]);
	return accepted({ kind: "credits.refunded", subject: hold.id, postings, opensLot, detail: said });
}

const sizeOf = (slices: readonly Slice[]): number => slices.reduce((sum, [, size]) => sum + size, 0);

/** Which slices go back to their own lots, since a user may have only so many lots with credits left. */
function homecoming(live: readonly Lot[], slices: readonly Slice[]): Slice[] {
	const open = new Set(live.map((lot) => lot.id));
	return slices.filter(([id]) => {
		// One place is kept for the refund lot that takes the rest.
		if (!open.has(id) && open.size >= LIVE_LOTS_MAX - 1) return false;
		open.add(id);
		return true;
	});
}
