import { RpcTarget } from "cloudflare:workers";
import type { Submission } from "../../domain/attempts/attempts.ts";
import type { AnswerKey } from "../../domain/quizzes/quiz.ts";
import type { Call, Runner } from "../engine/runner.ts";
import type { Unit } from "../engine/unit.ts";
import { submitAttempt } from "./commands.ts";
import { attemptKeeping } from "./keeping.ts";

/** What a shard does with attempts. */
export class AttemptsCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	/**
	 * @param sealed what is kept of the answers where they must not be kept as they are
	 * @param came_from what is kept of where the request came from
	 */
	submit(
		call: Call,
		submission: Submission,
		key: AnswerKey | null,
		sealed: string | null = null,
		came_from: string | null = null,
	) {
		const decide = (unit: Unit) => submitAttempt(unit, submission, key, sealed, came_from);
		return this.#run.command(call, "attempts.submit", { ...submission }, decide, attemptKeeping(this.#run.stores));
	}

	get(call: Call, id: string) {
		return this.#run.read(call, ({ attempts }) => attempts.get(id));
	}

	list(call: Call, filter: { quiz?: string | undefined }, before: number, limit: number) {
		return this.#run.read(call, ({ attempts }) => attempts.list(filter, before, limit));
	}
}
