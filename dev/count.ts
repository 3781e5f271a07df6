import type { Attempt, PlayableQuiz, QuizStatistics } from "./contract.ts";

/** The sums behind a quiz's statistics, all of them whole numbers, those of marks in hundredths, so that equal means equal. */
export interface Count {
	attempts: number;
	takers: number;
	/** Of the attempts at the current version. */
	version_attempts: number;
	score: number;
	percentage_bp: number;
	passed: number;
	histogram: number[];
	/** Per question of the current version, by its id. */
	questions: Record<string, QuestionCount>;
}

interface QuestionCount {
	n: number;
	answered: number;
	score: number;
	facility: number;
}

const ROUNDING_MAX = 1e-6;
const HUNDREDTHS = 100;
const hundredths = (marks: number) => whole(marks * HUNDREDTHS);

/** Back from means to the sums that they were made of. @throws if a mean is not that of whole numbers */
export function countOf({ attempts, version_attempts, ...statistics }: QuizStatistics): Count {
	const sum = (mean: number | null, factor = 1) => whole((mean ?? 0) * attempts * factor);
	return {
		version_attempts,
		attempts,
		takers: statistics.takers,
		histogram: statistics.histogram,
		score: whole((statistics.mean_score ?? 0) * version_attempts * HUNDREDTHS),
		percentage_bp: sum(statistics.mean_percentage, 100),
		passed: sum(statistics.pass_rate),
		questions: Object.fromEntries(
			statistics.questions.map(({ id, n, answered, mean_score = 0, facility, max_score }) => [
				id,
				{
					n,
					answered,
					score: whole(mean_score * n * HUNDREDTHS),
					facility: whole((facility ?? 0) * n * max_score * HUNDREDTHS),
				},
			]),
		),
	};
}

function whole(value: number): number {
	const rounded = Math.round(value);
	if (Math.abs(value - rounded) > ROUNDING_MAX) throw new Error(`${value} is not a sum of whole numbers`);
	return rounded;
}

/**
 * Counts attempts at one quiz from nothing but the attempts themselves, on top of what was counted before. Those of its author count
 * only where its settings say so.
 * @param quiz whose current version's questions are counted
 */
export function addAttempts(
	before: Count,
	quiz: PlayableQuiz,
	all: readonly { user: string; attempt: Attempt }[],
): Count {
	const count: Count = structuredClone(before);
	const attempts = quiz.settings.count_author ? all : all.filter(({ user }) => user !== quiz.owner);
	count.takers += new Set(attempts.map(({ user }) => user)).size;
	for (const { attempt } of attempts) {
		const percentage_bp = Math.round(attempt.percentage * 100);
		const bin = Math.min(Math.floor(percentage_bp / 1_000), 9);
		count.attempts++;
		count.percentage_bp += percentage_bp;
		count.passed += Number(attempt.passed);
		count.histogram[bin] = (count.histogram[bin] ?? 0) + 1;
		if (attempt.version === quiz.version) addQuestions(count, quiz, attempt);
	}
	return count;
}

function addQuestions(count: Count, quiz: PlayableQuiz, attempt: Attempt): void {
	count.version_attempts++;
	count.score += hundredths(attempt.score);
	// Nobody but the author is told them then, so sums have none either.
	const untold = attempt.question_marks === "hidden" ? 0 : Number.NaN;
	const scores = new Map(attempt.questions.map(({ id, score }) => [id, score]));
	for (const { id } of quiz.subjects.flatMap((subject) => subject.questions)) {
		const question = count.questions[id] ?? { n: 0, answered: 0, score: 0, facility: 0 };
		const score = scores.get(id) ?? untold;
		question.n++;
		question.score += hundredths(score);
		question.facility += hundredths(score);
		question.answered += Number(attempt.answers[id] !== undefined);
		count.questions[id] = question;
	}
}
