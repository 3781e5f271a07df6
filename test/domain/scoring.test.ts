import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { decideSubmission, submittedEvent } from "../../src/domain/attempts/attempts.ts";
import { ANSWERS_BYTES_MAX, RESPONSE_TEXT_CHARS_MAX } from "../../src/domain/attempts/limits.ts";
import { hundredthsIn, hundredthsOf, isWhole, marksOf as shownMarks } from "../../src/domain/attempts/marks.ts";
import { type ItemResponse, responseFault } from "../../src/domain/attempts/responses.ts";
import { basisPoints, type Marks, score } from "../../src/domain/attempts/scoring.ts";
import { addSums, layoutOf, NO_SUMS, questionStatistics, questionSums } from "../../src/domain/attempts/statistics.ts";
import { sha256Hex } from "../../src/domain/canonical.ts";
import { decimalText, isWithin, parseDecimal } from "../../src/domain/decimal.ts";
import { MARKS_READER } from "../../src/domain/log/event-fields.ts";
import { EVENT_BODIES } from "../../src/domain/log/events.ts";
import { EVENT_BODY_BYTES_MAX } from "../../src/domain/log/limits.ts";
import { keyOf, shownQuestion } from "../../src/domain/quizzes/answer-keys.ts";
import { ACCEPTED_TEXTS_MAX, MARKS_MAX, OPTIONS_MAX, QUIZ_QUESTIONS_MAX } from "../../src/domain/quizzes/limits.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";
import { type AnswerKey, maxHundredthsOf, questionsOf, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import { normalised } from "../../src/domain/quizzes/short-texts.ts";
import { runsOf } from "../lib/harness.ts";
import { everyType, RIGHT, SHOWN } from "../lib/question-types.ts";
import { answerKeys, answersTo } from "../lib/single-choice-keys.ts";

/** Questions of all types: which responses there are, what they earn, and what the log and takers see. */

const contentOf = (questions: unknown[]) =>
	quizContentSchema.parse({ title: "t", subjects: [{ name: "s", questions }] });

const keyTo = (questions: Question[]): AnswerKey => ({
	quiz: "quz_x",
	version: "0".repeat(64),
	version_number: 1,
	pass_percentage: 50,
	questions: questions.map(keyOf),
});

/** What a submission with one answer to one question comes to. */
function decide(question: object, response: unknown) {
	const key = keyTo(questionsOf(contentOf([{ id: "q", question: "?", ...question }])));
	// A client may send anything.
	return decideSubmission(key, { quiz: "quz_x", answers: { q: response as ItemResponse } }, 0);
}

function marksOf(question: object, response: unknown): number {
	const outcome = decide(question, response);
	if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal));
	return shownMarks(outcome.value.score);
}

function refusalOf(question: object, response: unknown): string | undefined {
	const outcome = decide(question, response);
	if (outcome.ok || outcome.refusal.code !== "invalid-request") return undefined;
	expect(outcome.refusal.errors.map(({ pointer }) => pointer)).toEqual(["/answers/q"]);
	return outcome.refusal.errors[0]?.detail;
}

const options = ["a", "b", "c", "d", "e"];
const some = { type: "multiple_choice", options, marks: 10 };
const order = { type: "ordering", items: options, marks: 10 };
const pairs = { type: "matching", prompts: ["a", "b", "c"], choices: options, marks: 10 };
const text = { type: "short_text", accepted: ["Éclair au café", "straße"] };
const number = (correct: string | number, tolerance?: string | number, tolerance_kind?: string) => ({
	type: "numeric",
	correct,
	...(tolerance !== undefined && { tolerance }),
	...(tolerance_kind !== undefined && { tolerance_kind }),
});

function expectMarks(question: object, table: [response: unknown, marks: number][]): void {
	expect(table.map(([response]) => [response, marksOf(question, response)])).toEqual(table);
}

const answeredChoices = answerKeys.chain((key) => fc.tuple(fc.constant(key), answersTo(key)));

