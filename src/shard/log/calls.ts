import { RpcTarget } from "cloudflare:workers";
import type { Message } from "../../domain/log/events.ts";
import { PROFILE_COUNT_MAX } from "../../domain/people/limits.ts";
import { type Conservation, conservationOf } from "../credits/part.ts";
import type { Reconciliation } from "../engine/replicator.ts";
import type { Call, Runner } from "../engine/runner.ts";
import { replaysOf } from "../parts.ts";
import { type Anchor, type Findings, verify } from "../verification/verification.ts";

/** What was found, and whether the credits that the log gives add up. */
export interface Verification extends Findings {
	ok: boolean;
	conservation: Conservation;
}

/** What is said of a shard in its user's profile. */
export interface Summary {
	/** Of the plan of credits. */
	tier: string | null;
	counts: { attempts: number; quizzes: number; favorites: number };
}

/** What a shard says of its log: to its user, and to those who see to it that the catalog has all of it. */
export class LogCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	feed(call: Call, after: number, limit: number) {
		return this.#run.read(call, (unit) => ({ head_seq: unit.log.headSeq(), rows: unit.log.feed(after, limit) }));
	}

	/** Where the log ends, and since when row `applied + 1` waits. */
	position(call: Call, applied: number) {
		return this.#run.read(call, ({ log }) => ({
			head_seq: log.headSeq(),
			waiting_since: log.row(applied + 1)?.at ?? null,
		}));
	}

	/** Recomputes everything from the log and says the first thing that is not as the log says. */
	verify(call: Call, anchor: Anchor | null): Verification | null {
		const { stores, sql, requests } = this.#run;
		return this.#run.inspect(call, () => {
			const parts = replaysOf({ ...stores, sql });
			const { chain, records } = verify({ log: stores.log, requests }, Object.values(parts), anchor);
			const conservation = conservationOf(parts.credits.state);
			return { ok: chain.ok && records.ok && conservation.ok, conservation, chain, records };
		});
	}

	/** How much the user has, for the profile. */
	summary(call: Call): Summary | null {
		return this.#run.read(call, ({ attempts, quizzes, reactions, credits }) => ({
			tier: credits.account().plan?.tier ?? null,
			counts: {
				attempts: attempts.countUpTo(PROFILE_COUNT_MAX),
				quizzes: quizzes.countKept(),
				favorites: reactions.count("favorite"),
			},
		}));
	}

	/** Whose shard this is; null if nobody has opened it, or nobody has it any more. */
	tenant(): string | null {
		return this.#run.erasure.isClosed ? null : (this.#run.stores.log.owner()?.tenant_id ?? null);
	}

	/** For the sweep; whoever calls knows the shard from the directory. */
	reconcile(applied: Anchor, overdue_ms: number, now: number): Reconciliation {
		if (this.#run.erasure.isClosed)
			return { head_seq: applied.seq, waiting_since: null, chain: "same", overdue: false };
		return this.#run.replicator.reconcile(applied, overdue_ms, now);
	}

	/** The rows after row `after`, as many as fit into one message; null if there are none, or for nobody any more. For rebuilds. */
	message(after: number): Message | null {
		return this.#run.erasure.isClosed ? null : this.#run.stores.log.message(after);
	}
}
