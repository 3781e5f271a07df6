import { canonicalJson, sha256Hex, utf8Bytes } from "./canonical.ts";
import type { EventBody } from "./events.ts";
import { ANSWERS_BYTES_MAX } from "./limits.ts";
import type { AnswerKey } from "./quiz.ts";
import { type ItemResponse, responseFault } from "./responses.ts";
import { accepted, type InputFault, type Outcome, refused } from "./result.ts";
import { type Marks, score } from "./scoring.ts";

/** What a client submits at once. `answers` maps question ids to responses; of which shape, the question decides. */
export interface Submission {
	quiz: string;
	answers: Record<string, ItemResponse>;
	started_at?: number | undefined;
	time_taken_s?: number | undefined;
}

/**
 * Marks a submission against the pinned version, or says which answers name no question of it or are no response to theirs,
 * and what would be one. Questions may be left out: they count as blank.
 *
 * @param now milliseconds since the epoch
 * @param text the text of the submission's answers, for a caller who has made it already
 */
export function decideSubmission(
	key: AnswerKey,
	submission: Submission,
	now: number,
	text = answersText(submission.answers),
): Outcome<Marks> {
	const questions = new Map(key.questions.map((question) => [question.id, question]));
	const answers = new Map(Object.entries(submission.answers));
	const errors: InputFault[] = [];
	for (const [id, response] of answers) {
		const question = questions.get(id);
		const pointer = `/answers/${id.replaceAll("~", "~0").replaceAll("/", "~1")}`;
		const detail = question ? responseFault(question, response) : "The quiz has no question with this id.";
		if (detail !== null) errors.push({ pointer, detail });
	}
	const bytes = utf8Bytes(text);
	if (bytes > ANSWERS_BYTES_MAX) {
		const detail = `The answers of an attempt have at most ${ANSWERS_BYTES_MAX} bytes; these have ${bytes}.`;
		errors.push({ pointer: "/answers", detail });
	}
	if (submission.started_at !== undefined && submission.started_at > now) {
		errors.push({ pointer: "/started_at", detail: "Lies in the future of the server's clock." });
	}
	if (errors.length > 0) {
		return refused({ code: "invalid-request", detail: "The answers do not fit the quiz.", errors });
	}
	return accepted(score(key, answers));
}

/** The one text of an attempt's answers: what is stored of them, and what their digest in the log is of. */
export const answersText = (answers: Submission["answers"]): string => canonicalJson(answers);

/**
 * What the log says of a submitted attempt: what the catalog needs, and the digest of the rest.
 *
 * @param number 1 for the user's first attempt at the quiz
 * @param text the text of the submission's answers, for a caller who has made it already
 */
export function submittedEvent(
	id: string,
	number: number,
	key: AnswerKey,
	submission: Submission,
	marks: Marks,
	text = answersText(submission.answers),
): EventBody<"attempt.submitted"> {
	return {
		attempt: id,
		quiz: key.quiz,
		version: key.version,
		version_number: key.version_number,
		number,
		score: marks.score,
		max_score: marks.max_score,
		percentage_bp: marks.percentage_bp,
		passed: marks.passed,
		started_at: submission.started_at ?? null,
		time_taken_s: submission.time_taken_s ?? null,
		answers_digest: sha256Hex(text),
		items: marks.items.map((item) => [item.id, item.choice, item.score, item.max, item.options]),
	};
}