describe("scoring of single choices", () => {
	it("gives the marks of each question that is answered by its key, and nothing else", () => {
		fc.assert(
			fc.property(answeredChoices, ([key, answers]) => {
				const marks = score(key, answers);
				const right = key.questions.filter((question) => answers.get(question.id) === question.correct);
				expect(marks.score).toBe(maxHundredthsOf(right));
				expect(marks.max_score).toBe(maxHundredthsOf(key.questions));
				expect(marks.items.map((item) => item.id)).toEqual(key.questions.map((question) => question.id));
				expect(marks.passed).toBe(BigInt(marks.score) * 100n >= BigInt(key.pass_percentage * marks.max_score));
				for (const item of marks.items) expect(item.choice).toBe(answers.get(item.id) ?? null);
			}),
		);
	});

	it("has a result for any map of names to numbers, within its bounds", () => {
		const anything = fc.array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom("q0", "q1", "__proto__")), fc.double()));
		fc.assert(
			fc.property(answerKeys, anything, (key, entries) => {
				const marks = score(key, new Map(entries));
				expect(marks.score).toBeGreaterThanOrEqual(0);
				expect(marks.score).toBeLessThanOrEqual(marks.max_score);
				expect(marks.percentage_bp).toBeGreaterThanOrEqual(0);
				expect(marks.percentage_bp).toBeLessThanOrEqual(10_000);
			}),
		);
	});

	it("rounds percentages half up, in integers", () => {
		const parts = fc.nat({ max: 500_000 }).chain((whole) => fc.tuple(fc.nat({ max: whole }), fc.constant(whole)));
		fc.assert(
			fc.property(parts, ([part, whole]) => {
				fc.pre(whole > 0);
				const exact = (BigInt(part) * 20_000n + BigInt(whole)) / (2n * BigInt(whole));
				expect(basisPoints(part, whole)).toBe(Number(exact));
			}),
		);
		expect([basisPoints(1, 3), basisPoints(2, 3), basisPoints(1, 20_000), basisPoints(0, 0)]).toEqual([
			3_333, 6_667, 1, 0,
		]);
	});

	it("refuses answers that name no question or no option, and names each; all others it marks", () => {
		const choices = fc.dictionary(fc.constantFrom("q0", "q1", "q2", "q9", "a/b~c"), fc.nat({ max: 12 }));
		fc.assert(
			fc.property(answerKeys, choices, (key, answers) => {
				const options = new Map(key.questions.map((question) => [question.id, question.options]));
				const bad = Object.entries(answers).filter(([id, choice]) => choice >= (options.get(id) ?? 0));
				const outcome = decideSubmission(key, { quiz: key.quiz, answers }, 0);
				expect(outcome.ok).toBe(bad.length === 0);
				if (outcome.ok || outcome.refusal.code !== "invalid-request") return;
				const pointers = bad.map(([id]) => `/answers/${id.replaceAll("~", "~0").replaceAll("/", "~1")}`);
				expect(outcome.refusal.errors.map((error) => error.pointer)).toEqual(pointers);
			}),
		);
	});
});

describe("multiple choice", () => {
	it("earns all or nothing, in whatever order the options are chosen", () => {
		expectMarks({ ...some, correct_answers: [4, 0, 2] }, [
			[[0, 2, 4], 10],
			[[4, 2, 0], 10],
			[[0, 2], 0],
			[[0, 1, 2, 4], 0],
			[[], 0],
		]);
	});

	it("in part: marks × (right − wrong) / number of right options, rounded down to hundredths, never below 0", () => {
		expectMarks({ ...some, correct_answers: [0, 2, 4], scoring: "partial" }, [
			[[0], 3.33],
			[[2, 0], 6.66],
			[[4, 0, 2], 10],
			[[0, 1], 0],
			[[1, 3], 0],
			[[0, 2, 1], 3.33],
			[[0, 1, 2, 3, 4], 3.33],
		]);
	});
});

describe("ordering", () => {
	it("earns marks × pairs of right neighbours / (n − 1), rounded down to hundredths", () => {
		expectMarks({ ...order, correct_order: [3, 1, 4, 0, 2] }, [
			[[3, 1, 4, 0, 2], 10],
			[[2, 3, 1, 4, 0], 7.5],
			[[4, 0, 2, 3, 1], 7.5],
			[[2, 0, 4, 1, 3], 0],
			[[3, 1, 0, 2, 4], 5],
		]);
	});
});

describe("matching", () => {
	it("earns marks × right pairs / n, rounded down to hundredths; one choice may be right for two prompts", () => {
		expectMarks({ ...pairs, correct_matches: [4, 1, 4] }, [
			[[4, 1, 4], 10],
			[[4, 4, 4], 6.66],
			[[null, 1, null], 3.33],
			[[null, null, null], 0],
		]);
	});
});

