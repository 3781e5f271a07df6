import { canonicalJson } from "../../domain/canonical.ts";
import { type Account, type Lot, SIDES, type Terms, type Totals } from "../../domain/credits/ledger.ts";
import {
	decideGrant,
	decideTerms,
	decideVoid,
	type Grant,
	type LotStatus,
	lotStatus,
} from "../../domain/credits/lots.ts";
import { decidePlan, decidePlanEnd, type Plan, type PlanTerms } from "../../domain/credits/plan.ts";
import { accepted, notFound, type Outcome } from "../../domain/result.ts";
import { newId, type Unit } from "../engine/unit.ts";

/** Commands on lots, the plan and the terms. */

/** A lot as clients read it. */
interface LotView extends Lot {
	status: LotStatus;
}

export interface Balance extends Totals {
	/** Lots with credits left, and scheduled ones. */
	lots: LotView[];
	/** What those lots are part of that have none left; with the sums over `lots` it makes the totals. */
	closed: Totals;
	/** What will be lost and when, if nobody spends it, soonest first. */
	expiring: { at: number; lot: string; amount: number }[];
	plan: Plan | null;
	terms: Terms;
}

export function grantCredits(unit: Unit, grant: Grant): Outcome<LotView> {
	const id = newId(unit, "lot");
	const decision = decideGrant(unit.credits.account(), id, grant, unit.now);
	if (!decision.ok) return decision;
	const { account } = unit.credits.book(unit.who, unit.now, decision.value);
	return lotIn(account, id);
}

export function voidLot(unit: Unit, id: string, reason: string | null): Outcome<LotView> {
	const account = unit.credits.accountWith([id]);
	const lot = account.lots.find((candidate) => candidate.id === id);
	if (!lot) return notFound("lot");
	const entry = decideVoid(lot, reason);
	return lotIn(entry ? unit.credits.book(unit.who, unit.now, entry).account : account, id);
}

/** Setting what is set already changes nothing. */
export function setPlan(unit: Unit, terms: PlanTerms): Outcome<Plan> {
	const account = unit.credits.account();
	const decision = decidePlan(account, newId(unit, "lot"), unit.who.user, terms, unit.now);
	if (!decision.ok) return decision;
	if (canonicalJson({ ...decision.value.setsPlan }) === canonicalJson({ ...account.plan })) return planOf(account);
	return planOf(unit.credits.book(unit.who, unit.now, decision.value).account);
}

export function endPlan(unit: Unit): Outcome<Plan> {
	const account = unit.credits.account();
	if (!account.plan || account.plan.ended) return planOf(account);
	return planOf(unit.credits.book(unit.who, unit.now, decidePlanEnd(account.plan, unit.who.user)).account);
}

const planOf = ({ plan }: Account): Outcome<Plan> => (plan ? accepted(plan) : notFound("plan"));

/** Setting what is set already changes nothing. */
export function setTerms(unit: Unit, changes: Partial<Terms>): Outcome<Terms> {
	const account = unit.credits.account();
	const entry = decideTerms(account, unit.who.user, changes);
	if (JSON.stringify(entry.setsTerms) === JSON.stringify(account.terms)) return accepted(account.terms);
	return accepted(unit.credits.book(unit.who, unit.now, entry).account.terms);
}

export function balanceOf({ totals, lots, plan, terms }: Account): Balance {
	const expiring = lots.flatMap(({ id, available, expires_at }) =>
		available > 0 && expires_at !== null ? [{ at: expires_at, lot: id, amount: available }] : [],
	);
	const closed = { ...totals };
	for (const lot of lots) {
		for (const side of SIDES) closed[side] -= lot[side];
	}
	expiring.sort((a, b) => a.at - b.at);
	return { ...totals, lots: lots.map(viewOf), closed, expiring, plan, terms };
}

function lotIn(account: Account, id: string): Outcome<LotView> {
	const lot = account.lots.find((candidate) => candidate.id === id);
	return lot ? accepted(viewOf(lot)) : notFound("lot");
}

const viewOf = (lot: Lot): LotView => ({ ...lot, status: lotStatus(lot) });
