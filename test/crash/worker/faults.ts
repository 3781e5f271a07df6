import type { Fault, FaultPlan } from "../plan.ts";
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

	/** The outage that lasts now, if any. */
	outage() {
		const at = Date.now() - this.#began_at;
		return this.#plan?.outages.find(({ from_ms, to_ms }) => from_ms <= at && at < to_ms) ?? null;
	}

	noteBatch({ messages }: MessageBatch): void {
		this.#borne.batches++;
		for (const { id } of messages) this.#seen.add(id);
		this.#borne.delivered = this.#seen.size;
	}

	note(fault: Fault): void {
		this.#borne.faults[fault] = (this.#borne.faults[fault] ?? 0) + 1;
	}
}

/** One per isolate: requests, batches and objects all run in the same one. */
export const faults = new Faults();