describe("a numeric answer", () => {
	it("is right exactly within its tolerance, bounds included", () => {
		const right: [question: object, ...responses: (string | number)[]][] = [
			[number("0.3"), 0.3, "0.3", ".30", "3e-1", " +0.3 ", "0.300000000000000000000000000000"],
			[number(0.3, 0.1), 0.2, 0.4, "0.4", "0.2000"],
			[number("-273.15", "0.15"), -273, -273.3],
			[number(200, "0.05", "relative"), 190, 210, "210.0"],
			[number(-200, "0.05", "relative"), -190, -210],
			[number(0, "0.5", "relative"), 0, "-0", "0e9"],
			[number("6.02214076e23", "0.001", "relative"), 6.022e23, "602214076000000000000000"],
			[number("9".repeat(50)), "9".repeat(50)],
			[number(`0.${"1".repeat(50)}`), `0.${"1".repeat(50)}`, `${"1".repeat(50)}e-50`],
		];
		for (const [question, ...responses] of right) {
			for (const response of responses)
				expect([question, response, marksOf(question, response)]).toEqual([question, response, 1]);
		}
		const wrong: [question: object, ...responses: (string | number)[]][] = [
			// In binary floating point 0.1 + 0.2 is more than 0.3, and this one would be within.
			[number("0.3"), 0.1 + 0.2, "0.30000000000000000000000000000000000000000000000001"],
			[number(0.3, 0.1), "0.40000000000000000000000000000000000000000001", 0.19999],
			[number(200, "0.05", "relative"), 189.999999, 210.000001, -200],
			[number(0, "0.5", "relative"), 0.1],
			[number("9".repeat(50)), 1e50 / 10],
		];
		for (const [question, ...responses] of wrong) {
			for (const response of responses)
				expect([question, response, marksOf(question, response)]).toEqual([question, response, 0]);
		}
	});

	it("that is no number, or has more digits than the limit, is refused and told what a number is", () => {
		const none = [
			"",
			" ",
			"x",
			"1,5",
			"1 5",
			"--1",
			"1e",
			".",
			"e5",
			"0x10",
			"Infinity",
			"NaN",
			"1e50",
			"1e-51",
			"1_0",
		];
		const others = ["1".repeat(51), `0.${"1".repeat(51)}`, "0".repeat(121), "1e99999", 1e50, 1e-60, true, [1], ["1"]];
		for (const response of [...none, ...others]) {
			expect([response, refusalOf(number(1), response)]).toEqual([response, expect.stringContaining("decimal text")]);
		}
	});
});

describe("several right numbers", () => {
	it("are each right within their own tolerance", () => {
		const also = [
			{ correct: "10", tolerance: "1" },
			{ correct: "200", tolerance: "0.1", tolerance_kind: "relative" as const },
		];
		const question = { type: "numeric", correct: "3", also } as const;
		for (const [response, marks] of [
			["3", 1],
			["3.1", 0],
			["9", 1],
			["11", 1],
			["11.01", 0],
			["180", 1],
			["220", 1],
			["179", 0],
		] as const) {
			expect([response, marksOf(question, response)]).toEqual([response, marks]);
		}
	});
});

