import { RpcTarget } from "cloudflare:workers";
import type { Json } from "../../domain/canonical.ts";
import type { HoldStatus } from "../../domain/credits/holds.ts";
import type { Terms } from "../../domain/credits/ledger.ts";
import type { Grant } from "../../domain/credits/lots.ts";
import type { PlanTerms } from "../../domain/credits/plan.ts";
import type { Outcome } from "../../domain/result.ts";
import type { Call, Runner } from "../engine/runner.ts";
import type { Unit } from "../engine/unit.ts";
import { ledgerEntries, totalsAsOf } from "./history.ts";
import * as holds from "./hold-commands.ts";
import type { GenerationTexts } from "./holds.ts";
import { holdKeeping } from "./keeping.ts";
import * as lots from "./lot-commands.ts";

/** What a shard does with credits: lots, the plan, the terms, holds, and the ledger of all of it. */
export class CreditsCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	grant(call: Call, grant: Grant) {
		return this.#run.command(call, "credits.grant", { ...grant }, (unit) => lots.grantCredits(unit, grant));
	}

	voidLot(call: Call, id: string, reason: string | null) {
		return this.#run.command(call, "credits.void", { id, reason }, (unit) => lots.voidLot(unit, id, reason));
	}

	setPlan(call: Call, terms: PlanTerms) {
		return this.#run.command(call, "credits.plan", { ...terms }, (unit) => lots.setPlan(unit, terms));
	}

	endPlan(call: Call) {
		return this.#run.command(call, "credits.end_plan", {}, (unit) => lots.endPlan(unit));
	}

	setTerms(call: Call, terms: Partial<Terms>) {
		return this.#run.command(call, "credits.terms", { ...terms }, (unit) => lots.setTerms(unit, terms));
	}

	reserve(call: Call, request: holds.ReserveRequest) {
		const decide = (unit: Unit) => holds.reserveCredits(unit, request);
		return this.#onHold(call, "credits.reserve", { ...request }, decide, request);
	}

	settle(call: Call, hold: string, request: holds.SettleRequest) {
		const input = { id: hold, ...request };
		const decide = (unit: Unit) => holds.settleHold(unit, hold, request);
		return this.#onHold(call, "credits.settle", input, decide, { conversation: request.conversation });
	}

	release(call: Call, hold: string, why: holds.ReleaseRequest) {
		const input = { id: hold, ...why };
		return this.#onHold(call, "credits.release", input, (unit) => holds.releaseHold(unit, hold, why));
	}

	extend(call: Call, hold: string, growth: { amount: number; ttl_s: number | null }) {
		const input = { id: hold, ...growth };
		return this.#onHold(call, "credits.extend", input, (unit) => holds.extendHold(unit, hold, growth));
	}

	/** @param amount null for all that is left to refund */
	refund(call: Call, hold: string, amount: number | null, reason: string | null) {
		const input = { id: hold, amount, reason };
		return this.#onHold(call, "credits.refund", input, (unit) => holds.refundHold(unit, hold, amount, reason));
	}

	/** @param texts that the request brought */
	#onHold(
		call: Call,
		operation: string,
		input: Json,
		decide: (unit: Unit) => Outcome<holds.HoldView>,
		texts: GenerationTexts = {},
	) {
		return this.#run.command(call, operation, input, decide, holdKeeping(this.#run.stores, texts));
	}

	balance(call: Call) {
		return this.#run.read(call, (unit) => lots.balanceOf(unit.credits.account()));
	}

	/** What the user had at the instant `at`, which is not in the future. */
	totalsAsOf(call: Call, at: number) {
		return this.#run.read(call, (unit) => totalsAsOf(unit.log, at));
	}

	hold(call: Call, id: string) {
		return this.#run.read(call, (unit) => unit.credits.holds.view(id));
	}

	holds(call: Call, status: HoldStatus | undefined, before: number, limit: number) {
		return this.#run.read(call, (unit) => unit.credits.holds.list(status, before, limit));
	}

	/** The ledger, newest first. */
	entries(call: Call, from: number | null, limit: number) {
		return this.#run.read(call, (unit) => ledgerEntries(unit.log, from, limit));
	}
}
