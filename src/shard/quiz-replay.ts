import type { EventBody, LogEvent } from "../domain/events.ts";
import { QUIZ_DELETED_KEPT_MS } from "../domain/limits.ts";
import type { QuizKind } from "../domain/quiz-events.ts";
import { type Claim, claimsAfter } from "../domain/slugs.ts";
import { type QuizStatus, statusAfter, statusDeleted } from "../domain/workflow.ts";
import { Difference } from "./difference.ts";
import type { Origin } from "./quiz-rows.ts";

/** What the log says of a quiz. */
interface QuizRecord {
	id: string;
	/** The row of the log. */
	created_by: number;
	status: QuizStatus;
	visibility: string | null;
	revision: number;
	title: string;
	draft_hash: string;
	version: number;
	version_hash: string | null;
	slugs: Claim[];
	origin: Origin | null;
	created_at: number;
	updated_at: number;
	published_at: number | null;
	deleted_at: number | null;
}

const NEW_QUIZ: Omit<QuizRecord, "id" | "created_by" | "created_at" | "updated_at"> = {
	status: "draft",
	visibility: null,
	revision: 0,
	title: "",
	draft_hash: "",
	slugs: [],
	origin: null,
	version: 0,
	version_hash: null,
	published_at: null,
	deleted_at: null,
};

type QuizEvent = LogEvent<QuizKind>;

/** The authored quizzes that the log gives. */
export class QuizReplay {
	readonly quizzes = new Map<string, QuizRecord>();
	/** By `quiz id, version number`. */
	readonly versions = new Map<string, { hash: string; draft_hash: string; published_at: number }>();

	/** @throws Difference if the row does not fit the rows before it */
	row(event: QuizEvent): void {
		const { at, seq } = event;
		const id = event.body.quiz;
		const known = this.quizzes.get(id) ?? { ...NEW_QUIZ, id, created_by: seq, created_at: at, updated_at: at };
		if (event.kind === "quiz.purged") this.#purge(known, at, seq);
		else this.quizzes.set(id, { ...known, ...this.#changes(event, known), updated_at: at });
	}

	#changes(event: Exclude<QuizEvent, { kind: "quiz.purged" }>, known: QuizRecord): Partial<QuizRecord> {
		const { kind, body, at } = event;
		switch (kind) {
			case "quiz.created":
				return { ...savedIn(body), origin: body.origin ?? null };
			case "quiz.revised":
				return { ...savedIn(body), status: statusAfter(known.status, "revise") ?? known.status };
			case "quiz.published":
				return {
					...this.#published(body, known.draft_hash, at),
					...(body.claim && claimed(known, body.claim.slug, body.claim.claimed_at)),
				};
			case "quiz.withdrawn":
				return { status: "withdrawn" };
			case "quiz.moved":
				return { status: body.status };
			case "quiz.archived":
				return { status: "archived" };
			case "quiz.slug_claimed":
				return claimed(known, body.slug, body.claimed_at);
			case "quiz.deleted":
				return { status: statusDeleted(known.version), deleted_at: at };
			case "quiz.undeleted":
				return { deleted_at: null, slugs: [], ...(body.claim && claimed({ slugs: [] }, body.claim.slug, at)) };
		}
	}

	#published(body: EventBody<"quiz.published">, draft_hash: string, at: number) {
		const { quiz, visibility, version_number: version, version: version_hash, published_at } = body;
		const key = `${quiz} ${version}`;
		// The same content published again, with another visibility, is the same version.
		if (!this.versions.has(key)) this.versions.set(key, { hash: version_hash, draft_hash, published_at: at });
		return { status: "published" as const, visibility, version, version_hash, published_at };
	}

	#purge({ id, version, deleted_at }: QuizRecord, at: number, seq: number): void {
		if (deleted_at === null || deleted_at + QUIZ_DELETED_KEPT_MS > at) {
			throw new Difference("log", seq, "quiz.purged was not due");
		}
		this.quizzes.delete(id);
		for (let number = 1; number <= version; number++) this.versions.delete(`${id} ${number}`);
	}
}

const savedIn = ({ revision, title, content_hash }: EventBody<"quiz.created" | "quiz.revised">) => ({
	revision,
	title,
	draft_hash: content_hash,
});

const claimed = ({ slugs }: Pick<QuizRecord, "slugs">, slug: string, claimed_at: number) => ({
	slugs: claimsAfter(slugs, slug, claimed_at) ?? slugs,
});