describe("what a content may say since files needed it", () => {
	const document = (question: object) => ({
		title: "t",
		subjects: [{ name: "s", questions: [{ id: "1", question: "q", ...question }] }],
	});
	const faultsIn = (question: object) =>
		quizContentSchema.safeParse(document(question)).error?.issues.map(({ path }) => path.slice(4).join("/")) ?? [];

	it("is refused where it fits nothing: feedback for other options, patterns that accept any text, numbers that are none", () => {
		const choice = { options: ["a", "b"], correctAnswer: 0 };
		expect(faultsIn({ ...choice, option_feedback: ["", "No."] })).toEqual([]);
		expect(faultsIn({ ...choice, option_feedback: ["No."] })).not.toEqual([]);
		expect(faultsIn({ ...choice, option_feedback: ["", "", "No."] })).toEqual(["option_feedback"]);
		expect(faultsIn({ ...choice, option_feedback: ["", "x".repeat(1_001)] })).toEqual(["option_feedback/1"]);
		for (const accepted of ["*", "**", " * * "]) {
			expect(faultsIn({ type: "short_text", accepted: ["a", accepted], wildcards: true })).toEqual(["accepted/1"]);
		}
		expect(faultsIn({ type: "short_text", accepted: ["*"] })).toEqual([]);
		expect(faultsIn({ type: "numeric", correct: 1, also: [{ correct: "x" }] })).toEqual(["also/0/correct"]);
		expect(faultsIn({ type: "numeric", correct: 1, also: [] })).toEqual(["also"]);
		expect(faultsIn({ type: "numeric", correct: 1, also: Array.from({ length: 21 }, () => ({ correct: 1 })) })).toEqual(
			["also"],
		);
	});

	it("is in no content that does not say it, so that older ones keep their hashes", () => {
		const { subjects } = quizContentSchema.parse(document({ type: "numeric", correct: 1 }));
		expect(Object.keys(subjects[0]?.questions[0] ?? {})).toEqual(["id", "question", "marks", "type", "correct"]);
		const { subjects: texts } = quizContentSchema.parse(document({ type: "short_text", accepted: ["a"] }));
		expect(Object.keys(texts[0]?.questions[0] ?? {})).toEqual(["id", "question", "marks", "type", "accepted"]);
	});

	it("goes up to 26 options and prompts, and 50 accepted texts, and not one further", () => {
		const texts = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`);
		const indices = (count: number) => texts(count).map((_, index) => index);
		for (const [count, isRight] of [
			[26, true],
			[27, false],
		] as const) {
			const all = { prompts: texts(count), choices: texts(count), correct_matches: indices(count) };
			expect([count, faultsIn({ options: texts(count), correctAnswer: 0 }).length === 0]).toEqual([count, isRight]);
			expect([count, faultsIn({ type: "matching", ...all }).length === 0]).toEqual([count, isRight]);
			expect([
				count,
				faultsIn({ type: "ordering", items: texts(count), correct_order: indices(count) }).length === 0,
			]).toEqual([count, isRight]);
		}
		expect(faultsIn({ type: "short_text", accepted: texts(50) })).toEqual([]);
		expect(faultsIn({ type: "short_text", accepted: texts(51) })).not.toEqual([]);
	});
});

describe("decimals", () => {
	const decimals = fc.tuple(
		fc.bigInt({ min: -(10n ** 50n) + 1n, max: 10n ** 50n - 1n }),
		fc.integer({ min: 0, max: 50 }),
	);

	it("have one text, which reads as the same number", () => {
		fc.assert(
			fc.property(decimals, ([unscaled, scale]) => {
				const sign = unscaled < 0n ? "-" : "";
				const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
				const written = `${sign}${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
				const parsed = parseDecimal(written);
				const canonical = parsed ? decimalText(parsed) : "none";
				expect(canonical).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
				expect(canonical).not.toBe("-0");
				expect(parseDecimal(canonical)).toEqual(parsed);
				expect(parseDecimal(`${unscaled}e-${scale}`)).toEqual(parsed);
				expect((parsed?.unscaled ?? 0n) * 10n ** BigInt(scale)).toBe(unscaled * 10n ** BigInt(parsed?.scale ?? 0));
			}),
		);
	});

	it("of JSON numbers are those that JSON writes", () => {
		fc.assert(
			fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), (value) => {
				fc.pre(value === 0 || Math.abs(value) > 1e-30);
				const parsed = parseDecimal(value);
				expect(Number(parsed && decimalText(parsed))).toBe(value + 0);
			}),
		);
	});

	it("are within a tolerance as integers on one scale say", () => {
		const kinds = fc.constantFrom("absolute" as const, "relative" as const);
		const small = fc.integer({ min: -2_000, max: 2_000 });
		fc.assert(
			fc.property(small, small, fc.nat({ max: 300 }), kinds, (a, b, tolerance, kind) => {
				// Hundredths; a relative tolerance of hundredths makes ten-thousandths.
				const decimal = (n: number) => parseDecimal(`${n}e-2`) ?? { unscaled: 0n, scale: 0 };
				const bound = kind === "relative" ? tolerance * Math.abs(b) : tolerance * 100;
				const expected = Math.abs(a - b) * 100 <= bound;
				expect(isWithin(decimal(a), decimal(b), decimal(tolerance), kind)).toBe(expected);
			}),
		);
	});
});

