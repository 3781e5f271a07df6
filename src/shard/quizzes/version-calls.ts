import { RpcTarget } from "cloudflare:workers";
import type { Call, Runner } from "../engine/runner.ts";
import type { Unit } from "../engine/unit.ts";
import { versionKeeping } from "./keeping.ts";
import * as authoring from "./life-commands.ts";

/** What a shard does with the versions of its user's quizzes. */
export class VersionsCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	/** Makes the content of a version the draft again. */
	restore(call: Call, quiz: string, number: number, etag: string) {
		const input = { id: quiz, number, etag };
		const decide = (unit: Unit) => authoring.restoreVersion(unit, quiz, number, etag);
		const keeping = versionKeeping(this.#run.stores, quiz, number);
		return this.#run.command(call, "quizzes.restore", input, decide, keeping);
	}

	get(call: Call, quiz: string, number: number) {
		return this.#run.read(call, (unit) => unit.quizzes.head(quiz) && unit.versions.get(quiz, number));
	}

	/** Null if there is no such quiz. */
	list(call: Call, quiz: string, before: number, limit: number) {
		return this.#run.read(call, (unit) => unit.quizzes.head(quiz) && unit.versions.list(quiz, before, limit));
	}

	/** From a version to another, or to the draft where `to` is null; null if one of them is not there. */
	diff(call: Call, quiz: string, from: number, to: number | null) {
		return this.#run.read(call, (unit) => authoring.compareVersions(unit, quiz, from, to));
	}
}
