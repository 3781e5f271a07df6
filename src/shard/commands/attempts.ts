import { answersText, decideSubmission, type Submission, submittedEvent } from "../../domain/attempts.ts";
import type { AnswerKey } from "../../domain/quiz.ts";
import { accepted, notFound, type Outcome } from "../../domain/result.ts";
import type { Attempt } from "../attempts.ts";
import { newId, type Unit } from "../unit.ts";

/**
 * Submits an attempt at once.
 * @param key the published version that the caller found for the quiz, or null if this user may see none. It is no part of
 *   the request's identity: a retry is answered as before even if the quiz was changed or withdrawn in between.
 */
export function submitAttempt(unit: Unit, submission: Submission, key: AnswerKey | null): Outcome<Attempt> {
	if (!key) return notFound("published quiz");
	const answers = answersText(submission.answers);
	const marks = decideSubmission(key, submission, unit.now, answers);
	if (!marks.ok) return marks;
	const id = newId(unit, "attempt");
	const number = unit.attempts.nextNumber(key.quiz);
	const event = submittedEvent(id, number, key, submission, marks.value, answers);
	const seq = unit.log.append(unit.who, unit.now, "attempt.submitted", id, event);
	return accepted(unit.attempts.insert(seq, unit.now, event, answers));
}
