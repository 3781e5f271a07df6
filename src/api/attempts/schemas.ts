import { z } from "@hono/zod-openapi";
import { CHANGES_MAX, COUNTER_MAX, TIME_TAKEN_S_MAX } from "../../domain/attempts/limits.ts";
import { QUESTION_ID_CHARS_MAX, QUIZ_QUESTIONS_MAX } from "../../domain/quizzes/limits.ts";
import { NAVIGATIONS } from "../../domain/quizzes/quiz.ts";
import { ANSWERS, answers, response, shownQuestion } from "../quizzes/question-schemas.ts";
import { questionMarks } from "../quizzes/schemas.ts";
import { inputTime, ofQuiz, quizId, time, versionName, versionNumber } from "../schemas.ts";

/** Shapes of attempts, and of what they come to. */

const ONLY_WITH_ANSWERS = "Goes with `answers` only; without them the attempt is opened.";

/** One schema and not two, so that each fault is told where it is. */
export const attemptBody = z
	.strictObject({
		quiz: quizId.describe("The quiz that is taken, at its current version"),
		answers: answers
			.refine((all) => Object.keys(all).length <= QUIZ_QUESTIONS_MAX, `must have at most ${QUIZ_QUESTIONS_MAX} members`)
			.optional(),
		started_at: inputTime("When it was begun, not in the future").optional(),
		time_taken_s: z
			.int()
			.min(0)
			.max(TIME_TAKEN_S_MAX)
			.optional()
			.describe("Seconds that it took, at most what has passed since `started_at`"),
	})
	.superRefine(({ answers: submitted, started_at, time_taken_s }, context) => {
		if (submitted !== undefined) return;
		for (const [name, value] of Object.entries({ started_at, time_taken_s })) {
			if (value !== undefined) context.addIssue({ code: "custom", path: [name], message: ONLY_WITH_ANSWERS });
		}
	})
	.openapi("Submission", {
		description: "An attempt that is submitted at once, or, without `answers`, opened",
		example: { quiz: "quz_0000000205m5t8cfgq3nkw7r", answers: ANSWERS, time_taken_s: 95 },
	});

/** Marks, to two decimals. */
const score = z.number().min(0);
const percentage = z.number().min(0).max(100);

export const attempt = z
	.object({
		id: z.string().describe("The attempt"),
		status: z.literal("submitted").describe("Where it stands"),
		quiz: ofQuiz,
		version: versionName,
		version_number: versionNumber,
		title: z
			.string()
			.nullable()
			.describe("Of the quiz as it was attempted, whatever became of it; null where it cannot be read now"),
		number: z.int().min(1).describe("Which attempt of the user's at the quiz it is: 1 is the first"),
		score: score.describe("Marks that were earned, to two decimals"),
		max_score: score.describe("Marks that could be earned"),
		percentage: percentage.describe("Marks earned of those that could be, in per cent, to two decimals"),
		passed: z.boolean().describe("Whether that is at least the quiz's `pass_percentage`"),
		started_at: time("When it was begun, as the submission says; null where it does not").nullable(),
		time_taken_s: z.int().nullable().describe("Seconds that it took, as the submission says; null where it does not"),
		submitted_at: time("When it was submitted"),
		deadline: time("Until when its answers counted; null where it had no end, or was submitted at once").nullable(),
		ended_by: z
			.enum(["taker", "clock"])
			.nullable()
			.describe("Who ended it: the taker, or the clock at its deadline; null where it was submitted at once"),
		answers,
		question_marks: questionMarks,
		questions: z
			.array(
				z
					.object({
						id: z.string().describe("The question, as the quiz names it"),
						score: score.nullable().describe("Marks earned; null where the quiz hides the marks of questions"),
						max_score: score.describe("Marks that it is worth"),
					})
					.openapi("QuestionResult", { description: "What one question of an attempt came to" }),
			)
			.describe("What each question came to, in the order of the quiz"),
	})
	.openapi("Attempt", { description: "An attempt, marked" });

const counters = z
	.record(z.string(), z.int().min(0))
	.openapi("Counters", { description: "Question id → counter of what is stored of it" });
const deadline = time("Until when answers count; null where there is no end").nullable();
const serverTime = time("What it is now by the server's clock, which alone decides");

