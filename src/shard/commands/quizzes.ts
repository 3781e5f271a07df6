import { BATCH_IMPORT_MAX, QUIZZES_PER_USER_MAX } from "../../domain/limits.ts";
import { freeze, maxScoreOf, type QuizContent, questionsOf, type Visibility } from "../../domain/quiz.ts";
import { accepted, notFound, type Outcome, refused } from "../../domain/result.ts";
import type { AuthoredQuiz, QuizHead } from "../quizzes.ts";
import { newId, type Unit } from "../unit.ts";

export function createQuiz(unit: Unit, content: QuizContent): Outcome<AuthoredQuiz> {
	if (unit.quizzes.count() >= QUIZZES_PER_USER_MAX) {
		return refused({ code: "conflict", detail: `A user has at most ${QUIZZES_PER_USER_MAX} quizzes.` });
	}
	return quizOf(unit, insertDraft(unit, content));
}

/** @returns the id of the new draft */
function insertDraft(unit: Unit, content: QuizContent): string {
	const draft = freeze(content);
	const id = newId(unit, "quiz");
	const event = { quiz: id, revision: 1, title: content.title, content_hash: draft.hash };
	const seq = unit.log.append(unit.who, unit.now, "quiz.created", id, event);
	unit.quizzes.insert(seq, id, content.title, draft, unit.now);
	return id;
}

/**
 * Creates a draft of each content, as far as the user may have more quizzes. At most BATCH_IMPORT_MAX, so that the
 * transaction and the record of its answer stay small.
 * @returns their ids, in order; null for those that were too many
 */
export function importQuizzes(unit: Unit, contents: readonly QuizContent[]): Outcome<(string | null)[]> {
	if (contents.length > BATCH_IMPORT_MAX) throw new Error(`${contents.length} quizzes in one batch`);
	const room = Math.max(QUIZZES_PER_USER_MAX - unit.quizzes.count(), 0);
	return accepted(contents.map((content, index) => (index < room ? insertDraft(unit, content) : null)));
}

/** Replaces the draft, if it is still the one that the caller knows. Saving the same content again changes nothing. */
export function reviseQuiz(unit: Unit, id: string, etag: string, content: QuizContent): Outcome<AuthoredQuiz> {
	const head = unit.quizzes.head(id);
	if (!head) return notFound("quiz");
	if (isStale(head, etag)) return stale(head);
	const draft = freeze(content);
	if (draft.hash !== head.content_hash) {
		const event = { quiz: id, revision: head.revision + 1, title: content.title, content_hash: draft.hash };
		unit.log.append(unit.who, unit.now, "quiz.revised", id, event);
		unit.quizzes.revise(id, content.title, draft, unit.now);
	}
	return quizOf(unit, id);
}

/**
 * Publishes the draft. Its content lies in R2 under `hash` already: the caller put it there before, so that the event
 * never names what is not there. Publishing the same content with the same visibility again changes nothing.
 */
export function publishQuiz(
	unit: Unit,
	id: string,
	hash: string,
	visibility: Visibility,
	etag: string | null,
): Outcome<QuizHead> {
	const quiz = unit.quizzes.get(id);
	if (!quiz) return notFound("quiz");
	if (isStale(quiz, etag)) return stale(quiz);
	if (quiz.content_hash !== hash) {
		return refused({ code: "conflict", detail: "The draft was changed while it was being published. Try again." });
	}
	const same = quiz.version_hash === hash && quiz.visibility === visibility;
	if (!(same && quiz.status === "published")) {
		const { content } = quiz;
		const questions = questionsOf(content);
		const published_at = quiz.published_at ?? unit.now;
		const { title, description, tags, difficulty, source } = content;
		unit.log.append(unit.who, unit.now, "quiz.published", id, {
			...{ quiz: id, version: hash, version_number: unit.quizzes.publish(quiz, visibility, unit.now), visibility },
			...{ title, description, tags, difficulty, source, published_at, bytes: freeze(content).bytes },
			...{ questions: questions.length, max_score: maxScoreOf(questions) },
		});
	}
	return headOf(unit, id);
}

export function withdrawQuiz(unit: Unit, id: string, etag: string | null): Outcome<QuizHead> {
	const quiz = unit.quizzes.head(id);
	if (!quiz) return notFound("quiz");
	if (isStale(quiz, etag)) return stale(quiz);
	if (quiz.status === "published") {
		unit.log.append(unit.who, unit.now, "quiz.withdrawn", id, { quiz: id });
		unit.quizzes.withdraw(id, unit.now);
	}
	return headOf(unit, id);
}

/** Null where the caller made no condition. */
function isStale(head: QuizHead, condition: string | null): boolean {
	if (condition === null || condition.trim() === "*") return false;
	return !condition.split(",").some((etag) => etag.trim() === head.etag);
}

function stale(head: QuizHead) {
	const detail = "The draft was changed since you read it. Read it again and send its ETag in If-Match.";
	return refused({ code: "precondition-failed", detail, current_etag: head.etag });
}

function quizOf(unit: Unit, id: string): Outcome<AuthoredQuiz> {
	const quiz = unit.quizzes.get(id);
	return quiz ? accepted(quiz) : notFound("quiz");
}

function headOf(unit: Unit, id: string): Outcome<QuizHead> {
	const quiz = unit.quizzes.head(id);
	return quiz ? accepted(quiz) : notFound("quiz");
}
