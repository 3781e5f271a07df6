import { sha256Hex } from "../../domain/canonical.ts";
import {
	decideGrant,
	decideRelease,
	decideReserve,
	decideSettle,
	type Grant,
	type Reservation,
} from "../../domain/credits.ts";
import type { Account, Lot, LotTerms } from "../../domain/ledger.ts";
import { accepted, notFound, type Outcome } from "../../domain/result.ts";
import { type HoldRecord, NO_END } from "../credits.ts";
import { newId, type Unit } from "../unit.ts";

export type ReserveRequest = Reservation & {
	purpose?: string | undefined;
	model?: string | undefined;
	prompt?: string | undefined;
};

export interface SettleRequest {
	amount: number;
	tokens_used?: number | undefined;
	cost_cents?: number | undefined;
	quiz?: string | undefined;
	units?: number | undefined;
}

/** A lot as clients read it. */
export interface LotView extends Lot {
	status: "scheduled" | "active" | "exhausted";
}

/** A hold after a command on it, with what the user has left. */
export type HoldView = HoldRecord & { available: number };

export interface Balance {
	available: number;
	held: number;
	granted: number;
	consumed: number;
	expired: number;
	voided: number;
	lots: LotView[];
	/** What will be lost and when, if nobody spends it, soonest first. */
	expiring: { at: number; lot: string; amount: number }[];
}

export function grantCredits(unit: Unit, grant: Grant): Outcome<LotView> {
	const decision = decideGrant(unit.credits.account(), newId(unit, "lot"), grant, unit.now);
	if (!decision.ok) return decision;
	const { account } = unit.credits.book(unit.who, unit.now, decision.value);
	return accepted(lotView(lotOf(account, decision.value.opensLot)));
}

export function reserveCredits(unit: Unit, request: ReserveRequest): Outcome<HoldView> {
	const { purpose = null, model = null, prompt = null, ...reservation } = request;
	const detail = { purpose, model, prompt_digest: prompt === null ? null : sha256Hex(prompt) };
	const id = newId(unit, "hold");
	const decision = decideReserve(unit.credits.account(), id, reservation, detail, unit.now);
	if (!decision.ok) return decision;
	const { account, seq } = unit.credits.book(unit.who, unit.now, decision.value);
	const { over_capture, late_settle } = reservation;
	unit.credits.insertHold(seq, { ...decision.value.opensHold, over_capture, late_settle, purpose, model, prompt });
	return accepted(holdView(unit, id, account));
}

export function settleHold(unit: Unit, id: string, request: SettleRequest): Outcome<HoldView> {
	const hold = unit.credits.hold(id);
	if (!hold) return notFound("hold");
	const { amount, ...usage } = request;
	const decision = decideSettle(unit.credits.account(), hold, amount, usage, unit.now);
	if (!decision.ok) return decision;
	const { account } = unit.credits.book(unit.who, unit.now, decision.value);
	const { charged, returned, expired, shortfall } = decision.value.detail;
	const { tokens_used = null, cost_cents = null, quiz = null } = request;
	const end = { ...NO_END, settled: charged, returned, lapsed: expired, shortfall, tokens_used, cost_cents, quiz };
	unit.credits.endHold(id, { ...end, status: "settled" }, unit.now);
	return accepted(holdView(unit, id, account));
}

export function releaseHold(unit: Unit, id: string, reason: string | null): Outcome<HoldView> {
	const hold = unit.credits.hold(id);
	if (!hold) return notFound("hold");
	const decision = decideRelease(unit.credits.account(), hold, { reason }, unit.now);
	if (!decision.ok) return decision;
	const { account } = unit.credits.book(unit.who, unit.now, decision.value);
	const { returned, expired } = decision.value.detail;
	unit.credits.endHold(id, { ...NO_END, status: "released", returned, lapsed: expired, reason }, unit.now);
	return accepted(holdView(unit, id, account));
}

export function balanceOf(account: Account): Balance {
	const expiring = account.lots.flatMap(({ id, available, expires_at }) =>
		available > 0 && expires_at !== null ? [{ at: expires_at, lot: id, amount: available }] : [],
	);
	return { ...account.totals, lots: account.lots.map(lotView), expiring: expiring.sort((a, b) => a.at - b.at) };
}

function holdView(unit: Unit, id: string, account: Account): HoldView {
	const record = unit.credits.hold(id);
	if (!record) throw new Error(`hold ${id} has no record`);
	return { ...record, available: account.totals.available };
}

function lotOf(account: Account, terms: LotTerms | undefined): Lot {
	const lot = account.lots.find((candidate) => candidate.id === terms?.id);
	if (!lot) throw new Error("a granted lot is not in the account");
	return lot;
}

function lotView(lot: Lot): LotView {
	const left = lot.available + lot.held;
	return { ...lot, status: lot.granted === 0 ? "scheduled" : left > 0 ? "active" : "exhausted" };
}
