import { isStale, stale } from "../../domain/preconditions.ts";
import { type QuizStatus, type QuizStep, statusAfter, stepRefused } from "../../domain/quizzes/workflow.ts";
import { notFound, refused } from "../../domain/result.ts";
import type { Unit } from "../engine/unit.ts";
import type { QuizHead } from "./quiz-rows.ts";

export type Permitted = { ok: true; quiz: QuizHead; status: QuizStatus } | ReturnType<typeof refused>;

/**
 * The quiz and the status that the step leads to, or why the step is refused: there is no such quiz, the caller has not
 * read the draft as it is, the quiz is deleted, or its status does not allow the step.
 * @param condition the caller's If-Match, null for none
 */
export function permitted(unit: Unit, id: string, step: QuizStep, condition: string | null): Permitted {
	const quiz = unit.quizzes.head(id);
	if (!quiz) return notFound("quiz");
	if (isStale(quiz, condition)) return stale(quiz, "draft");
	if (quiz.deleted_at !== null) return isDeleted();
	const status = statusAfter(quiz.status, step);
	if (status === null) return refused({ code: "conflict", detail: stepRefused(quiz.status) });
	return { ok: true, quiz, status };
}

export const isDeleted = () => refused({ code: "conflict", detail: "The quiz is deleted. Undelete it first." });