describe("a short text", () => {
	it("is compared without regard to case, accents and white space, unless the question says so", () => {
		for (const response of [
			"éclair au café",
			"ECLAIR AU CAFE",
			" E\u0301clair  au\tcafe ",
			"ｅｃｌａｉｒ au café",
			"STRASSE",
			"STRAẞE",
			"Straße",
		]) {
			expect([response, marksOf(text, response)]).toEqual([response, 1]);
		}
		for (const response of ["eclairs au cafe", "eclairaucafe", "", "e clair au cafe"]) {
			expect([response, marksOf(text, response)]).toEqual([response, 0]);
		}
		const table: [flag: string, right: string, wrong: string][] = [
			["case_sensitive", "Eclair  au cafe", "éclair au café"],
			["accent_sensitive", "E\u0301CLAIR  au café", "Eclair au café"],
			["whitespace_sensitive", " eclair au cafe ", "eclair  au cafe"],
		];
		for (const [flag, right, wrong] of table) {
			expect([flag, marksOf({ ...text, [flag]: true }, right)]).toEqual([flag, 1]);
			expect([flag, marksOf({ ...text, [flag]: true }, wrong)]).toEqual([flag, 0]);
		}
	});

	it("with wildcards is one of which an asterisk stands for any text, and an asterisk with a backslash for itself", () => {
		const patterns = {
			type: "short_text",
			accepted: ["*blue*", "red * green", "a\\*b", "Straße*"],
			wildcards: true,
		} as const;
		for (const response of ["blue", "Dark BLUE sky", "red then  green", "red  x green", "a*b", "STRASSE nach Rom"]) {
			expect([response, marksOf(patterns, response)]).toEqual([response, 1]);
		}
		for (const response of ["blu", "red green", "axb", "green red", "*", "a\\*b"]) {
			expect([response, marksOf(patterns, response)]).toEqual([response, 0]);
		}
		// Without them an asterisk is one, as it always was.
		expect(marksOf({ ...patterns, wildcards: false }, "Dark blue sky")).toBe(0);
		expect(marksOf({ type: "short_text", accepted: ["*blue*"] }, "*BLUE*")).toBe(1);
		expect(marksOf({ ...patterns, case_sensitive: true }, "Dark Blue")).toBe(0);
	});

	it("keeps the marks of scripts where they are letters", () => {
		expect(marksOf({ type: "short_text", accepted: ["が"] }, "か")).toBe(0);
		expect(marksOf({ type: "short_text", accepted: ["कि"] }, "का")).toBe(0);
		expect(marksOf({ type: "short_text", accepted: ["Ὀδυσσεύς"] }, "ΟΔΥΣΣΕΥΣ")).toBe(1);
	});

	it("is put into the form that is compared once, however many texts are accepted", () => {
		const response = "\uff21 response";
		const accepted = Array.from({ length: ACCEPTED_TEXTS_MAX }, (_, index) => `text ${index}`);
		let made = 0;
		const normalize = vi.spyOn(String.prototype, "normalize").mockImplementation(function (this: string) {
			if (String(this) === response) made++;
			return String(this);
		});
		const marks = marksOf({ type: "short_text", accepted }, response);
		normalize.mockRestore();
		expect({ marks, made }).toEqual({ marks: 0, made: 1 });
	});

	it("that has been normalised stays as it is when normalised again", () => {
		const flags = fc.record({
			case_sensitive: fc.boolean(),
			accent_sensitive: fc.boolean(),
			whitespace_sensitive: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), flags, (given, counts) => {
				const once = normalised(given, counts);
				expect(normalised(once, counts)).toBe(once);
				expect(normalised(` ${given.normalize("NFD")}\n`, counts)).toBe(once);
			}),
			{ numRuns: runsOf(10_000) },
		);
	});
});

describe("a response", () => {
	it("of the wrong shape is refused, and told what would have been one", () => {
		const wrong: [question: object, detail: RegExp, ...responses: unknown[]][] = [
			[
				{ options: ["a", "b"], correctAnswer: 0 },
				/index of an option, 0 to 1/,
				-1,
				2,
				0.5,
				"1",
				true,
				null,
				[0],
				{},
				Number.NaN,
			],
			[
				{ ...some, correct_answers: [1] },
				/different indices of options, each 0 to 4/,
				1,
				[5],
				[-1],
				[1, 1],
				["1"],
				[null],
				[0.5],
				null,
				"1",
				{ 0: 1 },
			],
			[{ type: "true_false", correct: true }, /true or false/, 0, 1, "true", null, [true]],
			[text, /text of at most 1000 characters/, 1, null, ["x"], true, "x".repeat(1_001)],
			[
				{ ...order, correct_order: [0, 1, 2, 3, 4] },
				/all 5 indices of items/,
				[0, 1, 2, 3],
				[0, 1, 2, 3, 3],
				[0, 1, 2, 3, 5],
				[0, 1, 2, 3, null],
				1,
				null,
				"01234",
			],
			[
				{ ...pairs, correct_matches: [0, 1, 2] },
				/list of 3, for each prompt the index of a choice, 0 to 4, or null/,
				[0, 1],
				[0, 1, 5],
				[0, 1, "2"],
				[0, 1, 2, 3],
				0,
				null,
				[0, 1, true],
			],
		];
		for (const [question, detail, ...responses] of wrong) {
			for (const response of responses) {
				expect([question, response, refusalOf(question, response)]).toEqual([
					question,
					response,
					expect.stringMatching(detail),
				]);
			}
		}
		expect(marksOf(text, "x".repeat(RESPONSE_TEXT_CHARS_MAX))).toBe(0);
	});

	it("together with the others has at most 200 KB", () => {
		const questions = Array.from({ length: 300 }, (_, id) => ({ ...text, id, question: "?" }));
		const key = keyTo(questionsOf(contentOf(questions)));
		const submit = (last: number) => {
			const lengths = Array.from({ length: 205 }, (_, id) => [id, "x".repeat(id < 204 ? 969 : last)]);
			return decideSubmission(key, { quiz: "quz_x", answers: Object.fromEntries(lengths) }, 0);
		};
		const bytes = JSON.stringify(Object.fromEntries(Array.from({ length: 205 }, (_, id) => [id, ""]))).length;
		const left = ANSWERS_BYTES_MAX - bytes - 204 * 969;
		expect(left).toBeGreaterThan(0);
		expect(left).toBeLessThan(1_000);
		expect(submit(left).ok).toBe(true);
		expect(submit(left + 1)).toMatchObject({
			refusal: { errors: [{ pointer: "/answers", detail: expect.stringContaining("at most 200000 bytes") }] },
		});
	});
});

