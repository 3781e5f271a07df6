import { sha256Hex } from "../../domain/canonical.ts";
import type { Cost } from "../../domain/credits/costs.ts";
import type { Intent } from "../../domain/credits/generations.ts";
import * as decide from "../../domain/credits/holds.ts";
import type { Entry } from "../../domain/credits/ledger.ts";
import { CREDIT_AMOUNT_MAX } from "../../domain/credits/limits.ts";
import { decideRefund } from "../../domain/credits/refunds.ts";
import { accepted, notFound, type Outcome, refused } from "../../domain/result.ts";
import { newId, type Unit } from "../engine/unit.ts";
import type { GenerationTexts, HoldRecord } from "./holds.ts";

/** Commands on holds: find the hold, decide, book. */

export interface ReserveRequest extends GenerationTexts {
	amount: number;
	ttl_s: number;
	over_capture: decide.OverCapture;
	late_settle: decide.LateSettle;
	unit_price?: number | undefined;
	purpose?: string | undefined;
	model?: string | undefined;
}

/** What the provider used and took. */
interface ProviderUsage extends Partial<Cost> {
	tokens_used?: number | undefined;
}

export interface ReleaseRequest extends ProviderUsage {
	reason: string | null;
	error: string | null;
}

export interface SettleRequest extends ProviderUsage {
	/** Credits to charge; or say how many units were delivered. */
	amount?: number | undefined;
	units?: number | undefined;
	quiz?: string | undefined;
	conversation?: string | undefined;
}

/** A hold after a command on it, with what the user has left. */
export type HoldView = HoldRecord & { available: number };

export function reserveCredits(unit: Unit, request: ReserveRequest): Outcome<HoldView> {
	const { prompt, conversation, over_capture, late_settle } = request;
	const { unit_price = null, purpose = null, model = null } = request;
	const digests = { prompt_digest: digestOf(prompt), conversation_digest: digestOf(conversation) };
	const detail = { over_capture, late_settle, unit_price, purpose, model, ...digests } satisfies Intent;
	const id = newId(unit, "hold");
	const decision = decide.decideReserve(unit.credits.account(), id, request, detail, unit.now);
	return booked(unit, id, decision, { prompt, conversation });
}

export function settleHold(unit: Unit, id: string, request: SettleRequest): Outcome<HoldView> {
	const hold = unit.credits.holds.get(id);
	if (!hold) return notFound("hold");
	const amount = amountOf(request, hold.unit_price);
	if (!amount.ok) return amount;
	const { conversation, amount: _amount, ...usage } = request;
	const detail = {
		...usage,
		model: hold.model,
		...(conversation !== undefined && { conversation_digest: digestOf(conversation) }),
	};
	const decision = decide.decideSettle(unit.credits.account(), hold, amount.value, detail, unit.now);
	return booked(unit, id, decision, { conversation });
}

/** The amount, or the delivered units at the hold's price, which must be an amount too. */
function amountOf({ amount, units }: SettleRequest, unit_price: number | null): Outcome<number> {
	if (amount !== undefined) return accepted(amount);
	const invalid = (field: string, detail: string) =>
		refused({ code: "invalid-request", detail, errors: [{ pointer: `/${field}`, detail }] });
	if (units === undefined) return invalid("amount", "Say `amount` or `units`.");
	if (unit_price === null) return invalid("amount", "The hold has no `unit_price`, so `amount` is needed.");
	const most = Math.floor(CREDIT_AMOUNT_MAX / unit_price);
	return units <= most
		? accepted(units * unit_price)
		: invalid("units", `At most ${most} at ${unit_price} credits each.`);
}

export function releaseHold(unit: Unit, id: string, why: ReleaseRequest): Outcome<HoldView> {
	const hold = unit.credits.holds.get(id);
	if (!hold) return notFound("hold");
	return booked(unit, id, decide.decideRelease(unit.credits.account(), hold, { ...why }, unit.now));
}

export function extendHold(
	unit: Unit,
	id: string,
	growth: { amount: number; ttl_s: number | null },
): Outcome<HoldView> {
	const hold = unit.credits.holds.get(id);
	if (!hold) return notFound("hold");
	return booked(unit, id, decide.decideExtend(unit.credits.account(), hold, growth, unit.now));
}

export function refundHold(unit: Unit, id: string, amount: number | null, reason: string | null): Outcome<HoldView> {
	const hold = unit.credits.holds.get(id);
	if (!hold) return notFound("hold");
	const account = unit.credits.accountWith(hold.used.map(([lot]) => lot));
	// Which sum of the catalog is less by it, so that this follows from the row alone.
	const detail = { reason, model: hold.model, settled_at: hold.ended_at };
	return booked(unit, id, decideRefund(account, hold, newId(unit, "lot"), amount, detail, unit.now));
}

function booked(unit: Unit, id: string, decision: Outcome<Entry>, texts: GenerationTexts = {}): Outcome<HoldView> {
	if (!decision.ok) return decision;
	const { account, hold } = unit.credits.book(unit.who, unit.now, decision.value, texts);
	if (!hold) throw new Error(`hold ${id} has no record`);
	return accepted({ ...hold, available: account.totals.available });
}

const digestOf = (text: string | undefined) => (text === undefined ? null : sha256Hex(text));
