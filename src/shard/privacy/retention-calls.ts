import { RpcTarget } from "cloudflare:workers";
import type { Cutoffs } from "../../domain/privacy/retention.ts";
import type { Call, Runner } from "../engine/runner.ts";

/** What is kept for some time only goes. The log says nothing of it, since nothing follows from it for anybody else. */
export class RetentionCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	/** Removes a bounded part of what is from before the cutoffs. @returns whether there may be more; null for another tenant's shard, or nobody's */
	remove(call: Call, cutoffs: Cutoffs): boolean | null {
		return this.#run.read(call, ({ retention }) => retention.advance(cutoffs));
	}
}
