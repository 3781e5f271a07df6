import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Json, sha256Hex } from "../../src/domain/canonical.ts";
import { OPTIONS_MAX } from "../../src/domain/quizzes/limits.ts";
import {
	freeze,
	type QuizDocument,
	questionsOf,
	quizContentSchema,
	withoutKey,
} from "../../src/domain/quizzes/quiz.ts";
import { shuffled } from "../lib/shuffled.ts";

const line = (max: number) => fc.string({ minLength: 1, maxLength: max }).map((text) => text.trim() || "x");
/** Documents as authors write them, with ids that are numbers or names. */
const documents: fc.Arbitrary<QuizDocument> = fc.record(
	{
		title: line(50),
		description: fc.string({ maxLength: 50 }),
		tags: fc.array(line(10), { maxLength: 5 }),
		difficulty: fc.constantFrom("beginner" as const, "intermediate" as const, "advanced" as const, "expert" as const),
		pass_percentage: fc.integer({ min: 0, max: 100 }),
		subjects: fc
			.array(
				fc.tuple(
					line(10),
					fc.array(fc.tuple(line(20), fc.integer({ min: 2, max: 10 }), fc.nat()), { minLength: 1, maxLength: 4 }),
				),
				{
					minLength: 1,
					maxLength: 3,
				},
			)
			.map((subjects) =>
				subjects.map(([name, questions], s) => ({
					name,
					questions: questions.map(([question, options, pick], q) => ({
						id: pick % 2 ? s * 10 + q : `s${s}.q${q}`,
						question,
						correctAnswer: pick % options,
						options: Array.from({ length: options }, (_, o) => `option ${o}`),
						explanation: `CANARY ${pick}`,
					})),
				})),
			),
	},
	{ requiredKeys: ["title", "subjects"] },
);

describe("a quiz", () => {
	it("that is valid stays as it is when it is read again, and has one hash whatever the order of its members", () => {
		fc.assert(
			fc.property(documents, (document) => {
				const content = quizContentSchema.parse(document);
				const frozen = freeze(content);
				expect(quizContentSchema.parse(JSON.parse(frozen.text))).toEqual(content);
				expect(freeze(quizContentSchema.parse(shuffled(document as Json)))).toEqual(frozen);
				expect(frozen).toMatchObject({ hash: sha256Hex(frozen.text), bytes: Buffer.byteLength(frozen.text) });
				expect(freeze({ ...content, title: `${content.title}!` }).hash).not.toBe(frozen.hash);
			}),
		);
	});

	it("without its key shows all questions and options, and neither key nor explanation", () => {
		fc.assert(
			fc.property(documents, (document) => {
				const content = quizContentSchema.parse(document);
				const shown = withoutKey(content);
				const questions = shown.subjects.flatMap((subject) => subject.questions);
				expect(questions.map(optionsOf)).toEqual(questionsOf(content).map(optionsOf));
				for (const question of questions)
					expect(Object.keys(question).sort()).toEqual(["id", "marks", "options", "question", "type"]);
				expect(JSON.stringify(shown)).not.toMatch(/correctAnswer|CANARY/);
			}),
		);
	});

	const optionsOf = (question: object) => ("options" in question ? question.options : null);

	it("with one thing wrong is refused, and the pointer leads to it", () => {
		const question = { id: 1, question: "?", options: ["a", "b"], correctAnswer: 0 };
		const at = "/subjects/0/questions/0";
		const wrong: [pointer: string, document: unknown][] = [
			["/title", { title: "  " }],
			["/title", { title: "x".repeat(201) }],
			["/difficulty", { difficulty: "hard" }],
			["/tags/1", { tags: ["a", ""] }],
			["/pass_percentage", { pass_percentage: 101 }],
			["/subjects", { subjects: [] }],
			["/subjects/0/questions", { subjects: [{ name: "s", questions: [] }] }],
			...(
				[
					["id", { id: "a b" }],
					["id", { id: -1 }],
					["id", { id: "" }],
					["options", { options: ["a"] }],
					["options", { options: Array.from({ length: OPTIONS_MAX + 1 }, (_, i) => `${i}`) }],
					["options/1", { options: ["a", " a "] }],
					["correctAnswer", { correctAnswer: 2 }],
					["correctAnswer", { correctAnswer: -1 }],
					["correctAnswer", { correctAnswer: 0.5 }],
					["marks", { marks: 0 }],
					["marks", { marks: 1_001 }],
				] as const
			).map(([field, change]): [string, unknown] => [
				`${at}/${field}`,
				{ subjects: [{ name: "s", questions: [{ ...question, ...change }] }] },
			]),
		];
		for (const [pointer, change] of wrong) {
			const document = { title: "t", subjects: [{ name: "s", questions: [question] }], ...(change as object) };
			const result = quizContentSchema.safeParse(document);
			const pointers = result.error?.issues.map((issue) => issue.path.map((token) => `/${String(token)}`).join(""));
			expect([pointer, pointers]).toEqual([pointer, [pointer]]);
		}
	});
});