const index = (max: number) => fc.nat({ max: max - 1 });
const permutation = (count: number) =>
	fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count });
const selection = (count: number) => fc.shuffledSubarray([...Array(count).keys()], { minLength: 1 });
const texts = (count: number) => Array.from({ length: count }, (_, i) => `text ${i}`);
const decimal = fc.tuple(fc.integer(), fc.nat({ max: 12 })).map(([digits, scale]) => `${digits}e-${scale}`);
const sizes = fc.integer({ min: 2, max: 10 });
const flags = { case_sensitive: fc.boolean(), accent_sensitive: fc.boolean(), whitespace_sensitive: fc.boolean() };
/** Not white space or accents alone. */
const accepted = fc.string({ unit: "grapheme", maxLength: 20 }).map((given) => `x${given}`);

/** A question of any type, without its id, and the responses that are exactly its key. */
const questions: fc.Arbitrary<{ question: object; right: ItemResponse }> = fc.oneof(
	sizes.chain((n) =>
		index(n).map((correctAnswer) => ({ question: { options: texts(n), correctAnswer }, right: correctAnswer })),
	),
	fc.tuple(sizes, fc.constantFrom("all_or_nothing", "partial")).chain(([n, scoring]) =>
		selection(n).map((correct_answers) => ({
			question: { type: "multiple_choice", options: texts(n), correct_answers, scoring },
			right: correct_answers,
		})),
	),
	fc.boolean().map((correct) => ({ question: { type: "true_false", correct }, right: correct })),
	fc.tuple(decimal, fc.nat(), fc.constantFrom("absolute", "relative")).map(([correct, tolerance, tolerance_kind]) => ({
		question: { type: "numeric", correct, tolerance, tolerance_kind },
		right: correct,
	})),
	fc
		.record({ accepted: fc.uniqueArray(accepted, { minLength: 1, maxLength: 5, selector: (a) => a.trim() }), ...flags })
		.map((question) => ({ question: { type: "short_text", ...question }, right: question.accepted.at(-1) ?? "" })),
	sizes.chain((n) =>
		permutation(n).map((correct_order) => ({
			question: { type: "ordering", items: texts(n), correct_order },
			right: correct_order,
		})),
	),
	fc.tuple(sizes, fc.integer({ min: 2, max: 20 })).chain(([n, choices]) =>
		fc.array(index(choices), { minLength: n, maxLength: n }).map((correct_matches) => ({
			question: { type: "matching", prompts: texts(n), choices: texts(choices), correct_matches },
			right: correct_matches,
		})),
	),
);

/** A response of the shape that the question asks for, mostly wrong. */
function anyResponse(question: Question): fc.Arbitrary<ItemResponse> {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return index(question.options.length);
		case "multiple_choice":
			return fc.shuffledSubarray([...question.options.keys()]);
		case "true_false":
			return fc.boolean();
		case "numeric":
			return fc.oneof(decimal, fc.integer(), fc.constant(question.correct));
		case "short_text":
			return fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.constantFrom(...question.accepted));
		case "ordering":
			return permutation(question.items.length);
		case "matching": {
			const { length } = question.prompts;
			return fc.array(fc.option(index(question.choices.length)), { minLength: length, maxLength: length });
		}
	}
}

/** Whole ones, and any with two decimals. */
const marks = fc.oneof(
	fc.integer({ min: 1, max: MARKS_MAX }),
	fc.integer({ min: 1, max: hundredthsOf(MARKS_MAX) }).map(shownMarks),
);
/** A quiz of up to six questions with their right responses. */
const quizzes = fc.array(fc.tuple(questions, marks), { minLength: 1, maxLength: 6 }).map((all) => ({
	content: contentOf(all.map(([{ question }, worth], id) => ({ id, question: "?", marks: worth, ...question }))),
	right: Object.fromEntries(all.map(([{ right }], id) => [String(id), right])),
}));
/** Answers to some of its questions. */
const answered = quizzes.chain((quiz) => {
	const all = questionsOf(quiz.content);
	const responses = fc.tuple(...all.map((question) => fc.option(anyResponse(question))));
	return responses.map((list) => ({
		...quiz,
		questions: all,
		key: keyTo(all),
		answers: Object.fromEntries(list.flatMap((response, id) => (response === null ? [] : [[String(id), response]]))),
	}));
});

