import type { quizDocument } from "../lib/marksheet.ts";

/** What the peers make of a submission: the same marks as Marksheet gives, per question and in all. */

export interface Submission {
	quiz: string;
	answers: Record<string, number>;
	time_taken_s?: number;
}

/** The right option of each question, by its id. */
export type Key = Map<string, number>;

export const keyOf = (content: ReturnType<typeof quizDocument>): Key =>
	new Map(content.subjects.flatMap(({ questions }) => questions.map((q) => [String(q.id), q.correctAnswer])));

export interface Marks {
	score: number;
	max_score: number;
	percentage: number;
	passed: boolean;
	questions: { id: string; score: number; max_score: number }[];
}

const PASS_PERCENTAGE = 50;

export function mark(key: Key, answers: Record<string, number>): Marks {
	const questions = [...key].map(([id, correct]) => ({ id, score: Number(answers[id] === correct), max_score: 1 }));
	const score = questions.reduce((sum, question) => sum + question.score, 0);
	const percentage = Math.round((score * 10_000) / questions.length) / 100;
	return { score, max_score: questions.length, percentage, passed: percentage >= PASS_PERCENTAGE, questions };
}
