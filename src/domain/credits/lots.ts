import { accepted, type Outcome, refused } from "../result.ts";
import type { Account, Entry, Lot, LotKind, LotTerms, Posting, Terms } from "./ledger.ts";
import { CREDIT_TOTAL_MAX, LIVE_LOTS_MAX } from "./limits.ts";

/** Decisions about lots: `(account, command, now) → entry or refusal`. */

export interface Grant {
	amount: number;
	kind: LotKind;
	priority: number;
	effective_at?: number | undefined;
	expires_at?: number | undefined;
	reference?: string | undefined;
}

/** Still to come, with credits left in it, without any. */
export const LOT_STATUSES = ["scheduled", "active", "closed"] as const;
export type LotStatus = (typeof LOT_STATUSES)[number];

export function lotStatus({ granted, available, held }: Lot): LotStatus {
	if (granted === 0) return "scheduled";
	return available + held > 0 ? "active" : "closed";
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
	const room = roomForCredits(account, grant.amount);
	if (!room.ok) return room;
	const opensLot: LotTerms = {
		id,
		kind: grant.kind,
		amount: grant.amount,
		priority: grant.priority,
		effective_at,
		created_at: now,
		expires_at: grant.expires_at ?? null,
		reference: grant.reference ?? null,
	};
	const postings: Posting[] = effective_at <= now ? [[id, "granted", "available", grant.amount]] : [];
	return accepted({ kind: "credits.granted", subject: id, postings, opensLot, detail: {} });
}

/** What was granted, and what will be without anybody doing anything. */
export const grantedOrScheduled = ({ totals, lots }: Account): number =>
	totals.granted + lots.reduce((sum, lot) => sum + (lot.granted === 0 ? lot.amount : 0), 0);

/** Whether one more lot of this amount fits the limits. */
export function roomForCredits(account: Account, amount: number): Outcome<null> {
	if (account.lots.length >= LIVE_LOTS_MAX) {
		return refused({ code: "conflict", detail: `A user has at most ${LIVE_LOTS_MAX} lots with credits left.` });
	}
	if (grantedOrScheduled(account) + amount > CREDIT_TOTAL_MAX) {
		return refused({ code: "conflict", detail: `A user is granted at most ${CREDIT_TOTAL_MAX} credits in total.` });
	}
	return accepted(null);
}

/**
 * Takes back what nobody has spent or holds. A scheduled lot never takes effect. What is held stays spendable for its
 * holds; where they give it back, and where a refund does, it is voided. So a lot with nothing left is voided too: what was spent
 * of it could still come back. Null if it was voided before.
 */
export function decideVoid(lot: Lot, reason: string | null): Entry | null {
	if (lot.voided_at !== null) return null;
	const isScheduled = lot.granted === 0;
	const rest = isScheduled ? lot.amount : lot.available;
	const from = isScheduled ? "granted" : "available";
	const postings: Posting[] = rest > 0 ? [[lot.id, from, "voided", rest]] : [];
	return { kind: "credits.voided", subject: lot.id, postings, voidsLot: lot.id, detail: { reason } };
}

/** Changes those terms that are given. */
export function decideTerms(account: Account, user: string, changes: Partial<Terms>): Entry {
	const setsTerms = { ...account.terms, ...changes };
	return { kind: "credits.terms_set", subject: user, postings: [], setsTerms, detail: {} };
}
