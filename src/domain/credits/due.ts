import { expiry } from "./holds.ts";
import type { Account, Entry } from "./ledger.ts";
import { renewal } from "./plan.ts";

/** What the clock alone makes happen. */
interface Due {
	at: number;
	/** The entry to book; `id` is for the lot that it may open. */
	entry: (id: string) => Entry;
}

/**
 * What is due next, and when; null if nothing ever will be. Of what is due at the same instant: a scheduled lot takes
 * effect, a period of the plan ends, holds run out, lots expire, and last come notices.
 */
export function nextDue(account: Account): Due | null {
	let due: Due | null = null;
	const offer = (at: number, entry: Due["entry"]) => {
		if (due === null || at < due.at) due = { at, entry };
	};
	for (const { id, granted, amount, effective_at } of account.lots) {
		if (granted > 0) continue;
		const postings: Entry["postings"] = [[id, "granted", "available", amount]];
		offer(effective_at, () => ({ kind: "credits.activated", subject: id, postings, detail: {} }));
	}
	const { plan } = account;
	if (plan) offer(plan.next_at, (id) => renewal(account, plan, id));
	for (const hold of account.holds) {
		offer(hold.expires_at, () => expiry(account, hold));
	}
	for (const { id, available, expires_at } of account.lots) {
		if (available === 0 || expires_at === null) continue;
		const postings: Entry["postings"] = [[id, "available", "expired", available]];
		offer(expires_at, () => ({ kind: "credits.lot_expired", subject: id, postings, detail: {} }));
	}
	const notice_s = account.terms.expiring_notice_s;
	for (const { id, available, expires_at, effective_at, noticed } of account.lots) {
		if (notice_s === null || noticed || available === 0 || expires_at === null) continue;
		const detail = { amount: available, expires_at };
		offer(Math.max(effective_at, expires_at - notice_s * 1_000), () => ({
			kind: "credits.expiring_soon",
			subject: id,
			postings: [],
			noticesLot: id,
			detail,
		}));
	}
	return due;
}

/** The notice that an entry calls for: the balance has just fallen below the user's threshold. */
export function lowBalanceNotice(before: Account, after: Account, user: string): Entry | null {
	const threshold = after.terms.low_balance_at;
	const { available } = after.totals;
	if (threshold === null || available >= threshold || before.totals.available < threshold) return null;
	return { kind: "credits.low_balance", subject: user, postings: [], detail: { available, threshold } };
}
