import { canonicalJson } from "../domain/canonical.ts";
import type { QuizContent, Visibility } from "../domain/quiz.ts";
import { BaseShard } from "./base-shard.ts";
import * as authoring from "./commands/authoring.ts";
import * as quizzes from "./commands/quizzes.ts";
import { quizKeeping } from "./keeping.ts";
import type { QuizFilter } from "./quizzes.ts";
import type { Call } from "./runner.ts";
import type { Unit } from "./unit.ts";

/** The calls on a shard that are about authored quizzes. */
export class AuthoringShard extends BaseShard {
	createQuiz(call: Call, content: QuizContent) {
		const decide = (unit: Unit) => quizzes.createQuiz(unit, content);
		// As it is stored: a draft is read from its canonical text.
		const keeping = quizKeeping(this.run.stores, () => JSON.parse(canonicalJson(content)));
		return this.run.command(call, "quizzes.create", content, decide, keeping);
	}

	/** @param digest of the request that the contents were read from: what an idempotency key stands for */
	importQuizzes(call: Call, digest: string, contents: QuizContent[]) {
		return this.run.command(call, "quizzes.import", { digest }, (unit) => quizzes.importQuizzes(unit, contents));
	}

	reviseQuiz(call: Call, id: string, etag: string, content: QuizContent) {
		const input = { id, etag, content };
		return this.run.command(call, "quizzes.revise", input, (unit) => quizzes.reviseQuiz(unit, id, etag, content));
	}

	publishQuiz(call: Call, id: string, hash: string, visibility: Visibility, etag: string | null) {
		const input = { id, hash, visibility, etag };
		return this.run.command(call, "quizzes.publish", input, (unit) =>
			quizzes.publishQuiz(unit, id, hash, visibility, etag),
		);
	}

	withdrawQuiz(call: Call, id: string, etag: string | null) {
		return this.run.command(call, "quizzes.withdraw", { id, etag }, (unit) => quizzes.withdrawQuiz(unit, id, etag));
	}

	quiz(call: Call, id: string) {
		return this.run.read(call, (unit) => unit.quizzes.get(id));
	}

	/**
	 * The draft's content as the text that its hash is of, for the claim check; or why it cannot be published, so that what is
	 * refused leaves the shard no more than it did. Null where the shard is not the caller's.
	 */
	draft(call: Call, id: string, etag: string | null) {
		return this.run.read(call, (unit) => {
			const outcome = quizzes.draftToPublish(unit, id, etag);
			return { outcome, seq: unit.log.headSeq(), replayed: false };
		});
	}

	/** Before the catalog has it. */
	publication(call: Call, id: string) {
		return this.run.read(call, (unit) => authoring.publicationOf(unit, id));
	}

	quizzes(call: Call, filter: QuizFilter, before: number, limit: number) {
		return this.run.read(call, (unit) => unit.quizzes.list(filter, before, limit));
	}

	moveQuiz(call: Call, id: string, status: authoring.NamedStatus, etag: string | null) {
		const input = { id, status, etag };
		return this.run.command(call, "quizzes.move", input, (unit) => authoring.moveQuiz(unit, id, status, etag));
	}

	claimSlug(call: Call, id: string, slug: string, etag: string | null) {
		const input = { id, slug, etag };
		return this.run.command(call, "quizzes.slug", input, (unit) => authoring.claimSlug(unit, id, slug, etag));
	}

	deleteQuiz(call: Call, id: string, etag: string | null) {
		return this.run.command(call, "quizzes.delete", { id, etag }, (unit) => authoring.deleteQuiz(unit, id, etag));
	}

	undeleteQuiz(call: Call, id: string) {
		return this.run.command(call, "quizzes.undelete", { id }, (unit) => authoring.undeleteQuiz(unit, id));
	}

	duplicateQuiz(call: Call, id: string, version: number | null) {
		const decide = (unit: Unit) => authoring.duplicateQuiz(unit, id, version);
		return this.run.command(call, "quizzes.duplicate", { id, version }, decide, this.#keeping(id, version));
	}

	restoreVersion(call: Call, id: string, number: number, etag: string) {
		const decide = (unit: Unit) => authoring.restoreVersion(unit, id, number, etag);
		return this.run.command(call, "quizzes.restore", { id, number, etag }, decide, this.#keeping(id, number));
	}

	/** Of an answer that shows the content of a version, or of the draft where that is null. */
	#keeping(id: string, version: number | null) {
		const { stores } = this.run;
		return quizKeeping(stores, () => (version === null ? null : stores.versions.get(id, version)?.content));
	}

	/** Null if there is no such quiz. */
	versions(call: Call, id: string, before: number, limit: number) {
		return this.run.read(call, (unit) => unit.quizzes.head(id) && unit.versions.list(id, before, limit));
	}

	version(call: Call, id: string, number: number) {
		return this.run.read(call, (unit) => unit.quizzes.head(id) && unit.versions.get(id, number));
	}

	/** From a version to another, or to the draft where `to` is null; null if one of them is not there. */
	quizDiff(call: Call, id: string, from: number, to: number | null) {
		return this.run.read(call, (unit) => authoring.compareVersions(unit, id, from, to));
	}
}
