import {
	type Account,
	type Entry,
	type LotKind,
	type LotTerms,
	type OpenHold,
	type Posting,
	type Slice,
	splitSlices,
	takeSlices,
} from "./ledger.ts";
import { CREDIT_TOTAL_MAX, LIVE_LOTS_MAX, OPEN_HOLDS_MAX } from "./limits.ts";
import { accepted, type Outcome, refused } from "./result.ts";

/** Decisions of the ledger: `(account, command, now) → entry or refusal`. Pure; `book` in ledger.ts carries them out. */

/** What happens when more is settled than was held: refuse; charge the hold only; or charge up to `overdraft` more. */
export type OverCapture = "reject" | "cap" | { overdraft: number };
/** What happens to a settlement after the hold ran out: refuse, or charge what is available then. */
export type LateSettle = "reject" | "charge";
export type HoldStatus = "held" | "settled" | "released" | "expired";

/** A hold as its record says it, open or ended. */
export interface Hold {
	id: string;
	status: HoldStatus;
	amount: number;
	over_capture: OverCapture;
	late_settle: LateSettle;
	settled: number;
	ended_at: number | null;
}

export interface Grant {
	amount: number;
	kind: LotKind;
	priority: number;
	effective_at?: number | undefined;
	expires_at?: number | undefined;
	reference?: string | undefined;
}

/** A grant in the past takes effect now, since history cannot be changed; one in the future is scheduled. */
export function decideGrant(account: Account, id: string, grant: Grant, now: number): Outcome<Entry> {
	const effective_at = Math.max(now, grant.effective_at ?? now);
	if (grant.expires_at !== undefined && grant.expires_at <= effective_at) {
		const errors = [
			{ pointer: "/expires_at", detail: `Must be later than ${effective_at}, when the lot takes effect.` },
		];
		return refused({ code: "invalid-request", detail: "The lot would expire before it takes effect.", errors });
	}
	if (account.lots.length >= LIVE_LOTS_MAX) {
		return refused({ code: "conflict", detail: `A user has at most ${LIVE_LOTS_MAX} lots with credits left.` });
	}
	const scheduled = account.lots.reduce((sum, lot) => sum + (lot.granted === 0 ? lot.amount : 0), 0);
	if (account.totals.granted + scheduled + grant.amount > CREDIT_TOTAL_MAX) {
		return refused({ code: "conflict", detail: `A user is granted at most ${CREDIT_TOTAL_MAX} credits in total.` });
	}
	const lot: LotTerms = {
		id,
		kind: grant.kind,
		amount: grant.amount,
		priority: grant.priority,
		effective_at,
		expires_at: grant.expires_at ?? null,
		created_at: now,
		reference: grant.reference ?? null,
	};
	const postings: Posting[] = effective_at <= now ? [[id, "granted", "available", lot.amount]] : [];
	return accepted({ kind: "credits.granted", subject: id, postings, opensLot: lot, detail: {} });
}

export interface Reservation {
	amount: number;
	ttl_s: number;
	over_capture: OverCapture;
	late_settle: LateSettle;
}

/** Takes slices for the whole amount or nothing. `detail` goes into the log as it is. */
export function decideReserve(
	account: Account,
	id: string,
	reservation: Reservation,
	detail: Record<string, unknown>,
	now: number,
): Outcome<Entry & { opensHold: OpenHold }> {
	const { amount, ttl_s } = reservation;
	const { available, granted } = account.totals;
	if (granted === 0 && account.lots.length === 0) {
		return refused({ code: "not-entitled", detail: "This user was never granted credits." });
	}
	const firstToEnd = Math.min(...account.holds.map((hold) => hold.expires_at));
	if (account.holds.length >= OPEN_HOLDS_MAX) {
		const detail = `At most ${OPEN_HOLDS_MAX} holds are open at once. Settle or release one; the next runs out at ${firstToEnd}.`;
		return refused({ code: "rate-limited", rule: "open-holds", limit: OPEN_HOLDS_MAX, retry_at: firstToEnd, detail });
	}
	if (available < amount) {
		const detail = `${amount} credits are needed and ${available} are available.`;
		return refused({ code: "insufficient-credits", detail, available, needed: amount });
	}
	const slices = takeSlices(account.lots, amount);
	const opensHold = { id, amount, slices, opened_at: now, expires_at: now + ttl_s * 1_000 };
	return accepted({
		kind: "credits.held",
		subject: id,
		postings: slices.map(([lot, size]): Posting => [lot, "available", "held", size]),
		opensHold,
		detail,
	});
}

export interface Charge {
	charged: number;
	/** Back to what is available. */
	returned: number;
	/** Not back, because its lot expired under the hold. */
	expired: number;
	/** Asked for and not charged. */
	shortfall: number;
	/** Whether the hold had run out before. */
	late: boolean;
}

/**
 * Ends a hold with a charge. Of an open hold the first slices are used, what is left goes back to the last ones. After
 * the hold ran out its credits are back already, so a late settlement charges what is available then.
 */
