import type { Hold, LateSettle, OverCapture } from "./credits.ts";
import type { Entry, Posting, Slice } from "./ledger.ts";

/** A hold's record, which is also that of an AI generation: what was reserved for what, and how it ended. */
export interface Generation extends Hold {
	slices: [lot: string, amount: number][];
	opened_at: number;
	expires_at: number;
	returned: number;
	/** Credits that did not come back, because their lot expired or was voided under the hold. */
	lapsed: number;
	shortfall: number;
	/** Credits of one delivered unit, where the settlement may say units instead of an amount. */
	unit_price: number | null;
	purpose: string | null;
	model: string | null;
	prompt_digest: string | null;
	/** Of the conversation that was stored last. */
	conversation_digest: string | null;
	units: number | null;
	tokens_used: number | null;
	cost_cents: number | null;
	/** Ten-thousandths of a cent beyond the cents; absent where there are none. */
	cost_parts?: number;
	/** The quiz that came of it. */
	quiz: string | null;
	reason: string | null;
	error: string | null;
}

/** Pending until the hold ends; completed if it was settled, failed if not. */
export const generationStatus = ({ status }: Pick<Hold, "status">): "pending" | "completed" | "failed" =>
	status === "held" ? "pending" : status === "settled" ? "completed" : "failed";

/** What a reservation says of the generation; it stands in the detail of `credits.held`. */
export interface Intent {
	over_capture: OverCapture;
	late_settle: LateSettle;
	unit_price: number | null;
	purpose: string | null;
	model: string | null;
	prompt_digest: string | null;
	conversation_digest: string | null;
}

/**
 * The record after an entry about it, made from the log row alone; the same function writes the record and verifies it.
 * @param record before the entry; null for `credits.held`
 * @returns null for an entry that is about no hold
 */
export function recordAfter(record: Generation | null, entry: Entry, at: number): Generation | null {
	// These members are what the decisions of credits.ts and the commands put there.
	const detail = entry.detail as Partial<Generation> & { charged?: number; amount?: number };
	if (entry.kind === "credits.held" && entry.opensHold) {
		const intent = entry.detail as unknown as Intent;
		return { ...NEW, ...intent, ...entry.opensHold, status: "held" };
	}
	if (!record) return null;
	switch (entry.kind) {
		case "credits.extended":
			return { ...record, ...entry.opensHold };
		case "credits.settled":
			return {
				...record,
				...{ status: "settled", settled: detail.charged ?? 0, used: usedBy(entry), ended_at: at },
				...{ returned: record.returned + (detail.returned ?? 0), lapsed: record.lapsed + (detail.lapsed ?? 0) },
				shortfall: detail.shortfall ?? 0,
				...usageIn(detail),
				...{ units: detail.units ?? null, quiz: detail.quiz ?? null },
				conversation_digest: detail.conversation_digest ?? record.conversation_digest,
			};
		case "credits.released":
		case "credits.hold_expired": {
			const status = entry.kind === "credits.released" ? "released" : "expired";
			const why = { reason: detail.reason ?? null, error: detail.error ?? null };
			const back = { returned: detail.returned ?? 0, lapsed: detail.lapsed ?? 0 };
			return { ...record, status, ...why, ...usageIn(detail), ...back, ended_at: at };
		}
		case "credits.refunded":
			return { ...record, refunded: record.refunded + (detail.amount ?? 0) };
		default:
			return null;
	}
}

const NEW = {
	...{ settled: 0, refunded: 0, returned: 0, lapsed: 0, shortfall: 0, used: [], ended_at: null },
	...{ units: null, tokens_used: null, cost_cents: null, quiz: null, reason: null, error: null },
};

/** What the provider used and took, be it for something or for nothing. */
const usageIn = ({ tokens_used, cost_cents, cost_parts }: Partial<Generation>) => ({
	tokens_used: tokens_used ?? null,
	cost_cents: cost_cents ?? null,
	...(cost_parts !== undefined && { cost_parts }),
});

/** What a settlement charged, by lot. */
const usedBy = ({ postings }: Entry): Slice[] =>
	postings.flatMap(([lot, , to, size]: Posting): Slice[] => (to === "consumed" ? [[lot, size]] : []));
