import fc from "fast-check";
import type { Question } from "../../src/domain/quizzes/questions.ts";
import { type QuizContent, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";

/** Random quizzes of every type, with texts made of what is special in GIFT, XML or HTML. */

const SPECIAL =
	"~ = # { } : \\ \\n -> :: #### %50% [html] [plain] // $CATEGORY: <b>x</b> </p> <script> & &amp; &#65; ]]> <!-- --> \" ' * _____ / T \n \t é 💥 ß";

const piece = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom(...SPECIAL.split(" "), "\n", "\t", "  ", "\r\n", "\u00a0", "\u2028") },
	{ weight: 2, arbitrary: fc.string({ maxLength: 6 }) },
	{ weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }).filter((text) => text.isWellFormed()) },
	{ weight: 2, arbitrary: fc.constantFrom("a", "word", "two words", "Zürich") },
);
export const text = fc
	.array(piece, { minLength: 1, maxLength: 5 })
	.map((pieces) => pieces.join(""))
	.filter((joined) => joined.trim() !== "");

const id = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/).filter((one) => one !== "__proto__");
const decimal = fc
	.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat({ max: 12 }))
	.map(([digits, places]) => `${digits}e-${places}`);

/** Texts that stay different however white space and arrows are written. */
const distinct = (min: number, max: number) =>
	fc.uniqueArray(text, {
		minLength: min,
		maxLength: max,
		selector: (one) =>
			one
				.replaceAll("->", "→")
				.replace(/[^\x21-\x7e\u00a1-\uffff]+/g, " ")
				.trim(),
	});

const permutation = (length: number) => {
	const indices = Array.from({ length }, (_, index) => index);
	return fc.shuffledSubarray(indices, { minLength: length });
};

const indexOf = (list: readonly unknown[]) => fc.nat({ max: list.length - 1 });

/** What is said of each option; nothing of some. */
const feedbackOf = (options: readonly unknown[]) =>
	fc
		.array(fc.oneof(text, fc.constant("")), { minLength: options.length, maxLength: options.length })
		.filter((all) => all.some((one) => one.trim() !== ""));

const answers = fc.oneof(
	distinct(2, 10).chain((options) =>
		fc.record(
			{
				options: fc.constant(options),
				correctAnswer: indexOf(options),
				option_feedback: feedbackOf(options),
			},
			{ requiredKeys: ["options", "correctAnswer"] },
		),
	),
	distinct(2, 10).chain((options) =>
		fc.record(
			{
				type: fc.constant("multiple_choice" as const),
				options: fc.constant(options),
				correct_answers: fc.uniqueArray(indexOf(options), { minLength: 1 }),
				scoring: fc.constantFrom("all_or_nothing" as const, "partial" as const),
				option_feedback: feedbackOf(options),
			},
			{ requiredKeys: ["type", "options", "correct_answers"] },
		),
	),
	fc.record({ type: fc.constant("true_false" as const), correct: fc.boolean() }),
	fc.record(
		{
			type: fc.constant("numeric" as const),
			correct: decimal,
			tolerance: fc.constantFrom("0", "0.5", "1e-9", "12"),
			tolerance_kind: fc.constantFrom("absolute" as const, "relative" as const),
			also: fc.array(
				fc.record({ correct: decimal, tolerance: fc.constantFrom("1", "0.25") }, { requiredKeys: ["correct"] }),
				{
					minLength: 1,
					maxLength: 2,
				},
			),
		},
		{ requiredKeys: ["type", "correct"] },
	),
	fc
		.record(
			{
				type: fc.constant("short_text" as const),
				accepted: distinct(1, 20),
				case_sensitive: fc.boolean(),
				accent_sensitive: fc.boolean(),
				whitespace_sensitive: fc.boolean(),
				wildcards: fc.boolean(),
			},
			{ requiredKeys: ["type", "accepted"] },
		)
		.map(({ wildcards, ...question }) => {
			// A pattern of nothing but asterisks is none that a question may have.
			const isPattern = wildcards === true && question.accepted.every((one) => !/^[\s*]*$/.test(one));
			return isPattern ? { ...question, wildcards } : question;
		}),
	distinct(2, 10).chain((items) =>
		fc.record({
			type: fc.constant("ordering" as const),
			items: fc.constant(items),
			correct_order: permutation(items.length),
		}),
	),
	fc.tuple(distinct(2, 10), distinct(2, 20)).chain(([prompts, choices]) =>
		fc.record({
			type: fc.constant("matching" as const),
			prompts: fc.constant(prompts),
			choices: fc.constant(choices),
			correct_matches: fc.array(indexOf(choices), { minLength: prompts.length, maxLength: prompts.length }),
		}),
	),
);

const common = fc.record(
	{ question: text, marks: fc.integer({ min: 1, max: 9 }), hint: text, explanation: text },
	{ requiredKeys: ["question"] },
);

const subjects = fc
	.uniqueArray(fc.tuple(id, common, answers), { minLength: 1, maxLength: 8, selector: ([one]) => one })
	.chain((questions) => {
		const documents = questions.map(([one, shared, own]) => ({ id: one, ...shared, ...own }));
		const names = fc.uniqueArray(text, {
			minLength: 1,
			maxLength: 3,
			selector: (name) => name.replace(/[^\x21-\x7e\u00a1-\uffff]+/g, " ").trim(),
		});
		return names.map((all) =>
			all
				.map((name, index) => ({ name, questions: documents.filter((_, q) => q % all.length === index) }))
				.filter((subject) => subject.questions.length > 0),
		);
	});

export const quizzes: fc.Arbitrary<QuizContent> = fc
	.record({ title: text, description: text, pass_percentage: fc.nat({ max: 100 }), subjects })
	.map((document) => quizContentSchema.parse(document));

/** A content with every text of it changed by `change`, and every question by `simplify` before. */
export function simplified(
	{ subjects: all }: Pick<QuizContent, "subjects">,
	simplify: (question: Question) => object,
	change: (text: string) => string,
) {
	const changed = (value: unknown): unknown => {
		if (typeof value === "string") return change(value);
		if (Array.isArray(value)) return value.map(changed);
		if (typeof value !== "object" || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, changed(member)]));
	};
	return all.map(({ name, questions }) => ({
		name: change(name),
		// Texts are changed within the shape that a question has; before it is simplified, since choices are sorted there.
		questions: questions.map((question) => simplify(changed(question) as Question)),
	}));
}

/** Which choice is right for which prompt, and which choices are there, whatever their order. */
export function pairsOf(prompts: readonly string[], choices: readonly string[], matches: readonly number[]) {
	const pairs = prompts.map((prompt, index) => [prompt, choices[matches[index] ?? -1]]);
	return { pairs: pairs.map((pair) => JSON.stringify(pair)).sort(), choices: [...choices].sort() };
}
