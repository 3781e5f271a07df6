import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideSubmission, submittedEvent } from "../../src/domain/attempts/attempts.ts";
import { basisPoints, score } from "../../src/domain/attempts/scoring.ts";
import {
	addVectors,
	histogramSums,
	layoutOf,
	questionStatistics,
	questionSums,
} from "../../src/domain/attempts/statistics.ts";
import { canonicalJson, type Json, sha256Hex, utf8Bytes } from "../../src/domain/canonical.ts";
import { ID_PATTERNS, type MintedKind, mintId, seqOfId } from "../../src/domain/ids.ts";
import {
	type AnswerKey,
	freeze,
	maxScoreOf,
	type QuizDocument,
	questionsOf,
	quizContentSchema,
	withoutKey,
} from "../../src/domain/quizzes/quiz.ts";

/** Properties of the pure decisions. fast-check prints the seed of what fails. */

const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
const kinds = fc.constantFrom<MintedKind[]>("quiz", "attempt", "hold", "lot");

describe("ids", () => {
	it("say at which row they were made, and of what kind", () => {
		fc.assert(
			fc.property(kinds, fc.integer({ min: 1, max: 2 ** 40 - 1 }), bytes, (kind, seq, random) => {
				const id = mintId(kind, seq, random);
				expect(seqOfId(id)).toBe(seq);
				for (const [other, pattern] of Object.entries(ID_PATTERNS)) expect(pattern.test(id)).toBe(other === kind);
			}),
		);
	});

	it("hold all 80 random bits: other bits, another id", () => {
		fc.assert(
			fc.property(bytes, fc.nat({ max: 79 }), (random, bit) => {
				const flipped = random.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
				expect(mintId("hold", 7, flipped)).not.toBe(mintId("hold", 7, random));
			}),
		);
	});

	it("sort as the rows at which they were made", () => {
		const seqs = fc.integer({ min: 1, max: 2 ** 40 - 1 });
		fc.assert(
			fc.property(seqs, seqs, bytes, bytes, (a, b, one, two) => {
				fc.pre(a !== b);
				expect(mintId("lot", a, one) < mintId("lot", b, two)).toBe(a < b);
			}),
		);
	});

	it("that nobody made are no row, or a whole number", () => {
		fc.assert(
			fc.property(
				fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("hld_0000000i05m5t8cfgq3nkw7r")),
				(text) => {
					expect(Number.isSafeInteger(seqOfId(text))).toBe(true);
					if (text.length !== 28) expect(seqOfId(text)).toBe(0);
				},
			),
		);
		expect(seqOfId("hld_0000000i05m5t8cfgq3nkw7r")).toBe(0);
	});
});

/** The same value with the members of every object in another order. */
function shuffled(value: Json): Json {
	if (Array.isArray(value)) return value.map(shuffled);
	if (value === null || typeof value !== "object") return value;
	const entries = Object.entries(value).map(([name, member]) => [name, shuffled(member as Json)]);
	return Object.fromEntries(entries.reverse());
}

// Minus zero is written as 0, so it is not among the values that come back as they were.
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe("canonical JSON", () => {
	it("is JSON of the same value, and the same text whatever the order of members", () => {
		fc.assert(
			fc.property(json, (value) => {
				const text = canonicalJson(value);
				expect(JSON.parse(text)).toEqual(value);
				expect(canonicalJson(shuffled(value))).toBe(text);
				expect(canonicalJson(JSON.parse(text))).toBe(text);
			}),
		);
	});

	it("differs where values differ", () => {
		fc.assert(
			fc.property(json, json, (a, b) => {
				let equal = true;
				try {
					expect(a).toEqual(b);
				} catch {
					equal = false;
				}
				expect(canonicalJson(a) === canonicalJson(b)).toBe(equal);
			}),
		);
	});

	it("leaves out members that are undefined, and hashes and counts UTF-8", () => {
		expect(canonicalJson({ b: 1, a: undefined, é: [null] })).toBe('{"b":1,"é":[null]}');
		expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => utf8Bytes(text) === Buffer.byteLength(text)));
	});
});

/** The key of a quiz of single-choice questions. */
interface SingleChoiceKey extends AnswerKey {
	questions: { id: string; marks: number; options: number; correct: number }[];
}

/** An answer key of up to eight questions. */
const answerKeys = fc
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
const answersTo = (key: SingleChoiceKey) =>
	fc
		.tuple(...key.questions.map(({ options }) => fc.option(fc.nat({ max: options - 1 }))))
		.map(
			(choices) =>
				new Map(
					choices.flatMap((choice, index) => (choice === null ? [] : [[`q${index}`, choice] as [string, number]])),
				),
		);

