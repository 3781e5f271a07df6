import { accepted, type Outcome, type Refusal, refused } from "../result.ts";
import { DAY_MS } from "../units.ts";
import type { Intent } from "./generations.ts";
import type { Account, Entry, EntryDetails, OpenHold, Slice } from "./ledger.ts";
import { HOLD_LIFE_MS_MAX, HOLD_SLICES_MAX, OPEN_HOLDS_MAX } from "./limits.ts";
import { giveBack, joinSlices, movesOf, splitSlices, takeSlices } from "./slices.ts";

/** Decisions about holds: `(account, command, now) → entry or refusal`. Pure; `book` in ledger.ts carries them out. */

/** What happens when more is settled than was held: refuse; charge the hold only; or charge up to `overdraft` more. */
export const OVER_CAPTURES = ["reject", "cap"] as const;
export type OverCapture = (typeof OVER_CAPTURES)[number] | { overdraft: number };
/** What happens to a settlement after the hold ran out: refuse, or charge what is available then. */
export const LATE_SETTLES = ["reject", "charge"] as const;
export type LateSettle = (typeof LATE_SETTLES)[number];
export const HOLD_STATUSES = ["held", "settled", "released", "expired"] as const;
export type HoldStatus = (typeof HOLD_STATUSES)[number];

/** What a decision must know of a hold, open or ended. */
export interface Hold {
	id: string;
	status: HoldStatus;
	amount: number;
	over_capture: OverCapture;
	late_settle: LateSettle;
	settled: number;
	refunded: number;
	/** What was charged, by lot, in the order of use. */
	used: Slice[];
	ended_at: number | null;
}

/** What a request says of how its hold ends; the decision adds what became of the credits. */
type Said<K extends "credits.settled" | "credits.released"> = Omit<
	EntryDetails[K],
	"charged" | "returned" | "lapsed" | "shortfall" | "late" | "expired_at"
>;

type Refused = { ok: false; refusal: Refusal };

/** Takes slices for the whole amount or nothing. `intent` goes into the log as it is. */
export function decideReserve(
	account: Account,
	id: string,
	{ amount, ttl_s, model = null }: { amount: number; ttl_s: number; model?: string | null | undefined },
	intent: Intent,
	now: number,
): Outcome<Entry<"credits.held">> {
	if (account.totals.granted === 0 && account.lots.length === 0) {
		return refused({ code: "not-entitled", detail: "This user was never granted credits." });
	}
	if (account.holds.length >= OPEN_HOLDS_MAX) {
		const retry_at = Math.min(...account.holds.map((hold) => hold.expires_at));
		const detail = `At most ${OPEN_HOLDS_MAX} holds are open at once. Settle or release one; the next runs out at ${retry_at}.`;
		return refused({ code: "rate-limited", rule: "open-holds", limit: OPEN_HOLDS_MAX, retry_at, detail });
	}
	const slices = slicesFor(account, amount, now);
	if (!slices.ok) return slices;
	const opensHold = { id, amount, model, slices: slices.value, opened_at: now, expires_at: now + ttl_s * 1_000 };
	const postings = movesOf(slices.value, "available", "held");
	return accepted({ kind: "credits.held", subject: id, postings, opensHold, detail: intent });
}

/** The same hold grows: its time, counted from now, its amount, or both. Its whole life has a limit. */
export function decideExtend(
	account: Account,
	hold: Hold,
	{ amount, ttl_s }: { amount: number; ttl_s: number | null },
	now: number,
): Outcome<Entry<"credits.extended">> {
	const open = account.holds.find(({ id }) => id === hold.id);
	if (!open) return alreadyEnded(hold);
	const expires_at = Math.max(open.expires_at, ttl_s === null ? 0 : now + ttl_s * 1_000);
	if (expires_at > open.opened_at + HOLD_LIFE_MS_MAX) {
		const seconds_left = Math.floor((open.opened_at + HOLD_LIFE_MS_MAX - now) / 1_000);
		const errors = [
			{ pointer: "/ttl_s", detail: `At most ${seconds_left}: a hold lives ${HOLD_LIFE_MS_MAX / 1_000} s in all.` },
		];
		return refused({ code: "invalid-request", detail: "The hold would live too long.", errors });
	}
	const slices = slicesFor(account, amount, now);
	if (!slices.ok) return slices;
	const together = joinSlices(open.slices, slices.value);
	if (together.length > HOLD_SLICES_MAX) {
		const detail = `A hold has at most ${HOLD_SLICES_MAX} slices; this one would have ${together.length}. Settle it and reserve anew.`;
		return refused({ code: "conflict", detail });
	}
	const opensHold = { ...open, amount: open.amount + amount, slices: together, expires_at };
	const postings = movesOf(slices.value, "available", "held");
	return accepted({ kind: "credits.extended", subject: hold.id, postings, opensHold, detail: { amount, ttl_s } });
}

