import type { Submission } from "../domain/attempts.ts";
import type { Json } from "../domain/canonical.ts";
import type { HoldStatus } from "../domain/credits.ts";
import type { Message } from "../domain/events.ts";
import type { Terms } from "../domain/ledger.ts";
import type { Grant } from "../domain/lots.ts";
import type { PlanTerms } from "../domain/plan.ts";
import type { AnswerKey } from "../domain/quiz.ts";
import type { Reaction } from "../domain/reactions.ts";
import type { Outcome } from "../domain/result.ts";
import { submitAttempt } from "./commands/attempts.ts";
import * as holds from "./commands/credits.ts";
import * as lots from "./commands/lots.ts";
import * as reactions from "./commands/reactions.ts";
import { ledgerEntries, totalsAsOf } from "./history.ts";
import type { Texts } from "./holds.ts";
import { attemptKeeping, holdKeeping } from "./keeping.ts";
import { MediaShard } from "./media-shard.ts";
import type { Call } from "./runner.ts";
import type { Unit } from "./unit.ts";
import { type Anchor, verify } from "./verification.ts";

/**
 * The shard of one user: the only writer of what belongs to that user. Every command is one synchronous transaction that
 * changes state and appends to the log; it never awaits anything. Expected refusals are values, a throw is a bug.
 */
export class Shard extends MediaShard {
	override alarm(): Promise<void> {
		return this.run.alarm();
	}

	submitAttempt(call: Call, submission: Submission, key: AnswerKey | null) {
		const decide = (unit: Unit) => submitAttempt(unit, submission, key);
		return this.run.command(call, "attempts.submit", { ...submission }, decide, attemptKeeping(this.run.stores));
	}

	attempt(call: Call, id: string) {
		return this.run.read(call, ({ attempts }) => attempts.get(id));
	}

	attempts(call: Call, filter: { quiz?: string | undefined }, before: number, limit: number) {
		return this.run.read(call, ({ attempts }) => attempts.list(filter, before, limit));
	}

	grantCredits(call: Call, grant: Grant) {
		return this.run.command(call, "credits.grant", { ...grant }, (unit) => lots.grantCredits(unit, grant));
	}

	voidLot(call: Call, id: string, reason: string | null) {
		return this.run.command(call, "credits.void", { id, reason }, (unit) => lots.voidLot(unit, id, reason));
	}

	setPlan(call: Call, terms: PlanTerms) {
		return this.run.command(call, "credits.plan", { ...terms }, (unit) => lots.setPlan(unit, terms));
	}

	endPlan(call: Call) {
		return this.run.command(call, "credits.end_plan", {}, (unit) => lots.endPlan(unit));
	}

	setTerms(call: Call, terms: Partial<Terms>) {
		return this.run.command(call, "credits.terms", { ...terms }, (unit) => lots.setTerms(unit, terms));
	}

	reserveCredits(call: Call, request: holds.ReserveRequest) {
		const decide = (unit: Unit) => holds.reserveCredits(unit, request);
		return this.#onHold(call, "credits.reserve", { ...request }, decide, request);
	}

	settleHold(call: Call, id: string, request: holds.SettleRequest) {
		const decide = (unit: Unit) => holds.settleHold(unit, id, request);
		return this.#onHold(call, "credits.settle", { id, ...request }, decide, { conversation: request.conversation });
	}

	releaseHold(call: Call, id: string, why: holds.ReleaseRequest) {
		return this.#onHold(call, "credits.release", { id, ...why }, (unit) => holds.releaseHold(unit, id, why));
	}

	extendHold(call: Call, id: string, growth: { amount: number; ttl_s: number | null }) {
		return this.#onHold(call, "credits.extend", { id, ...growth }, (unit) => holds.extendHold(unit, id, growth));
	}

	refundHold(call: Call, id: string, amount: number | null, reason: string | null) {
		const input = { id, amount, reason };
		return this.#onHold(call, "credits.refund", input, (unit) => holds.refundHold(unit, id, amount, reason));
	}

	/** @param texts that the request brought */
	#onHold(
		call: Call,
		operation: string,
		input: Json,
		decide: (unit: Unit) => Outcome<holds.HoldView>,
		texts: Texts = {},
	) {
		return this.run.command(call, operation, input, decide, holdKeeping(this.run.stores, texts));
	}

	balance(call: Call) {
		return this.run.read(call, (unit) => lots.balanceOf(unit.credits.account()));
	}

	/** What the user had at the instant `at`, which is not in the future. */
	totalsAsOf(call: Call, at: number) {
		return this.run.read(call, (unit) => totalsAsOf(unit.log, at));
	}

	hold(call: Call, id: string) {
		return this.run.read(call, (unit) => unit.credits.holds.view(id));
	}

	holds(call: Call, status: HoldStatus | undefined, before: number, limit: number) {
		return this.run.read(call, (unit) => unit.credits.holds.list(status, before, limit));
	}

	creditEntries(call: Call, from: number | null, limit: number) {
		return this.run.read(call, (unit) => ledgerEntries(unit.log, from, limit));
	}

	/** Recomputes everything from the log and says the first thing that is not as the log says. */
	verify(call: Call, anchor: Anchor | null) {
		const { stores, sql, requests } = this.run;
		return this.run.inspect(call, () => verify({ ...stores, sql, requests }, anchor));
	}

	react(call: Call, kind: Reaction, quiz: string) {
		return this.run.command(call, `${kind}s.set`, { quiz }, (unit) => reactions.react(unit, kind, quiz));
	}

	takeBack(call: Call, kind: Reaction, quiz: string) {
		return this.run.command(call, `${kind}s.unset`, { quiz }, (unit) => reactions.takeBack(unit, kind, quiz));
	}

	reactions(call: Call, kind: Reaction, before: number, limit: number) {
		return this.run.read(call, (unit) => unit.reactions.list(kind, before, limit));
	}

	feed(call: Call, after: number, limit: number) {
		return this.run.read(call, (unit) => ({ head_seq: unit.log.headSeq(), rows: unit.log.feed(after, limit) }));
	}

	/** Whose shard this is; null if nobody has opened it. */
	tenant(): string | null {
		return this.run.stores.log.owner()?.tenant_id ?? null;
	}

	/** Where the log ends, and since when row `applied + 1` waits. */
	position(call: Call, applied: number) {
		return this.run.read(call, ({ log }) => ({
			head_seq: log.headSeq(),
			waiting_since: log.row(applied + 1)?.at ?? null,
		}));
	}

	/** For the sweep; whoever calls knows the shard from the directory. */
	reconcile(applied: Anchor, overdue_ms: number, now: number) {
		return this.run.replicator.reconcile(applied, overdue_ms, now);
	}

	/** The rows after row `after`, as many as fit into one message; null if there are none. For rebuilds. */
	message(after: number): Message | null {
		return this.run.stores.log.message(after);
	}
}