export function decideSettle(
	account: Account,
	hold: Hold,
	amount: number,
	detail: Record<string, unknown>,
	now: number,
): Outcome<Entry<Charge & Record<string, unknown>>> {
	const late = hold.status === "expired" && hold.late_settle === "charge";
	const open = account.holds.find((candidate) => candidate.id === hold.id);
	if (!late && !open) return alreadyEnded(hold);
	const wanted = chargeable(hold, amount);
	if (!wanted.ok) return wanted;

	const fromHold = open ? Math.min(wanted.value, open.amount) : 0;
	const { used, rest } = splitSlices(open?.slices ?? [], fromHold);
	const back = giveBack(account, rest, now);
	// What goes back in this same entry is not used for the overdraft: the two never occur together.
	const beyond = Math.min(wanted.value - fromHold, account.totals.available);
	const postings: Posting[] = [
		...used.map(([lot, size]): Posting => [lot, "held", "consumed", size]),
		...back.postings,
		...takeSlices(account.lots, beyond).map(([lot, size]): Posting => [lot, "available", "consumed", size]),
	];
	const charged = fromHold + beyond;
	const charge = { charged, returned: back.returned, expired: back.expired, shortfall: amount - charged, late };
	return accepted({
		kind: "credits.settled",
		subject: hold.id,
		postings,
		...(open && { closesHold: hold.id }),
		detail: { ...detail, ...charge },
	});
}

/** How much of `amount` the hold's policy lets be charged. */
function chargeable(hold: Hold, amount: number): Outcome<number> {
	if (hold.over_capture === "cap") return accepted(Math.min(amount, hold.amount));
	const allowed = hold.amount + (hold.over_capture === "reject" ? 0 : hold.over_capture.overdraft);
	if (amount <= allowed) return accepted(amount);
	const detail = `${hold.amount} credits are held and at most ${allowed} can be settled; ${amount} were asked for.`;
	return refused({ code: "capture-exceeds-hold", detail, held: hold.amount, requested: amount, allowed });
}

export interface Return {
	returned: number;
	expired: number;
}

export function decideRelease(
	account: Account,
	hold: Hold,
	detail: Record<string, unknown>,
	now: number,
): Outcome<Entry<Return & Record<string, unknown>>> {
	const open = account.holds.find((candidate) => candidate.id === hold.id);
	if (!open) return alreadyEnded(hold);
	return accepted(endOpen(account, open, "credits.released", detail, now));
}

/** The second end of a hold is told how the first one went. */
function alreadyEnded(hold: Hold): { ok: false; refusal: Extract<Outcome<never>, { ok: false }>["refusal"] } {
	const ended_at = hold.ended_at ?? 0;
	switch (hold.status) {
		case "settled": {
			const detail = `The hold was settled with ${hold.settled} credits.`;
			return refused({ code: "hold-already-settled", detail, status: "settled", settled: hold.settled, ended_at });
		}
		case "released":
			return refused({ code: "hold-already-released", detail: "The hold was released.", status: "released", ended_at });
		case "expired":
			return refused({ code: "hold-expired", detail: "The hold ran out.", status: "expired", ended_at });
		case "held":
			throw new Error(`hold ${hold.id} is open in its record and not in the account`);
	}
}

function endOpen(account: Account, open: OpenHold, kind: Entry["kind"], detail: Record<string, unknown>, at: number) {
	const { postings, returned, expired } = giveBack(account, open.slices, at);
	return { kind, subject: open.id, postings, closesHold: open.id, detail: { ...detail, returned, expired } };
}

/** Slices go back to the lots they came from; what came from a lot that has expired since is booked as expired. */
function giveBack(account: Account, slices: readonly Slice[], now: number): Return & { postings: Posting[] } {
	let returned = 0;
	let expired = 0;
	const postings = slices.map(([id, size]): Posting => {
		const lot = account.lots.find((candidate) => candidate.id === id);
		const isExpired = lot?.expires_at != null && lot.expires_at <= now;
		if (isExpired) expired += size;
		else returned += size;
		return [id, "held", isExpired ? "expired" : "available", size];
	});
	return { postings, returned, expired };
}

/**
 * What is due next by the clock alone, and when: a scheduled lot takes effect, a hold runs out, a lot expires. Of what is
 * due at the same instant, a lot takes effect first and holds end before lots expire. Null if nothing ever will be.
 */
export function nextDue(account: Account): { at: number; entry: () => Entry } | null {
	let due: { at: number; entry: () => Entry } | null = null;
	const offer = (at: number, entry: () => Entry) => {
		if (due === null || at < due.at) due = { at, entry };
	};
	for (const { id, granted, amount, effective_at } of account.lots) {
		const postings: Posting[] = [[id, "granted", "available", amount]];
		if (granted === 0) offer(effective_at, () => ({ kind: "credits.activated", subject: id, postings, detail: {} }));
	}
	for (const hold of account.holds) {
		offer(hold.expires_at, () => endOpen(account, hold, "credits.hold_expired", {}, hold.expires_at));
	}
	for (const { id, available, expires_at } of account.lots) {
		const postings: Posting[] = [[id, "available", "expired", available]];
		if (available > 0 && expires_at !== null) {
			offer(expires_at, () => ({ kind: "credits.lot_expired", subject: id, postings, detail: {} }));
		}
	}
	return due;
}