function slicesFor(account: Account, needed: number, now: number): Outcome<Slice[]> {
	const { available } = account.totals;
	const { daily_cap } = account.terms;
	if (available < needed) {
		const detail = `${needed} credits are needed and ${available} are available.`;
		return refused({ code: "insufficient-credits", detail, available, needed });
	}
	if (daily_cap !== null && needed > daily_cap) {
		return refused({
			code: "conflict",
			detail: `At most ${daily_cap} credits are charged or held within a day, so ${needed} never are.`,
		});
	}
	const room = roomToday(account, now);
	if (needed > room.credits) {
		const detail = `At most ${daily_cap} credits are charged or held within a day, UTC; ${room.credits} are left of today's.`;
		return refused({ code: "rate-limited", rule: "daily-cap", limit: daily_cap ?? 0, retry_at: room.endsAt, detail });
	}
	return accepted(takeSlices(account.lots, needed));
}

/** What the daily cap leaves for further holds and charges today, and when the day ends. */
function roomToday({ terms, totals, spent }: Account, now: number): { credits: number; endsAt: number } {
	const day = Math.floor(now / DAY_MS);
	const used = totals.held + (spent.day === day ? spent.charged : 0);
	const credits = terms.daily_cap === null ? Number.MAX_SAFE_INTEGER : Math.max(0, terms.daily_cap - used);
	return { credits, endsAt: (day + 1) * DAY_MS };
}

/**
 * Ends a hold with a charge. Of an open hold the first slices are used, what is left goes back to the last ones. After
 * the hold ran out its credits are back already, so a late settlement charges what is available then: never both.
 */
export function decideSettle(
	account: Account,
	hold: Hold,
	amount: number,
	said: Said<"credits.settled">,
	now: number,
): Outcome<Entry<"credits.settled">> {
	const late = hold.status === "expired" && hold.late_settle === "charge";
	const open = account.holds.find(({ id }) => id === hold.id);
	if (!late && !open) return alreadyEnded(hold);
	const wanted = chargeable(hold, amount);
	if (!wanted.ok) return wanted;
	const fromHold = open ? Math.min(wanted.value, open.amount) : 0;
	const { used, rest } = splitSlices(open?.slices ?? [], fromHold);
	const back = giveBack(account, rest, now);
	// More is charged than was held only where nothing of the hold goes back, so the two never meet. The daily cap holds for it.
	const beyond = Math.min(wanted.value - fromHold, account.totals.available, roomToday(account, now).credits);
	const postings = [
		...movesOf(used, "held", "consumed"),
		...back.postings,
		...movesOf(takeSlices(account.lots, beyond), "available", "consumed"),
	];
	const charged = fromHold + beyond;
	return accepted({
		kind: "credits.settled",
		subject: hold.id,
		postings,
		...(open && { closesHold: hold.id }),
		detail: {
			...said,
			charged,
			returned: back.returned,
			lapsed: back.lapsed,
			shortfall: amount - charged,
			late,
			...(late && { expired_at: hold.ended_at }),
		},
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

export function decideRelease(
	account: Account,
	hold: Hold,
	why: Said<"credits.released">,
	now: number,
): Outcome<Entry<"credits.released">> {
	const open = account.holds.find(({ id }) => id === hold.id);
	if (!open) return alreadyEnded(hold);
	const { ending, ...entry } = endOfHold(account, open, now);
	return accepted({ kind: "credits.released", ...entry, detail: { ...why, ...ending } });
}

/** The clock ends a hold that nobody ended. */
export function expiry(account: Account, open: OpenHold): Entry<"credits.hold_expired"> {
	const { ending, ...entry } = endOfHold(account, open, open.expires_at);
	return { kind: "credits.hold_expired", ...entry, detail: ending };
}

/** Everything back to its slices. */
function endOfHold(account: Account, open: OpenHold, at: number) {
	const { postings, returned, lapsed } = giveBack(account, open.slices, at);
	const ending = { model: open.model, returned, lapsed };
	return { subject: open.id, postings, closesHold: open.id, ending };
}

/** The second end of a hold is told how the first one went. */
export function alreadyEnded(hold: Hold): Refused {
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