const decided = (key: AnswerKey, answers: Record<string, ItemResponse>): Marks => {
	const outcome = decideSubmission(key, { quiz: key.quiz, answers }, 0);
	if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal));
	return outcome.value;
};

describe("scoring of any quiz", () => {
	it("gives hundredths of marks from 0 to those of the question, all of them for its key, none for a blank", () => {
		fc.assert(
			fc.property(answered, ({ key, questions: all, answers, right }) => {
				const given = decided(key, answers);
				given.items.forEach(({ id, score, max, choice }, place) => {
					expect([id, max]).toEqual([all[place]?.id, hundredthsOf(all[place]?.marks ?? 0)]);
					expect(Number.isInteger(score) && score >= 0 && score <= max).toBe(true);
					if (answers[id] === undefined) expect([choice, score]).toEqual([null, 0]);
				});
				expect(given.score).toBe(given.items.reduce((sum, { score }) => sum + score, 0));
				expect(decided(key, right)).toMatchObject({ score: given.max_score, percentage_bp: 10_000, passed: true });
			}),
			{ numRuns: runsOf(3_000) },
		);
	});

	it("does not depend on the order in which options were chosen, nor does what the log says", () => {
		fc.assert(
			fc.property(answered, ({ key, questions: all, answers }) => {
				const reversed = Object.entries(answers).map(([id, response]) => {
					const isSelection = all[Number(id)]?.type === "multiple_choice" && Array.isArray(response);
					return [id, isSelection ? response.toReversed() : response];
				});
				expect(decided(key, Object.fromEntries(reversed))).toEqual(decided(key, answers));
			}),
			{ numRuns: runsOf(3_000) },
		);
	});

	it("never throws and stays within its bounds, whatever the answers; what is no response is refused", () => {
		const anything = fc.oneof(fc.anything(), fc.array(fc.option(fc.integer({ min: -2, max: 12 }))), fc.string());
		fc.assert(
			fc.property(quizzes, fc.array(anything, { minLength: 6, maxLength: 6 }), ({ content }, values) => {
				const key = keyTo(questionsOf(content));
				const answers = new Map(values.map((value, id) => [String(id), value]));
				const given = score(key, answers);
				expect(given.score >= 0 && given.score <= given.max_score).toBe(true);
				key.questions.forEach((question, place) => {
					const fault = responseFault(question, answers.get(question.id));
					if (fault !== null) expect(given.items[place]).toMatchObject({ choice: null, score: 0 });
				});
			}),
			{ numRuns: runsOf(3_000) },
		);
	});
});

