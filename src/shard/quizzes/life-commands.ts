import { isStale, stale } from "../../domain/preconditions.ts";
import { QUIZ_PURGES_AT_ONCE_MAX, SLUGS_PER_QUIZ_MAX } from "../../domain/quizzes/limits.ts";
import { diffQuizzes } from "../../domain/quizzes/quiz-diff.ts";
import { claimsAfter } from "../../domain/quizzes/slugs.ts";
import { type NamedStatus, STATUS_STEPS, statusDeleted } from "../../domain/quizzes/workflow.ts";
import { notFound, type Outcome, refused } from "../../domain/result.ts";
import type { Identity } from "../engine/log.ts";
import type { Unit } from "../engine/unit.ts";
import { releaseMedia } from "../media/commands.ts";
import { createQuiz, currentHead, publishedEvent, readerOf, reviseQuiz } from "./draft-commands.ts";
import { isDeleted, permitted } from "./quiz-checks.ts";
import type { AuthoredQuiz, QuizHead } from "./quiz-rows.ts";

/** What authors do with a quiz besides writing and publishing it. */

/** Into review, back to draft, into the archive or out of it. The status that the quiz has already changes nothing. */
export function moveQuiz(unit: Unit, id: string, status: NamedStatus, etag: string | null): Outcome<QuizHead> {
	const may = permitted(unit, id, STATUS_STEPS[status], etag);
	if (!may.ok) return may;
	if (may.quiz.status === status) return currentHead(unit, id);
	if (status === "archived") {
		const last = lastPublication(unit, may.quiz);
		unit.log.append(unit.who, unit.now, "quiz.archived", id, { quiz: id, last, ...(last && readerOf(last)) });
	} else unit.log.append(unit.who, unit.now, "quiz.moved", id, { quiz: id, status });
	unit.quizzes.setStatus(id, may.status, unit.now);
	return currentHead(unit, id);
}

function lastPublication(unit: Unit, { id, version, visibility, published_at }: QuizHead) {
	const last = unit.versions.get(id, version);
	if (!last || visibility === null || published_at === null) return null;
	const place = { quiz: id, version: last.hash, version_number: version, visibility, bytes: last.bytes };
	return publishedEvent(place, last.content, published_at);
}

/** A quiz as its shard has published it, or did so last: what the catalog will say of it, or said. */
export interface Publication {
	owner: string;
	is_published: boolean;
	updated_at: number;
	last: NonNullable<ReturnType<typeof lastPublication>>;
}

/** Null for a quiz that is deleted or never was published. */
export function publicationOf(unit: Unit, id: string): Publication | null {
	const head = unit.quizzes.head(id);
	if (!head || head.deleted_at !== null) return null;
	const last = lastPublication(unit, head);
	const { status, updated_at } = head;
	return last && { owner: unit.who.user, is_published: status === "published", updated_at, last };
}

/** Claims the slug; the ones before go on to lead to the quiz. Claiming the one in use changes nothing. */
export function claimSlug(unit: Unit, id: string, slug: string, etag: string | null): Outcome<QuizHead> {
	const quiz = unit.quizzes.head(id);
	if (!quiz) return notFound("quiz");
	if (isStale(quiz, etag)) return stale(quiz, "draft");
	if (quiz.deleted_at !== null) return isDeleted();
	if (quiz.slug === slug) return currentHead(unit, id);
	const claims = claimsAfter(unit.quizzes.claims(id), slug, unit.now);
	const last = claims?.at(-1);
	if (!claims || !last) {
		return refused({ code: "conflict", detail: `A quiz has at most ${SLUGS_PER_QUIZ_MAX} slugs. Use an old one.` });
	}
	unit.log.append(unit.who, unit.now, "quiz.slug_claimed", id, { quiz: id, slug, claimed_at: last[1] });
	unit.quizzes.setClaims(id, claims, unit.now);
	return currentHead(unit, id);
}

/**
 * A draft of its own with the same content.
 * @param version what is copied, null for the draft
 */
export function duplicateQuiz(unit: Unit, id: string, version: number | null): Outcome<AuthoredQuiz> {
	const quiz = unit.quizzes.get(id);
	if (!quiz) return notFound("quiz");
	if (quiz.deleted_at !== null) return isDeleted();
	const content = version === null ? quiz.content : unit.versions.get(id, version)?.content;
	if (!content) return notFound("version");
	return createQuiz(unit, content, { owner: unit.who.user, quiz: id, version });
}

/** Makes the content of a version the draft again. */
export function restoreVersion(unit: Unit, id: string, number: number, etag: string): Outcome<AuthoredQuiz> {
	if (!unit.quizzes.head(id)) return notFound("quiz");
	const version = unit.versions.get(id, number);
	return version ? reviseQuiz(unit, id, etag, version.content, number) : notFound("version");
}

/** Takes the quiz out of everything but the list of deleted ones; it gives up its slugs. Again, it changes nothing. */
export function deleteQuiz(unit: Unit, id: string, etag: string | null): Outcome<QuizHead> {
	const quiz = unit.quizzes.head(id);
	if (!quiz) return notFound("quiz");
	if (isStale(quiz, etag)) return stale(quiz, "draft");
	if (quiz.deleted_at === null) {
		const event = { quiz: id, version_number: quiz.version, slug: quiz.slug };
		unit.log.append(unit.who, unit.now, "quiz.deleted", id, event);
		unit.quizzes.setDeleted(id, statusDeleted(quiz.version), unit.now, unit.now);
	}
	return currentHead(unit, id);
}

/** Brings a deleted quiz back, unpublished. It claims its last slug anew: others may have claimed it meanwhile. */
export function undeleteQuiz(unit: Unit, id: string): Outcome<QuizHead> {
	const quiz = unit.quizzes.head(id);
	if (!quiz) return notFound("quiz");
	if (quiz.deleted_at !== null) {
		const claim = quiz.slug === null ? null : { slug: quiz.slug, claimed_at: unit.now };
		unit.log.append(unit.who, unit.now, "quiz.undeleted", id, { quiz: id, claim });
		unit.quizzes.setDeleted(id, quiz.status, null, unit.now);
		unit.quizzes.setClaims(id, claim ? [[claim.slug, claim.claimed_at]] : [], unit.now);
	}
	return currentHead(unit, id);
}

/** Removes what was deleted long enough ago, a bounded number of quizzes. The log keeps the hashes of their contents. */
export function purgeQuizzes(
	stores: Pick<Unit, "log" | "quizzes" | "room" | "media">,
	owner: Identity,
	now: number,
): void {
	const { log, quizzes } = stores;
	const dueAt = quizzes.nextPurgeAt();
	if (dueAt === null || dueAt > now) return;
	const system = { ...owner, actor: "system" };
	for (const { id } of quizzes.toPurge(now, QUIZ_PURGES_AT_ONCE_MAX)) {
		log.append(system, now, "quiz.purged", id, { quiz: id });
		quizzes.purge(id);
		releaseMedia(stores, system, id, now);
	}
	stores.room.forgetCache();
}

/** What makes a version another, or the draft where `to` is null. */
export function compareVersions({ quizzes, versions }: Unit, id: string, from: number, to: number | null) {
	const before = quizzes.head(id) && versions.get(id, from);
	const after = to === null ? quizzes.get(id) : versions.get(id, to);
	return (
		before &&
		after && { version_number: from, against_version_number: to, ...diffQuizzes(before.content, after.content) }
	);
}
