import {
	answersText,
	countedNumber,
	decideSubmission,
	limitReached,
	type Submission,
	submittedEvent,
} from "../../domain/attempts/attempts.ts";
import type { AnswerKey } from "../../domain/quizzes/quiz.ts";
import { accepted, notFound, type Outcome } from "../../domain/result.ts";
import { newId, type Unit } from "../engine/unit.ts";
import type { Attempt } from "./store.ts";

/**
 * Submits an attempt at once.
 * @param key the published version that the caller found for the quiz, or null if this user may see none. It is no part of
 *   the request's identity: a retry is answered as before even if the quiz was changed or withdrawn in between.
 * @param sealed what is kept of the answers, which are only marked here then; null to keep them as they are
 * @param came_from what is kept of where the request came from; no part of its identity either
 */
export function submitAttempt(
	unit: Unit,
	submission: Submission,
	key: AnswerKey | null,
	sealed: string | null,
	came_from: string | null,
): Outcome<Attempt> {
	if (!key) return notFound("published quiz");
	const number = unit.attempts.nextNumber(key.quiz);
	const refusal = limitReached(key, number - 1);
	if (refusal) return refusal;
	const plain = answersText(submission.answers);
	const marks = decideSubmission(key, submission, unit.now, plain);
	if (!marks.ok) return marks;
	const answers = sealed ?? plain;
	const id = newId(unit, "attempt");
	const event = submittedEvent(id, number, key, submission, marks.value, answers, countedOf(unit, key, number));
	const seq = unit.log.append(unit.who, unit.now, "attempt.submitted", id, event);
	return accepted(unit.attempts.insert(seq, unit.now, event, answers, came_from));
}

/** Only one's own attempts at one's own quizzes can be others than the number says. */
function countedOf(unit: Unit, key: AnswerKey, number: number): number {
	const { quiz, owner } = key;
	const isAuthors = owner === undefined ? unit.quizzes.head(quiz) !== null : owner === unit.who.user;
	return countedNumber(key, isAuthors, () => (isAuthors ? unit.attempts.counted(quiz) : number - 1));
}
