import { z } from "@hono/zod-openapi";
import { TIME_TAKEN_S_MAX } from "../../domain/attempts/limits.ts";
import { QUIZ_QUESTIONS_MAX } from "../../domain/quizzes/limits.ts";
import { ANSWERS, answers } from "../quizzes/question-schemas.ts";
import { questionMarks } from "../quizzes/schemas.ts";
import { inputTime, ofQuiz, quizId, time, versionName, versionNumber } from "../schemas.ts";

/** Shapes of attempts, and of what they come to. */

export const submissionBody = z
	.strictObject({
		quiz: quizId.describe("The quiz that is taken, at its current version"),
		answers: answers.refine(
			(all) => Object.keys(all).length <= QUIZ_QUESTIONS_MAX,
			`must have at most ${QUIZ_QUESTIONS_MAX} members`,
		),
		started_at: inputTime("When it was begun, not in the future").optional(),
		time_taken_s: z
			.int()
			.min(0)
			.max(TIME_TAKEN_S_MAX)
			.optional()
			.describe("Seconds that it took, at most what has passed since `started_at`"),
	})
	.openapi("Submission", {
		description: "An attempt that is submitted at once",
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
