import { canonicalJson, sha256Hex } from "./canonical.ts";
import type { EventBody } from "./events.ts";
import type { AnswerKey } from "./quiz.ts";
import { accepted, type InputFault, type Outcome, refused } from "./result.ts";
import { type Marks, score } from "./scoring.ts";

/** What a client submits at once. `answers` maps question ids to the index of the chosen option. */
export interface Submission {
	quiz: string;
	answers: Record<string, number>;
	started_at?: number | undefined;
	time_taken_s?: number | undefined;
}

/**
 * Marks a submission against the pinned version, or says which answers name no question or no option of it.
 * Questions may be left out: they count as blank.
 */
export function decideSubmission(key: AnswerKey, submission: Submission, now: number): Outcome<Marks> {
	const questions = new Map(key.questions.map((question) => [question.id, question]));
	const answers = new Map(Object.entries(submission.answers));
	const errors: InputFault[] = [];
	for (const [id, choice] of answers) {
		const question = questions.get(id);
		const pointer = `/answers/${id.replaceAll("~", "~0").replaceAll("/", "~1")}`;
		if (!question) errors.push({ pointer, detail: "The quiz has no question with this id." });
		else if (choice >= question.options) {
			errors.push({ pointer, detail: `Must be the index of an option, 0 to ${question.options - 1}.` });
		}
	}
	if (submission.started_at !== undefined && submission.started_at > now) {
		errors.push({ pointer: "/started_at", detail: "Lies in the future of the server's clock." });
	}
	if (errors.length > 0) {
		return refused({ code: "invalid-request", detail: "The answers do not fit the quiz.", errors });
	}
	return accepted(score(key, answers));
}

/** What the log says of a submitted attempt: what the catalog needs, and the digest of the rest. */
export function submittedEvent(
	id: string,
	number: number,
	key: AnswerKey,
	submission: Submission,
	marks: Marks,
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
		answers_digest: sha256Hex(canonicalJson(submission.answers)),
		items: marks.items.map((item) => [item.id, item.choice, item.score, item.max, item.options]),
	};
}
