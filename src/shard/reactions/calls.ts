import { RpcTarget } from "cloudflare:workers";
import type { Reaction } from "../../domain/reactions/reactions.ts";
import type { Call, Runner } from "../engine/runner.ts";
import { react, takeBack } from "./commands.ts";

/** What a shard does with favourites and likes. */
export class ReactionsCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	set(call: Call, kind: Reaction, quiz: string) {
		return this.#run.command(call, `${kind}s.set`, { quiz }, (unit) => react(unit, kind, quiz));
	}

	unset(call: Call, kind: Reaction, quiz: string) {
		return this.#run.command(call, `${kind}s.unset`, { quiz }, (unit) => takeBack(unit, kind, quiz));
	}

	list(call: Call, kind: Reaction, before: number, limit: number) {
		return this.#run.read(call, (unit) => unit.reactions.list(kind, before, limit));
	}
}
