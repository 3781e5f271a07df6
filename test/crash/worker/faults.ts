import type { BatchFault, Fault, FaultPlan } from "../plan.ts";
import { Random } from "../random.ts";

/** What the Worker has borne since it was told to, and what passed through its queue. */
export interface Borne {
	faults: Partial<Record<Fault, number>>;
	/** Messages that went into the queue, and those of them that came out, once or more often. */
	sent: number;
	delivered: number;
	batches: number;
}

/** The faults of one isolate: those of its plan, none before it has one. */
class Faults {
	#plan: FaultPlan | null = null;
	#began_at = 0;
	#random = new Random(0);
	readonly #seen = new Set<string>();
	#borne: Borne = { faults: {}, sent: 0, delivered: 0, batches: 0 };

	begin(plan: FaultPlan): void {
		this.#plan = plan;
		this.#began_at = Date.now();
		this.#random = new Random(plan.seed);
	}

	get plan(): FaultPlan | null {
		return this.#plan;
	}

	get random(): Random {
		return this.#random;
	}

	get borne(): Borne {
		return this.#borne;
	}

	/** What is to befall a call of the database. */
	takeDatabaseCall(isTransaction: boolean): "as it is" | "d1_slow" | "d1_refused" | "d1_answer_lost" {
		if (!this.#plan) return "as it is";
		const { outage, d1_slow_permille, d1_answers_lost_permille } = this.#plan;
		const at = Date.now() - this.#began_at;
		const isOut = outage.from_ms <= at && at < outage.to_ms;
		const usual = isTransaction ? this.#plan.d1_transactions_failing_permille : this.#plan.d1_failing_permille;
		if (this.#random.chance(isOut ? outage.failing_permille : usual)) {
			return this.noted(this.#random.chance(d1_answers_lost_permille) ? "d1_answer_lost" : "d1_refused");
		}
		return this.#random.chance(d1_slow_permille) ? this.noted("d1_slow") : "as it is";
	}

	/** What is to befall the batch. */
	takeBatch({ messages }: MessageBatch): BatchFault {
		const turns = this.#plan?.batches ?? [];
		const fault = turns[this.#borne.batches++ % turns.length] ?? "as it is";
		if (fault !== "as it is") this.noted(fault);
		for (const { id } of messages) this.#seen.add(id);
		this.#borne.delivered = this.#seen.size;
		return fault;
	}

	noted<F extends Fault>(fault: F): F {
		this.#borne.faults[fault] = (this.#borne.faults[fault] ?? 0) + 1;
		return fault;
	}
}

/** One per isolate: requests, batches and objects all run in the same one. */
export const faults = new Faults();
