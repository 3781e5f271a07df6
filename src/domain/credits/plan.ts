import { accepted, type Outcome } from "../result.ts";
import { DAY_MS } from "../units.ts";
import type { Account, Entry, LotTerms } from "./ledger.ts";
import { CREDIT_TOTAL_MAX, LOT_PRIORITY_DEFAULT, PERIOD_DAYS_MIN } from "./limits.ts";
import { grantedOrScheduled, roomForCredits } from "./lots.ts";

/** Monthly credits: a recurring grant on an anchor day, and a part of what is left of it rolls over. */

export interface PlanTerms {
	tier: string;
	/** Credits of each period. */
	amount: number;
	/** Day of the month, 1 to 31; where a month is shorter, its last day. */
	anchor_day: number;
	/** Most credits that roll over from one period into the next. */
	rollover_cap: number;
	/** How long they live then. */
	rollover_days: number;
}

export interface Plan extends PlanTerms {
	/** When the current period ends and the next begins, 00:00 UTC. */
	next_at: number;
	/** The current period's lot. */
	lot: string;
	/** Whether the rollover at `next_at` has been booked. */
	rolled: boolean;
	/** Whether no period follows. It is kept until the current one ends, so that setting it again grants nothing twice. */
	ended: boolean;
}

/** The first 00:00 UTC after `after` on the anchor day of a month, or on the last day of a month that is shorter. */
function nextAnchor(after: number, anchor_day: number): number {
	const date = new Date(after);
	for (let month = date.getUTCMonth(); ; month++) {
		const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
		const anchor = Date.UTC(date.getUTCFullYear(), month, Math.min(anchor_day, lastDay));
		if (anchor > after) return anchor;
	}
}

/**
 * When a period that begins at `at` ends: at the next anchor, or at the one after that where the next is less than
 * PERIOD_DAYS_MIN away, so that a plan that begins right before its anchor is not granted twice.
 */
function periodEnd(at: number, anchor_day: number): number {
	return nextAnchor(at + PERIOD_DAYS_MIN * DAY_MS - 1, anchor_day);
}

/** The first period begins now. Terms that replace others count from the next period on; the current one ends as it would. */
export function decidePlan(account: Account, id: string, user: string, terms: PlanTerms, now: number): Outcome<Entry> {
	if (account.plan) {
		const { next_at, lot, rolled } = account.plan;
		const setsPlan = { ...terms, next_at, lot, rolled, ended: false };
		return accepted({ kind: "credits.plan_set", subject: user, postings: [], setsPlan, detail: {} });
	}
	const room = roomForCredits(account, terms.amount);
	if (!room.ok) return room;
	const next_at = periodEnd(now, terms.anchor_day);
	const opensLot = periodLot(id, terms, now, next_at);
	const setsPlan = { ...terms, next_at, lot: id, rolled: false, ended: false };
	const postings: Entry["postings"] = [[id, "granted", "available", terms.amount]];
	return accepted({ kind: "credits.plan_set", subject: user, postings, opensLot, setsPlan, detail: {} });
}

/** No further periods. The current one's credits stay until they expire. */
export const decidePlanEnd = (plan: Plan, user: string): Entry => ({
	kind: "credits.plan_ended",
	subject: user,
	postings: [],
	setsPlan: { ...plan, ended: true },
	detail: {},
});

/**
 * What the end of a period books, one entry at a time: first what rolls over, as a lot of its own, since no credit changes
 * its lot; then the next period's grant. The old period's lot expires at the same instant, after both. Where a grant would
 * pass what a user may be granted in all, the plan ends: the clock must never be refused.
 */
export function renewal(account: Account, plan: Plan, id: string): Entry {
	const at = plan.next_at;
	if (plan.ended) return { kind: "credits.plan_ended", subject: plan.lot, postings: [], setsPlan: null, detail: {} };
	const room = CREDIT_TOTAL_MAX - grantedOrScheduled(account);
	const left = account.lots.find((lot) => lot.id === plan.lot)?.available ?? 0;
	const rest = plan.rolled ? 0 : Math.min(left, plan.rollover_cap, Math.max(0, room - plan.amount));
	if (rest > 0) return rollover(plan, id, rest);
	if (room < plan.amount) {
		const detail = { reason: `A user is granted at most ${CREDIT_TOTAL_MAX} credits in total.` };
		return { kind: "credits.plan_ended", subject: plan.lot, postings: [], setsPlan: null, detail };
	}
	const next_at = periodEnd(at, plan.anchor_day);
	return {
		kind: "credits.plan_renewed",
		subject: id,
		postings: [[id, "granted", "available", plan.amount]],
		opensLot: periodLot(id, plan, at, next_at),
		setsPlan: { ...plan, next_at, lot: id, rolled: false },
		detail: {},
	};
}

function rollover(plan: Plan, id: string, amount: number): Entry {
	const at = plan.next_at;
	const expires_at = at + plan.rollover_days * DAY_MS;
	const opensLot = { ...periodLot(id, plan, at, expires_at), amount, reference: `rollover of ${plan.lot}` };
	return {
		kind: "credits.rolled_over",
		subject: id,
		postings: [[id, "granted", "available", amount]],
		opensLot,
		setsPlan: { ...plan, rolled: true },
		detail: { from: plan.lot },
	};
}

const periodLot = (id: string, { tier, amount }: PlanTerms, at: number, expires_at: number): LotTerms => ({
	id,
	kind: "plan",
	amount,
	priority: LOT_PRIORITY_DEFAULT,
	effective_at: at,
	expires_at,
	created_at: at,
	reference: `plan ${tier}`,
});