export const sitting = z
	.object({
		id: z.string().describe("The attempt"),
		status: z.literal(["in_progress", "abandoned"]).describe("Where it stands"),
		quiz: ofQuiz,
		version: versionName,
		version_number: versionNumber,
		title: z.string().nullable().describe("Of the quiz as it was opened"),
		number: z.int().min(1).describe("Which attempt of the user's at the quiz it is: 1 is the first"),
		opened_at: time("When it was opened"),
		deadline,
		server_time: serverTime,
		navigation: z.enum(NAVIGATIONS).describe("Whether one may go back to questions before one that was answered"),
		questions: z
			.array(shownQuestion)
			.describe("Those that it has, in the order in which they are shown; empty once it is abandoned"),
		option_order: z
			.record(z.string(), z.array(z.int().min(0)))
			.describe(
				"Question id → places of its options in the order in which they are shown; of questions that are not there " +
					"they are shown as they stand. Responses go by the places, whatever the order",
			),
		saved: counters,
		answers: answers.openapi({ description: "What is stored" }),
		flags: z.array(z.string()).describe("Questions that the taker has flagged"),
		times_s: z.record(z.string(), z.int().min(0)).describe("Question id → seconds on it, as the client counted them"),
	})
	.openapi("OpenAttempt", { description: "An attempt that is under way, or was abandoned" });

export const attemptOrSitting = z
	.union([attempt, sitting])
	.openapi("AttemptAtAnyStage", { description: "An attempt: marked, under way or abandoned, by its `status`" });

const changeOfAnswer = z
	.strictObject({
		question: z.string().min(1).max(QUESTION_ID_CHARS_MAX).describe("The question"),
		counter: z
			.int()
			.min(1)
			.max(COUNTER_MAX)
			.describe("The client's, higher with each change of this question: the highest one stays, whatever comes when"),
		response: response.nullable().describe("The answer, as the type of the question asks; null takes it back"),
		flagged: z.boolean().optional().describe("Whether the taker wants to come back to it; absent: no"),
		time_s: z.int().min(0).max(TIME_TAKEN_S_MAX).optional().describe("Seconds on the question in all"),
	})
	.openapi("AnswerChange", { description: "All there is to say of one question; a later one replaces it whole" });

export const changesBody = z
	.strictObject({ changes: z.array(changeOfAnswer).min(1).max(CHANGES_MAX).describe("In any order") })
	.openapi("AnswerChanges", {
		description: "Answers to be saved",
		example: { changes: [{ question: "1", counter: 7, response: 2, flagged: true }] },
	});

export const savedAnswers = z
	.object({ saved: counters, deadline, server_time: serverTime })
	.openapi("SavedAnswers", { description: "What is stored of an attempt that is under way" });

const hidden = (description: string) =>
	`${description}; left out for others than the author where the quiz hides the marks of questions`;
const count = z.int().min(0);
const share = z.number().min(0).max(1);

const questionStatistics = z
	.object({
		id: z.string().describe("The question, as the quiz names it"),
		max_score: score.describe("Marks that it is worth"),
		n: count.describe("Attempts at the version that count"),
		answered: count.describe("Of these, those that did not leave it blank"),
		mean_score: z.number().min(0).optional().describe(hidden("Mean of the marks")),
		facility: share.nullable().optional().describe(hidden("Mean of the marks as a share of those it is worth")),
		discrimination: z
			.number()
			.min(-1)
			.max(1)
			.nullable()
			.optional()
			.describe(hidden("Correlation of its marks with those on the rest of the quiz; null where either does not vary")),
		option_counts: z
			.array(count)
			.optional()
			.describe(
				"How often each option was chosen, in their order; for the author, and empty where there are no options",
			),
	})
	.openapi("QuestionStatistics", { description: "Figures of one question, over the attempts at one version" });

export const quizStatistics = z
	.object({
		quiz: ofQuiz,
		attempts: count.describe("Attempts that count, over all versions"),
		takers: count.describe("Users with one of them"),
		mean_percentage: percentage.nullable().describe("Mean percentage over all versions; null without attempts"),
		pass_rate: share
			.nullable()
			.describe("Share of the attempts that were passed, over all versions; null without attempts"),
		histogram: z
			.array(count)
			.length(10)
			.describe("Attempts by tenths of the percentage, over all versions: 0 to below 10, …, 90 to 100"),
		version: versionName.openapi({ description: "Name of the version that the rest is of" }),
		version_number: versionNumber.openapi({ description: "Its number" }),
		version_attempts: count.describe("Attempts at that version; 0: nobody has taken it yet"),
		max_score: score.describe("Marks that can be earned at the version"),
		mean_score: z.number().min(0).nullable().describe("Mean of the marks at the version; null without attempts"),
		questions: z
			.array(questionStatistics)
			.describe("Its questions over the attempts at the version; empty where there are none"),
	})
	.openapi("QuizStatistics", { description: "Figures of a quiz and its questions" });
