import { RpcTarget } from "cloudflare:workers";
import type { Submission } from "../../domain/attempts/attempts.ts";
import type { Change, Kept, Sitting } from "../../domain/attempts/sittings.ts";
import { seqOfId } from "../../domain/ids.ts";
import type { AnswerKey } from "../../domain/quizzes/quiz.ts";
import type { Call, Runner } from "../engine/runner.ts";
import type { Unit } from "../engine/unit.ts";
import { openAttempt, saveAnswers, submitAttempt, submitSitting } from "./commands.ts";
import { attemptIn, attemptKeeping } from "./keeping.ts";
import type { Attempt } from "./store.ts";

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
		const keeping = attemptKeeping<Attempt>(this.#run.stores);
		return this.#run.command(call, "attempts.submit", { ...submission }, decide, keeping);
	}

	open(call: Call, quiz: string, key: AnswerKey | null) {
		const decide = (unit: Unit) => openAttempt(unit, key);
		return this.#run.command(call, "attempts.open", { quiz }, decide, attemptKeeping<Sitting>(this.#run.stores));
	}

	/** @param key of the attempt's version, as far as the changes need it; null where the attempt is not under way */
	save(
		call: Call,
		id: string,
		changes: readonly Change[],
		key: Pick<AnswerKey, "version" | "questions"> | null,
		kept: readonly (Kept | null)[],
	) {
		return this.#run.command(call, "attempts.save", {}, (unit) => saveAnswers(unit, id, changes, key, kept));
	}

	submitOpen(call: Call, id: string, came_from: string | null = null) {
		const decide = (unit: Unit) => submitSitting(unit, id, came_from);
		return this.#run.command(call, "attempts.submitOpen", { id }, decide, attemptKeeping<Attempt>(this.#run.stores));
	}

	get(call: Call, id: string) {
		return this.#run.read(call, (unit) => attemptIn(unit, id));
	}

	/** At which version an attempt is that is under way. */
	versionOf(call: Call, id: string) {
		return this.#run.read(call, ({ sittings }) => sittings.get(id, seqOfId(id))?.version ?? null);
	}

	list(call: Call, filter: { quiz?: string | undefined }, before: number, limit: number) {
		return this.#run.read(call, ({ attempts }) => attempts.list(filter, before, limit));
	}
}
