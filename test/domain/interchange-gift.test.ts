import fc from "fast-check";
import { expect, it } from "vitest";
import { compose } from "../../src/domain/interchange/compose.ts";
import { productOf } from "../../src/domain/interchange/decimals.ts";
import { readGift } from "../../src/domain/interchange/gift-read.ts";
import { writeGift } from "../../src/domain/interchange/gift-write.ts";
import { INTERCHANGE_ANSWERS_MAX, INTERCHANGE_QUESTIONS_MAX } from "../../src/domain/interchange/limits.ts";
import { EXPLANATION_CHARS_MAX, QUIZ_SUBJECTS_MAX } from "../../src/domain/quizzes/limits.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";
import { quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import examples from "../fixtures/interchange/examples.gift?raw";
import { runsOf } from "../lib/harness.ts";
import { pairsOf, quizzes, simplified } from "../lib/interchange-quizzes.ts";

function imported(text: string) {
	const reading = readGift(text);
	if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
	return compose(reading.value);
}

/** What GIFT can say of a question. */
function inGift(question: Question): object {
	const { id, question: asked, explanation } = question;
	const common = { id, question: asked, marks: 1, ...(explanation !== undefined && { explanation }) };
	switch (question.type) {
		case undefined:
		case "single_choice":
			return { ...common, options: question.options, correctAnswer: question.correctAnswer, ...toldOf(question) };
		case "multiple_choice": {
			const { type, options, correct_answers, scoring } = question;
			const right = [...correct_answers].sort((a, b) => a - b);
			const allRight = right.length === options.length;
			const isPartial = allRight || (scoring === "partial" && right.length > 1);
			const marks = isPartial ? right.length : 1;
			return {
				...common,
				type,
				options,
				correct_answers: right,
				...(isPartial && { scoring: "partial" }),
				...toldOf(question),
				marks,
			};
		}
		case "true_false":
			return { ...common, type: question.type, correct: question.correct };
		case "numeric": {
			const { type, also } = question;
			return { ...common, type, ...absolute(question), ...(also && { also: also.map(absolute) }) };
		}
		case "short_text":
			return {
				...common,
				type: question.type,
				accepted: question.accepted.map(arrows),
				accent_sensitive: true,
				...(hasPattern(question) && { wildcards: true }),
			};
		case "ordering": {
			const places = question.items.map((_, index) => String(index + 1));
			const matches = question.items.map((_, index) => question.correct_order.indexOf(index));
			const marks = question.items.length;
			return { ...common, type: "matching", ...pairsOf(question.items.map(arrows), places, matches), marks };
		}
		case "matching": {
			const { type, prompts, choices, correct_matches } = question;
			const pairs = pairsOf(prompts.map(arrows), choices.map(arrows), correct_matches);
			return { ...common, type, ...pairs, marks: prompts.length };
		}
	}
}
/** What is said of options, if anything is. */
const toldOf = ({ option_feedback }: { option_feedback?: string[] | undefined }) =>
	option_feedback?.some((text) => text !== "") ? { option_feedback } : {};

/** Without a pattern among them, it says nothing that asterisks are some. */
const hasPattern = ({ wildcards, accepted }: { wildcards?: boolean | undefined; accepted: string[] }) =>
	wildcards === true && accepted.some((text) => /(?:^|[^\\])\*/.test(text));

const absolute = ({
	correct,
	tolerance = "0",
	tolerance_kind,
}: {
	correct: string;
	tolerance?: string | undefined;
	tolerance_kind?: string | undefined;
}) => {
	const width = tolerance_kind === "relative" ? productOf(correct, tolerance) : tolerance;
	return { correct, ...(width !== "0" && { tolerance: width }) };
};
const arrows = (text: string) => text.replaceAll("->", "→");
const lineBreaks = (text: string) => text.replace(/\r\n|\r/g, "\n").trim();

it("a quiz written as GIFT and read again is the same, up to what GIFT can say", () => {
	fc.assert(
		fc.property(quizzes, (content) => {
			const { subjects, reports } = imported(writeGift(content));
			expect(reports.filter(({ status }) => status === "skipped")).toEqual([]);
			const name = (text: string) => text.replace(/\s+/g, " ").trim();
			const named = content.subjects.map((subject) => ({ ...subject, name: name(subject.name) }));
			const expected = simplified({ subjects: named }, inGift, lineBreaks);
			expect(simplified({ subjects }, inGift, (text) => text)).toEqual(expected);
		}),
		{ numRuns: runsOf(3_000) },
	);
});

it("the examples of the format's documentation are imported with a report", () => {
	const { subjects, reports } = imported(examples);
	expect(
		reports.map(({ status, place, name, reason }) => [status, place, name, reason?.split(".")[0] ?? null]),
	).toEqual([
		["degraded", "line 3", "Q1 buried", "Tags are of a whole quiz; those of this question were left out: history"],
		["imported", "line 6", "Kids' names", null],
		["imported", "line 12", null, null],
		["imported", "line 15", "TF1", null],
		["imported", "line 18", "TF2", null],
		["degraded", "line 20", "TF3", FOLDED],
		["imported", "line 23", null, null],
		["degraded", "line 25", "Capital", "Answers that are worth a part of the marks were left out"],
		["imported", "line 27", null, null],
		["imported", "line 30", null, null],
		["imported", "line 33", null, null],
		["imported", "line 42", null, null],
		["imported", "line 44", null, null],
		["imported", "line 46", null, null],
		["degraded", "line 48", null, "Answers that are worth a part of the marks were left out"],
		["degraded", "line 52", null, FOLDED],
		["imported", "line 55", null, null],
		["degraded", "line 62", null, "A part of the right options counts nothing: all or nothing"],
		["skipped", "line 65", null, "An essay: no answer can be scored"],
		["skipped", "line 67", null, "It asks nothing: a description"],
		["imported", "line 71", "escapes", null],
		["degraded", "line 78", "html", "Markup was left out; its text was kept"],
		["degraded", "line 83", "markdown", "Markdown is shown as it is written"],
		["degraded", "line 85", "new line", FOLDED],
		["skipped", "line 89", "any", "Any of several options is right on its own, which no type of question says"],
		["degraded", "line 91", "Rhine", "Weights of wrong options were left out: only the right option counts"],
	]);
	expect(subjects.map(({ name }) => name)).toEqual([
		"Questions",
		"Formats and escapes",
		"Geography / Rivers / and lakes",
	]);
	const questions = new Map(
		subjects.flatMap((subject) => subject.questions).map((question) => [question.id, question]),
	);
	expect(questions.get("grant-1")).toMatchObject({ options: ["Grant", "nobody", "Napoleon"], correctAnswer: 0 });
	expect(questions.get("2")).toMatchObject({ question: "Grant _____ in Grant's tomb.", correctAnswer: 1 });
	expect(questions.get("TF3")).toMatchObject({
		type: "true_false",
		correct: false,
		explanation: "Wrong: No one is buried there.\nRight: Right: they lie above ground.",
	});
	expect(questions.get("Capital")).toMatchObject({ type: "short_text", accepted: ["Bern", "Berne"] });
	expect(questions.get("6")).toMatchObject({
		type: "matching",
		prompts: ["Italy", "Japan", "India", "Canada"],
		correct_matches: [3, 4, 1, 0],
		choices: ["Ottawa", "New Delhi", "Lima", "Rome", "Tokyo"],
	});
	expect([7, 8, 9].map((id) => questions.get(String(id)))).toMatchObject([
		{ type: "numeric", correct: "1822", tolerance: "5" },
		...Array(2).fill({ type: "numeric", correct: "3.1415", tolerance: "0.0005" }),
	]);
	expect(questions.get("11")).toMatchObject({ explanation: "Insects have six.\n8: Eight it is." });
	expect(questions.get("12")).toMatchObject({ correct_answers: [1, 2], scoring: "partial" });
	expect(questions.get("13")).toMatchObject({ correct_answers: [0, 1, 2] });
	expect(questions.get("escapes")).toMatchObject({
		question: "Which answer equals 5:",
		correctAnswer: 1,
		options: ["= 2 + 2", "= 2 + 3", "= 2 + 4 {really}", "C:\\temp ~ home # 1"],
	});
	expect(questions.get("html")).toMatchObject({
		question: "Choose the right one & only that.",
		options: ["5 > 4", "<b>5</b> &lt; 4"],
	});
});
const FOLDED = "Feedback of single answers was put into the explanation";

it.each([
	["Q {=a ~b", 1, 3],
	["Q =a ~b}", 1, 8],
	["Q {=a {~b} }", 1, 7],
	["first\n\n::x:: Q {\n=a\n\n~b}", 3, 9],
	["Q {\n=a \\}\n$CATEGORY: x", 1, 3],
	["// comment\nline \\{ one\n// comment\nline two }", 4, 10],
])("braces that do not match are a fault at their place: %j", (text, line, column) => {
	const reading = readGift(text);
	expect(reading.ok ? reading : reading.faults[0]).toMatchObject({ line, column });
});

it("every fault of a text is named", () => {
	const reading = readGift("A {\n\nB }\n\nC {T}\n\nD {{}}");
	expect(reading.ok ? [] : reading.faults.map(({ line }) => line)).toEqual([1, 3, 7]);
});

it.each([
	["Q {~a ~b}", "No option is right."],
	["Q {#about five}", "Not a number: about five."],
	["Q {#5..1}", "Not a range of numbers: 5..1."],
	["Q {=a -> b =c}", "A pair without `->` between the two."],
	["Q {=%50%a =%0%b}", "No answer is wholly right."],
	["Q {#=*}", "Any number is right."],
	["A {T} B {F}", "It has more than one answer block."],
	["::a { b:: c}", "Its answer block begins within its title."],
	["Q {=only}{", null],
	["Q {=only ~only}", "options/1: Equal to option 0."],
	["{T}", "question: Too small: expected string to have >=1 characters."],
])("what is no question of ours is skipped with its reason: %j", (text, reason) => {
	const reading = readGift(text);
	expect(reading.ok).toBe(reason !== null);
	if (!reading.ok) return;
	expect(compose(reading.value)).toMatchObject({ subjects: [], reports: [{ status: "skipped", id: null, reason }] });
});

it.each([
	["Q {~%50%a ~%50%b ~c}", "partial", "degraded"],
	["Q {~%50%a ~%50%b ~%-50%c}", "partial", "imported"],
	["Q {~%30%a ~%70%b ~%-50%c}", "partial", "degraded"],
	["Q {~%100%a ~%-100%b}", undefined, "imported"],
	["Q {~%50%a ~%50%b ~%-100%c}", undefined, "degraded"],
])("weights become the scoring that is nearest: %s", (text, scoring, status) => {
	const { subjects, reports } = imported(text);
	const [question] = subjects[0]?.questions ?? [];
	expect([question?.type === "multiple_choice" && question.scoring, reports[0]?.status]).toEqual([scoring, status]);
});

it("an explanation that is too long is cut between characters, and it is said", () => {
	const { subjects, reports } = imported(`Q {T####${"x".repeat(EXPLANATION_CHARS_MAX - 1)}💥 and more}`);
	const [question] = subjects[0]?.questions ?? [];
	expect(question?.explanation).toBe("x".repeat(EXPLANATION_CHARS_MAX - 1));
	expect(reports[0]).toMatchObject({ status: "degraded", reason: expect.stringContaining("cut") });
});

it("a text has as many questions, and a question as many answers, as they may, and not one more", () => {
	const questions = (count: number) => readGift("Q {T}\n\n".repeat(count));
	expect(questions(INTERCHANGE_QUESTIONS_MAX).ok).toBe(true);
	const tooMany = questions(INTERCHANGE_QUESTIONS_MAX + 1);
	expect(tooMany).toMatchObject({ ok: false, faults: [{ line: 2 * INTERCHANGE_QUESTIONS_MAX + 1 }] });
	const answers = (count: number) => imported(`Q {${Array.from({ length: count }, (_, i) => `~${i}`).join("")}=x}`);
	expect(answers(INTERCHANGE_ANSWERS_MAX - 1).reports[0]?.reason).toMatch(/^options: Too big/);
	expect(answers(INTERCHANGE_ANSWERS_MAX).reports[0]?.reason).toBe(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
});

it("any text is read without a throw, and what is imported is a quiz", () => {
	const marks = fc.constantFrom(
		..."{ } ~ = # : :: \\ -> %50% #### \n \n\n // $CATEGORY: [html] <b> & T 1..2 a".split(/(?<! ) /),
		"\n",
		"\n\n",
	);
	const texts = fc
		.array(fc.oneof(marks, marks, fc.string({ maxLength: 5 })), { maxLength: 40 })
		.map((all) => all.join(""));
	fc.assert(
		fc.property(fc.oneof(texts, fc.string({ unit: "binary" })), (text) => {
			const reading = readGift(text);
			if (!reading.ok) return void expect(reading.faults.length).toBeGreaterThan(0);
			const { subjects, reports } = compose(reading.value);
			const kept = reports.filter(({ status }) => status !== "skipped");
			const ids = subjects.flatMap((subject) => subject.questions.map(({ id }) => id));
			expect(kept.map(({ id }) => id).sort()).toEqual(ids.sort());
			if (subjects.length === 0) return;
			const { error } = quizContentSchema.safeParse({ title: "x", subjects });
			// A name of a subject is all that is left to be wrong.
			expect(error?.issues.filter(({ path }) => path[2] !== "name") ?? []).toEqual([]);
		}),
		{ numRuns: runsOf(20_000) },
	);
});

it("ids that the source gives are kept, the first of equal ones; the others are numbers that are free", () => {
	const { subjects } = imported("A {T}\n\n::1:: B {T}\n\n::1:: C {T}\n\n::no id!:: D {T}\n\n// [id:2]\nE {T}");
	expect(subjects[0]?.questions.map(({ id }) => id)).toEqual(["3", "1", "4", "5", "2"]);
});

it("a title that is one of the answers is no id, since takers see ids", () => {
	const ids = (text: string) => imported(text).reports.map(({ id, name }) => [id, name]);
	expect(ids("::Lisbon:: Capital of Portugal? {=Lisbon ~Porto}")).toEqual([["1", "Lisbon"]]);
	expect(ids("::el-callao:: A port? {=El Callao}")).toEqual([["1", "el-callao"]]);
	expect(ids("::TRUE:: Is it? {T}\n\n::1822:: When? {#1822}")).toEqual([
		["1", "TRUE"],
		["2", "1822"],
	]);
	expect(ids("::Capital:: Capital of Portugal? {=Lisbon ~Porto}")).toEqual([["Capital", "Capital"]]);
});

it("as many categories as a quiz may have subjects are kept; of more the last ones are together, and it is said", () => {
	const categories = (count: number) =>
		imported(Array.from({ length: count }, (_, i) => `$CATEGORY: c${i}\n\nQ${i} {T}`).join("\n\n"));
	const fitting = categories(QUIZ_SUBJECTS_MAX);
	expect([fitting.subjects.length, new Set(fitting.reports.map(({ status }) => status))]).toEqual([
		QUIZ_SUBJECTS_MAX,
		new Set(["imported"]),
	]);
	const { subjects, reports } = categories(QUIZ_SUBJECTS_MAX + 2);
	expect(subjects.length).toBe(QUIZ_SUBJECTS_MAX);
	expect(subjects.at(-1)).toMatchObject({ name: "Further questions", questions: { length: 3 } });
	expect(reports.slice(-4).map(({ status, reason }) => [status, reason?.split(":")[1]?.trim()])).toEqual([
		["imported", undefined],
		["degraded", `c${QUIZ_SUBJECTS_MAX - 1}.`],
		["degraded", `c${QUIZ_SUBJECTS_MAX}.`],
		["degraded", `c${QUIZ_SUBJECTS_MAX + 1}.`],
	]);
});

it("an export names what it cannot say, before the question that loses it", () => {
	const common = { question: "Which?", marks: 3, hint: "think" };
	const several = { ...common, id: "a", type: "multiple_choice", options: ["x", "y", "z"], correct_answers: [0, 1] };
	const wide = {
		id: "b",
		question: "How?",
		type: "numeric",
		correct: `1${"0".repeat(49)}`,
		tolerance: "12",
		tolerance_kind: "relative",
	};
	const subjects = [{ name: "s", questions: [several, wide] }];
	const content = quizContentSchema.parse({ title: "T", subjects });
	expect(
		writeGift(content)
			.split("\n")
			.filter((line) => /degraded|skipped/.test(line)),
	).toEqual([
		"// degraded: a: GIFT has no marks; it was worth 3.",
		"// degraded: a: GIFT has no hints.",
		"// degraded: a: GIFT has no all or nothing: a part of the right options counts there.",
		"// skipped: b: Its tolerance has too many digits as an absolute one.",
	]);
});
