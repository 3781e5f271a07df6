import fc from "fast-check";
import type { AnswerKey } from "../../src/domain/quizzes/quiz.ts";

/** The key of a quiz of single-choice questions. */
export interface SingleChoiceKey extends AnswerKey {
	questions: { id: string; marks: number; options: number; correct: number }[];
}

/** An answer key of up to eight questions. */
export const answerKeys = fc
	.record({
		pass: fc.integer({ min: 0, max: 100 }),
		questions: fc.array(
			fc.integer({ min: 2, max: 10 }).chain((options) =>
				fc.record({
					options: fc.constant(options),
					correct: fc.nat({ max: options - 1 }),
					marks: fc.integer({ min: 1, max: 1_000 }),
				}),
			),
			{ minLength: 1, maxLength: 8 },
		),
	})
	.map(
		({ pass, questions }): SingleChoiceKey => ({
			quiz: "quz_x",
			version: "0".repeat(64),
			version_number: 1,
			pass_percentage: pass,
			questions: questions.map((question, index) => ({ id: `q${index}`, ...question })),
		}),
	);

/** Answers to some of the questions, each by one of its options. */
export const answersTo = (key: SingleChoiceKey) =>
	fc
		.tuple(...key.questions.map(({ options }) => fc.option(fc.nat({ max: options - 1 }))))
		.map(
			(choices) =>
				new Map(
					choices.flatMap((choice, index) => (choice === null ? [] : [[`q${index}`, choice] as [string, number]])),
				),
		);