const answered = answerKeys.chain((key) => fc.tuple(fc.constant(key), answersTo(key)));

describe("scoring", () => {
	it("gives the marks of each question that is answered by its key, and nothing else", () => {
		fc.assert(
			fc.property(answered, ([key, answers]) => {
				const marks = score(key, answers);
				const right = key.questions.filter((question) => answers.get(question.id) === question.correct);
				expect(marks.score).toBe(maxScoreOf(right));
				expect(marks.max_score).toBe(maxScoreOf(key.questions));
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
					["options", { options: Array.from({ length: 11 }, (_, i) => `${i}`) }],
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

/** Attempts at one quiz, as the log says them. */
const attempts = answerKeys.chain((key) =>
	fc.tuple(fc.constant(key), fc.array(answersTo(key), { maxLength: 30 })).map(([quiz, all]) =>
		all.map((answers) => {
			const submission = { quiz: quiz.quiz, answers: Object.fromEntries(answers) };
			return submittedEvent("att_x", 1, quiz, submission, score(quiz, answers));
		}),
	),
);
type Submitted = ReturnType<typeof submittedEvent>;

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Pearson's r by its definition, from the deviations; NaN where one of the two does not vary. */
function correlation(xs: number[], ys: number[]): number {
	const [mx, my] = [mean(xs), mean(ys)];
	const sum = (f: (x: number, y: number) => number) =>
		xs.reduce((total, x, i) => total + f(x - mx, (ys[i] ?? 0) - my), 0);
	return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}
const varies = (values: number[]) => new Set(values).size > 1;

const sumsOf = (all: Submitted[]) => all.map(questionSums).reduce(addVectors, []);

describe("statistics from sums", () => {
	it("equal those computed from the attempts themselves", () => {
		fc.assert(
			fc.property(attempts, (all) => {
				const [first] = all;
				fc.pre(first !== undefined);
				const statistics = questionStatistics(first ? layoutOf(first) : [], sumsOf(all));
				expect(statistics).toHaveLength(first?.items.length ?? 0);
				statistics.forEach((question, index) => {
					const items = all.map(({ items }) => items[index]);
					const scores = items.map((item) => item?.[2] ?? 0);
					const rests = all.map((attempt, i) => attempt.score - (scores[i] ?? 0));
					expect(question).toMatchObject({
						n: all.length,
						answered: items.filter((item) => item?.[1] !== null).length,
					});
					expect(question.mean_score).toBeCloseTo(mean(scores), 9);
					expect(question.facility).toBeCloseTo(mean(scores) / question.max_score, 9);
					expect(question.option_counts).toEqual(
						question.option_counts.map((_, o) => items.filter((item) => item?.[1] === o).length),
					);
					if (!varies(scores) || !varies(rests)) expect(question.discrimination).toBeNull();
					else expect(question.discrimination).toBeCloseTo(correlation(scores, rests), 6);
				});
			}),
		);
	});

	it("do not depend on the order of the attempts, nor on how they came in batches", () => {
		fc.assert(
			fc.property(attempts, fc.nat(), (all, cut) => {
				const at = cut % (all.length + 1);
				const halves = addVectors(sumsOf(all.slice(at)), sumsOf(all.slice(0, at)));
				expect(halves).toEqual(sumsOf(all));
				expect(sumsOf([...all].reverse())).toEqual(sumsOf(all));
			}),
		);
	});

	it("lose an attempt without a rest when it is taken out again", () => {
		fc.assert(
			fc.property(attempts, (all) => {
				const [first, ...others] = all;
				fc.pre(first !== undefined && others.length > 0);
				const taken = (first ? questionSums(first) : []).map((sum) => -sum);
				expect(addVectors(sumsOf(all), taken).map((sum) => sum + 0)).toEqual(sumsOf(others));
			}),
		);
	});

	it("count each attempt in one tenth, the full marks in the last", () => {
		fc.assert(
			fc.property(fc.nat({ max: 10_000 }), (percentage_bp) => {
				const bins = histogramSums(percentage_bp);
				expect(bins).toHaveLength(10);
				expect(bins.indexOf(1)).toBe(Math.min(9, Math.floor(percentage_bp / 1_000)));
				expect(bins.reduce((sum, bin) => sum + bin, 0)).toBe(1);
			}),
		);
	});
});
