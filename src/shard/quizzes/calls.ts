import { RpcTarget } from "cloudflare:workers";
import { canonicalJson } from "../../domain/canonical.ts";
import type { QuizContent, Visibility } from "../../domain/quizzes/quiz.ts";
import type { NamedStatus } from "../../domain/quizzes/workflow.ts";
import type { Call, Runner } from "../engine/runner.ts";
import type { Unit } from "../engine/unit.ts";
import * as quizzes from "./draft-commands.ts";
import { quizKeeping, versionKeeping } from "./keeping.ts";
import * as authoring from "./life-commands.ts";
import type { QuizFilter } from "./store.ts";

/** What a shard does with the quizzes that its user authors. */
export class QuizzesCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	create(call: Call, content: QuizContent) {
		const decide = (unit: Unit) => quizzes.createQuiz(unit, content);
		// As it is stored: a draft is read from its canonical text.
		const keeping = quizKeeping(this.#run.stores, () => JSON.parse(canonicalJson(content)));
		return this.#run.command(call, "quizzes.create", content, decide, keeping);
	}

	/** @param digest of the request that the contents were read from: what an idempotency key stands for */
	import(call: Call, digest: string, contents: QuizContent[]) {
		return this.#run.command(call, "quizzes.import", { digest }, (unit) => quizzes.importQuizzes(unit, contents));
	}

	revise(call: Call, id: string, etag: string, content: QuizContent) {
		const input = { id, etag, content };
		return this.#run.command(call, "quizzes.revise", input, (unit) => quizzes.reviseQuiz(unit, id, etag, content));
	}

	publish(call: Call, id: string, hash: string, visibility: Visibility, etag: string | null) {
		const input = { id, hash, visibility, etag };
		return this.#run.command(call, "quizzes.publish", input, (unit) =>
			quizzes.publishQuiz(unit, id, hash, visibility, etag),
		);
	}

	withdraw(call: Call, id: string, etag: string | null) {
		return this.#run.command(call, "quizzes.withdraw", { id, etag }, (unit) => quizzes.withdrawQuiz(unit, id, etag));
	}

	/** Into review, back to draft, into the archive or out of it. */
	move(call: Call, id: string, status: NamedStatus, etag: string | null) {
		const input = { id, status, etag };
		return this.#run.command(call, "quizzes.move", input, (unit) => authoring.moveQuiz(unit, id, status, etag));
	}

	claimSlug(call: Call, id: string, slug: string, etag: string | null) {
		const input = { id, slug, etag };
		return this.#run.command(call, "quizzes.slug", input, (unit) => authoring.claimSlug(unit, id, slug, etag));
	}

	delete(call: Call, id: string, etag: string | null) {
		return this.#run.command(call, "quizzes.delete", { id, etag }, (unit) => authoring.deleteQuiz(unit, id, etag));
	}

	undelete(call: Call, id: string) {
		return this.#run.command(call, "quizzes.undelete", { id }, (unit) => authoring.undeleteQuiz(unit, id));
	}

	/** @param version what is copied, null for the draft */
	duplicate(call: Call, id: string, version: number | null) {
		const decide = (unit: Unit) => authoring.duplicateQuiz(unit, id, version);
		const keeping = versionKeeping(this.#run.stores, id, version);
		return this.#run.command(call, "quizzes.duplicate", { id, version }, decide, keeping);
	}

	get(call: Call, id: string) {
		return this.#run.read(call, (unit) => unit.quizzes.get(id));
	}

	list(call: Call, filter: QuizFilter, before: number, limit: number) {
		return this.#run.read(call, (unit) => unit.quizzes.list(filter, before, limit));
	}

	/**
	 * The draft's content as the text that its hash is of, for the claim check; or why it cannot be published, so that what is
	 * refused leaves the shard no more than it did. Null where the shard is not the caller's.
	 */
	draft(call: Call, id: string, etag: string | null) {
		return this.#run.read(call, (unit) => {
			const outcome = quizzes.draftToPublish(unit, id, etag);
			return { outcome, seq: unit.log.headSeq(), replayed: false };
		});
	}

	/** What is published, before the catalog has it. */
	publication(call: Call, id: string) {
		return this.#run.read(call, (unit) => authoring.publicationOf(unit, id));
	}
}
