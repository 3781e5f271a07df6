import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	ACCEPTED_TEXTS_MAX,
	CHOICES_MAX,
	OPTIONS_MAX,
	QUIZ_CONTENT_BYTES_MAX,
	QUIZ_QUESTIONS_MAX,
} from "../../src/domain/quizzes/limits.ts";
import { QUESTION_TYPES, type Question } from "../../src/domain/quizzes/questions.ts";
import { freeze, questionsOf, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";

/** Types of questions: what is valid, and what is said of what is not. */

const contentOf = (questions: unknown[]) => ({ title: "t", subjects: [{ name: "s", questions }] });
const validQuestions = (questions: unknown[]): Question[] => questionsOf(quizContentSchema.parse(contentOf(questions)));

/** Pointers and messages of all faults, in order. */
const faultsOf = (document: unknown): { pointer: string; detail: string }[] =>
	(quizContentSchema.safeParse(document).error?.issues ?? []).flatMap(({ path, message, ...issue }) => {
		const at = path.map((token) => `/${String(token)}`).join("");
		const keys = "keys" in issue && Array.isArray(issue.keys) ? issue.keys.map((key) => `/${key}`) : [""];
		return keys.map((key) => ({ pointer: at + key, detail: message }));
	});
const pointersOf = (questions: unknown[]) =>
	faultsOf(contentOf(questions)).map(({ pointer }) => pointer.replace("/subjects/0/questions", ""));

const options = ["a", "b", "c", "d"];
const head = { id: 1, question: "?" };
const VALID: Record<(typeof QUESTION_TYPES)[number], object> = {
	single_choice: { ...head, type: "single_choice", options, correctAnswer: 3 },
	multiple_choice: { ...head, type: "multiple_choice", options, correct_answers: [3, 0], scoring: "partial" },
	true_false: { ...head, type: "true_false", correct: false },
	numeric: { ...head, type: "numeric", correct: "1.50", tolerance: 0.1, tolerance_kind: "relative" },
	short_text: { ...head, type: "short_text", accepted: ["x"], case_sensitive: true, accent_sensitive: false },
	ordering: { ...head, type: "ordering", items: options, correct_order: [3, 2, 1, 0] },
	matching: { ...head, type: "matching", prompts: ["p", "q"], choices: ["r", "s", "t"], correct_matches: [2, 2] },
};

describe("a content", () => {
	it("of the import files keeps the text and the hash that it always had: nothing is written that was not", () => {
		const content = quizContentSchema.parse(contentOf([{ ...head, options, correctAnswer: 3 }]));
		expect(freeze(content).text).toBe(
			'{"description":"","difficulty":"beginner","pass_percentage":50,"source":"upload","subjects":[{"name":"s","questions":' +
				'[{"correctAnswer":3,"id":"1","marks":1,"options":["a","b","c","d"],"question":"?"}]}],"tags":[],"title":"t"}',
		);
		expect(freeze(content).hash).toBe("95e336e3bd8655299faed490f2ce56e5aed32c171e9edf1875f81000d00ab116");
	});

	it.each(QUESTION_TYPES)("of %s has the author's fields and no others, and stays as it is when read again", (type) => {
		const [question] = validQuestions([VALID[type]]);
		expect(Object.keys(question ?? {}).sort()).toEqual([...Object.keys(VALID[type]), "marks"].sort());
		expect(validQuestions([question])).toEqual([question]);
		const full = { ...VALID[type], marks: 7, hint: " h ", explanation: "e" };
		expect(validQuestions([full])[0]).toMatchObject({ marks: 7, hint: "h", explanation: "e" });
	});

	it("without its optional fields stays without them", () => {
		const optional = ["type", "scoring", "tolerance", "tolerance_kind", "case_sensitive", "accent_sensitive"];
		for (const [type, question] of Object.entries(VALID)) {
			const required = Object.entries(question).filter(([name]) => !optional.includes(name));
			const least = { ...Object.fromEntries(required), ...(type !== "single_choice" && { type }) };
			const [read] = validQuestions([least]);
			expect(Object.keys(read ?? {}).sort()).toEqual([...Object.keys(least), "marks"].sort());
		}
	});

	it("keeps HTML and scripts as the text that they are", () => {
		const text = `<script>alert("1")</script> & <b onclick='x'>&lt;`;
		const [question] = validQuestions([{ ...VALID.short_text, question: text, accepted: [text], hint: text }]);
		expect(question).toMatchObject({ question: text, accepted: [text], hint: text });
	});
});

describe("the validator", () => {
	const wrong: [type: keyof typeof VALID, change: object, ...pointers: string[]][] = [
		["single_choice", { options: ["a", " a "] }, "/options/1", "/correctAnswer"],
		["single_choice", { correctAnswer: 4 }, "/correctAnswer"],
		["multiple_choice", { correct_answers: [] }, "/correct_answers"],
		["multiple_choice", { correct_answers: [0, 4, 0] }, "/correct_answers/1", "/correct_answers/2"],
		["multiple_choice", { correct_answers: [-1, 0.5] }, "/correct_answers/0", "/correct_answers/1"],
		["multiple_choice", { scoring: "some" }, "/scoring"],
		["true_false", { correct: 1 }, "/correct"],
		["true_false", { options }, "/options"],
		["numeric", { correct: "1,5" }, "/correct"],
		["numeric", { correct: "" }, "/correct"],
		["numeric", { correct: null }, "/correct"],
		["numeric", { tolerance: "-1" }, "/tolerance"],
		["numeric", { tolerance_kind: "percent" }, "/tolerance_kind"],
		["short_text", { accepted: [] }, "/accepted"],
		["short_text", { accepted: ["x", "y", "x "] }, "/accepted/2"],
		["short_text", { accepted: ["\u0301"] }, "/accepted/0"],
		["short_text", { case_sensitive: "yes" }, "/case_sensitive"],
		["ordering", { correct_order: [0, 1, 2] }, "/correct_order"],
		["ordering", { correct_order: [0, 1, 2, 2] }, "/correct_order/3"],
		["ordering", { correct_order: [0, 1, 2, 4] }, "/correct_order/3"],
		["ordering", { items: ["a", "b", "a", "d"] }, "/items/2"],
		["matching", { correct_matches: [0] }, "/correct_matches"],
		["matching", { correct_matches: [0, 3] }, "/correct_matches/1"],
		["matching", { prompts: ["p", "p"], choices: ["r", "r", "r"] }, "/prompts/1", "/choices/1", "/choices/2"],
		["matching", { question: "  ", hint: "" }, "/question", "/hint"],
	];
	it.each(wrong)("refuses %s with %j and points there", (type, change, ...pointers) => {
		expect(pointersOf([{ ...VALID[type], ...change }])).toEqual(pointers.map((pointer) => `/0${pointer}`));
	});

	it("names every fault of a document: of single fields, between fields and between questions", () => {
		const long = [...Array.from({ length: OPTIONS_MAX }, (_, i) => `${i}`), " 0 "];
		const document = {
			title: "",
			difficulty: "hard",
			owner: "me",
			subjects: [
				{
					name: "s",
					questions: [
						{ ...VALID.single_choice, options: ["a", "a"], correctAnswer: 2, question: "" },
						{
							...VALID.multiple_choice,
							id: 2,
							options: long,
							marks: "3",
							correct_answers: [OPTIONS_MAX, OPTIONS_MAX + 1],
						},
						{ ...VALID.ordering, type: "essay" },
						{ ...VALID.numeric, id: 4, correct: "x", points: 1 },
						"no question",
						{ ...VALID.matching, id: "4", correct_matches: "01" },
					],
				},
			],
		};
		const at = (pointer: string) => `/subjects/0/questions/${pointer}`;
		expect(
			faultsOf(document)
				.map(({ pointer }) => pointer)
				.sort(),
		).toEqual(
			[
				"/title",
				"/difficulty",
				"/owner",
				at("0/question"),
				at("0/options/1"),
				at("0/correctAnswer"),
				at("1/options"),
				at(`1/options/${OPTIONS_MAX}`),
				at("1/marks"),
				at("1/correct_answers/1"),
				at("2/type"),
				at("2/id"),
				at("3/correct"),
				at("3/points"),
				at("4"),
				at("5/id"),
				at("5/correct_matches"),
			].sort(),
		);
	});

	it("says which types there are where it does not know one", () => {
		for (const type of ["essay", null, 1, "toString", "__proto__"]) {
			const [fault, ...others] = faultsOf(contentOf([{ ...VALID.single_choice, type }]));
			expect(others).toEqual([]);
			expect(fault?.pointer).toBe("/subjects/0/questions/0/type");
			for (const known of QUESTION_TYPES) expect(fault?.detail).toContain(known);
		}
	});

	it("never throws, whatever the document is", () => {
		const anything = fc.anything({ withNullPrototype: true });
		const names = ["type", "id", "options", "items", "prompts", "choices", "correct_order", "correct", "accepted"];
		const questionLike = fc.dictionary(
			fc.constantFrom(...names),
			fc.oneof(anything, fc.constantFrom(...QUESTION_TYPES)),
		);
		fc.assert(
			fc.property(fc.array(fc.oneof(anything, questionLike)), anything, (questions, other) => {
				for (const document of [contentOf(questions), { ...contentOf([]), subjects: other }, other]) {
					expect(quizContentSchema.safeParse(document).success).toBe(false);
				}
			}),
		);
	});

	it("refuses 10,000 questions at once, with the limit and nothing else", () => {
		const many = Array.from({ length: 10_000 }, (_, id) => ({ id, what: "no question" }));
		for (const subjects of [
			[{ name: "s", questions: many }],
			Array(20).fill({ name: "s", questions: many.slice(500) }),
		]) {
			const total = subjects.reduce((sum, { questions }) => sum + questions.length, 0);
			expect(faultsOf({ title: "t", subjects })).toEqual([
				{ pointer: "/subjects", detail: `A quiz has at most 500 questions; this one has ${total}.` },
			]);
		}
		const most = Array.from({ length: QUIZ_QUESTIONS_MAX }, (_, id) => ({ ...VALID.true_false, id }));
		expect(faultsOf(contentOf(most))).toEqual([]);
		expect(faultsOf(contentOf([...most, { ...VALID.true_false, id: 500 }])).map(({ pointer }) => pointer)).toEqual([
			"/subjects",
		]);
	});

	it("takes content of exactly 1 MB, and not of one byte more", () => {
		const filled = (explanation: string) =>
			Array.from({ length: 300 }, (_, id) => ({ ...VALID.true_false, id, explanation, hint: "h" }));
		const size = (questions: object[]) => freeze(quizContentSchema.parse(contentOf(questions))).bytes;
		const most = filled("x".repeat(3_000));
		const [last] = most.splice(-1);
		const hint = "h".repeat(1_000);
		let left = QUIZ_CONTENT_BYTES_MAX - size([...most, { ...last, explanation: "x" }]);
		for (const question of most) {
			if (left < 4_000) break;
			left -= hint.length - question.hint.length;
			question.hint = hint;
		}
		expect(left).toBeLessThan(4_000);
		const exact = [...most, { ...last, explanation: "x".repeat(left + 1) }];
		expect(size(exact)).toBe(1_000_000);
		const over = [...most, { ...last, explanation: "x".repeat(left + 1), hint: "hh" }];
		expect(faultsOf(contentOf(over))).toEqual([
			{ pointer: "", detail: "A quiz has at most 1000000 bytes of content; this one has 1000001." },
		]);
	});

	it("holds every limit of a question at its edge", () => {
		const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
		const upTo = (count: number) => [...texts(count).keys()];
		const edges: [type: keyof typeof VALID, pointer: string, limit: number, change: (n: number) => object][] = [
			["multiple_choice", "/options", OPTIONS_MAX, (n) => ({ options: texts(n) })],
			[
				"multiple_choice",
				"/correct_answers",
				OPTIONS_MAX,
				(n) => ({ options: texts(OPTIONS_MAX), correct_answers: upTo(n) }),
			],
			["ordering", "/items", OPTIONS_MAX, (n) => ({ items: texts(n), correct_order: upTo(Math.min(n, OPTIONS_MAX)) })],
			[
				"matching",
				"/prompts",
				OPTIONS_MAX,
				(n) => ({ prompts: texts(n), correct_matches: Array(Math.min(n, OPTIONS_MAX)).fill(0) }),
			],
			["matching", "/choices", CHOICES_MAX, (n) => ({ choices: texts(n) })],
			["short_text", "/accepted", ACCEPTED_TEXTS_MAX, (n) => ({ accepted: texts(n) })],
			["short_text", "/accepted/0", 1_000, (n) => ({ accepted: ["x".repeat(n)] })],
			["true_false", "/hint", 1_000, (n) => ({ hint: "x".repeat(n) })],
			["numeric", "/correct", 50, (n) => ({ correct: "9".repeat(n) })],
			["numeric", "/correct", 50, (n) => ({ correct: `0.${"9".repeat(n)}` })],
			["numeric", "/correct", 120, (n) => ({ correct: "1".padStart(n, "0") })],
		];
		for (const [type, pointer, limit, change] of edges) {
			const valid = { ...VALID[type], scoring: undefined };
			const { scoring: _, ...question } = valid;
			expect(pointersOf([{ ...question, ...change(limit) }]), pointer).toEqual([]);
			const pointers = pointersOf([{ ...question, ...change(limit + 1) }]);
			expect(pointers[0], pointer).toBe(`/0${pointer}`);
		}
		const few: [type: keyof typeof VALID, pointer: string, change: object][] = [
			["multiple_choice", "/options", { options: ["a"], correct_answers: [0] }],
			["ordering", "/items", { items: ["a"] }],
			["matching", "/prompts", { prompts: ["a"] }],
			["matching", "/choices", { choices: ["a"], correct_matches: [0, 0] }],
		];
		for (const [type, pointer, change] of few) {
			expect(pointersOf([{ ...VALID[type], ...change }])[0]).toBe(`/0${pointer}`);
		}
	});
});
