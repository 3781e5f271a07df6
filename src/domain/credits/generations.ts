import type { Hold, LateSettle, OverCapture } from "./holds.ts";
import type { Entry, Posting, ProviderUsage, Slice } from "./ledger.ts";

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

export const GENERATION_STATUSES = ["pending", "completed", "failed"] as const;
export type GenerationStatus = (typeof GENERATION_STATUSES)[number];

/** Pending until the hold ends; completed if it was settled, failed if not. */
export const generationStatus = ({ status }: Pick<Hold, "status">): GenerationStatus =>
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
	if (entry.kind === "credits.held") {
		return entry.opensHold ? { ...NEW, ...entry.detail, ...entry.opensHold, status: "held" } : null;
	}
	if (!record) return null;
	switch (entry.kind) {
		case "credits.extended":
			return { ...record, ...entry.opensHold };
		case "credits.settled": {
			const { detail } = entry;
			return {
				...record,
				status: "settled",
				settled: detail.charged,
				used: usedBy(entry),
				ended_at: at,
				returned: record.returned + detail.returned,
				lapsed: record.lapsed + detail.lapsed,
				shortfall: detail.shortfall,
				...usageIn(detail),
				units: detail.units ?? null,
				quiz: detail.quiz ?? null,
				conversation_digest: detail.conversation_digest ?? record.conversation_digest,
			};
		}
		case "credits.released":
		case "credits.hold_expired": {
			const { returned, lapsed } = entry.detail;
			const isReleased = entry.kind === "credits.released";
			const { reason, error } = isReleased ? entry.detail : { reason: null, error: null };
			const status = isReleased ? "released" : "expired";
			return { ...record, status, reason, error, ...usageIn(entry.detail), returned, lapsed, ended_at: at };
		}
		case "credits.refunded":
			return { ...record, refunded: record.refunded + entry.detail.amount };
		case "credits.granted":
		case "credits.activated":
		case "credits.voided":
		case "credits.lot_expired":
		case "credits.expiring_soon":
		case "credits.plan_set":
		case "credits.plan_ended":
		case "credits.plan_renewed":
		case "credits.rolled_over":
		case "credits.terms_set":
		case "credits.low_balance":
			return null;
	}
}

const NEW = {
	settled: 0,
	refunded: 0,
	returned: 0,
	lapsed: 0,
	shortfall: 0,
	used: [],
	ended_at: null,
	units: null,
	tokens_used: null,
	cost_cents: null,
	quiz: null,
	reason: null,
	error: null,
};

/** What the provider used and took, be it for something or for nothing. */
const usageIn = ({ tokens_used, cost_cents, cost_parts }: ProviderUsage) => ({
	tokens_used: tokens_used ?? null,
	cost_cents: cost_cents ?? null,
	...(cost_parts !== undefined && { cost_parts }),
});

/** What a settlement charged, by lot. */
const usedBy = ({ postings }: Entry): Slice[] =>
	postings.flatMap(([lot, , to, size]: Posting): Slice[] => (to === "consumed" ? [[lot, size]] : []));