describe("the log of an attempt", () => {
	const eventOf = (key: AnswerKey, answers: Record<string, ItemResponse>) =>
		submittedEvent("att_x", 1, key, { quiz: key.quiz, answers }, decided(key, answers));

	it("has choices of options, and of other answers that there was one; not what they say", () => {
		const key = keyTo(questionsOf(quizContentSchema.parse(everyType())));
		const event = eventOf(key, RIGHT);
		expect(event.items.map(([id, choice, , , count]) => [id, choice, count])).toEqual([
			["plain", 3, 4],
			["single", 2, 4],
			["all", [0, 2], 4],
			["some", [0, 1, 3], 4],
			["truth", 1, 2],
			["number", 0, 0],
			["text", 0, 0],
			["order", 0, 0],
			["pairs", 0, 0],
		]);
		expect(JSON.stringify(event)).not.toMatch(/senor|90210/i);
		const blank = { all: [], text: " ", pairs: [null, null, null] };
		expect(eventOf(key, blank).items.every(([, choice]) => choice === null)).toBe(true);
	});

	it("keeps the digest that answers by choice always had", () => {
		const key = keyTo(questionsOf(contentOf([{ id: 1, question: "?", options, correctAnswer: 2 }])));
		expect(eventOf(key, { "1": 3 }).answers_digest).toBe(sha256Hex('{"1":3}'));
	});

	it("is read again as it was written, and so are events of single choices alone", () => {
		fc.assert(
			fc.property(answered, ({ key, answers }) => {
				const event = eventOf(key, answers);
				expect(EVENT_BODIES["attempt.submitted"].parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
			}),
		);
		const old = {
			...eventOf(keyTo(questionsOf(quizContentSchema.parse(everyType()))), {}),
			items: [["1", 2, 1, 1, 4]],
		};
		expect(EVENT_BODIES["attempt.submitted"].parse(old).items).toEqual([["1", 2, 1, 1, 4]]);
	});

	it("says marks as every release reads them, and hundredths beside them only where whole ones do not say it all", () => {
		fc.assert(
			fc.property(answered, ({ key, answers }) => {
				const { score, max_score, items, hundredths, reader } = eventOf(key, answers);
				const marks = decided(key, answers);
				const exact = {
					score: marks.score,
					max_score: marks.max_score,
					items: marks.items.map(({ score, max }): [number, number] => [score, max]),
				};
				expect(hundredthsIn({ score, max_score, items, hundredths })).toEqual(exact);
				expect([hundredths === undefined, reader]).toEqual([isWhole(exact), isWhole(exact) ? undefined : MARKS_READER]);
				// The bounds that the tables of every release check.
				for (const [earned, most] of [[score, max_score], ...items.map(([, , earned, max]) => [earned, max])]) {
					expect(Number.isInteger(earned) && (earned ?? -1) >= 0 && (earned ?? 0) <= (most ?? 0)).toBe(true);
					expect(Number.isInteger(most) && (most ?? 0) >= 1).toBe(true);
				}
			}),
			{ numRuns: runsOf(1_000) },
		);
	});

	it("says of an attempt with whole marks what it always said, which is read times 100", () => {
		const key = keyTo(
			questionsOf(contentOf([{ ...some, id: 1, question: "?", correct_answers: [0, 2], scoring: "partial" }])),
		);
		const half = eventOf(key, { "1": [0] });
		expect(half).toMatchObject({ score: 5, max_score: 10, items: [["1", [0], 5, 10, 5]] });
		expect(Object.keys(half)).not.toContain("hundredths");
		expect(hundredthsIn(half)).toEqual({ score: 500, max_score: 1_000, items: [[500, 1_000]] });
	});

	it("fits into an event with 500 questions whose ids are as long as they may be, all options chosen", () => {
		const all = Array.from({ length: QUIZ_QUESTIONS_MAX }, (_, i) => ({
			id: `${i}`.padStart(64, "q"),
			question: "?",
			marks: 999.99,
			type: "multiple_choice",
			options: texts(OPTIONS_MAX),
			correct_answers: [...Array(OPTIONS_MAX - 1).keys()],
			scoring: "partial",
		}));
		const key = keyTo(questionsOf(contentOf(all)));
		const answers = Object.fromEntries(all.map(({ id }) => [id, [...Array(OPTIONS_MAX).keys()]]));
		const bytes = JSON.stringify(eventOf(key, answers)).length;
		expect(bytes).toBeLessThan(EVENT_BODY_BYTES_MAX);
	});

	it("adds to the statistics one for each option that was chosen", () => {
		const attempts = quizzes.chain((quiz) => {
			const all = questionsOf(quiz.content);
			const one = fc.tuple(...all.map((question) => fc.option(anyResponse(question))));
			return fc.array(one, { minLength: 1, maxLength: 8 }).map((lists) => ({ all, lists }));
		});
		fc.assert(
			fc.property(attempts, ({ all, lists }) => {
				const events = lists.map((list) =>
					eventOf(
						keyTo(all),
						Object.fromEntries(list.flatMap((response, id) => (response === null ? [] : [[String(id), response]]))),
					),
				);
				const [first] = events;
				const sums = events.map(questionSums).reduce(addSums, NO_SUMS);
				const statistics = first ? questionStatistics(layoutOf(first), sums) : [];
				all.forEach((question, place) => {
					const given = lists.map((list) => list[place]);
					const chose = (option: number) =>
						given.filter((response) => {
							if (question.type === "true_false") return response === (option === 0);
							return Array.isArray(response) ? response.includes(option) : response === option;
						}).length;
					const count = question.type === "true_false" ? 2 : "options" in question ? question.options.length : 0;
					expect(statistics[place]).toMatchObject({
						id: question.id,
						n: lists.length,
						max_score: question.marks,
						option_counts: Array.from({ length: count }, (_, option) => chose(option)),
						answered: events.filter(({ items }) => items[place]?.[1] !== null).length,
					});
				});
			}),
		);
	});
});

describe("a question as takers see it", () => {
	it("is of each type what it shows, and nothing of its key", () => {
		for (const question of questionsOf(quizContentSchema.parse(everyType()))) {
			const shown = shownQuestion(question);
			const members = new Set(["id", "question", "type", "marks", "hint", ...(SHOWN[question.id] ?? [])]);
			expect(Object.keys(shown).sort()).toEqual([...members].sort());
			expect({ ...question, type: question.type ?? "single_choice" }).toMatchObject(shown);
		}
		const flagged = { ...text, id: 1, question: "?", case_sensitive: true, accent_sensitive: false };
		expect(questionsOf(contentOf([flagged])).map(shownQuestion)).toEqual([
			{ id: "1", type: "short_text", question: "?", marks: 1, case_sensitive: true, accent_sensitive: false },
		]);
	});
});
