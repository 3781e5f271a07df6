import fc from "fast-check";
import { expect, it } from "vitest";
import { compose } from "../../src/domain/interchange/compose.ts";
import {
	INTERCHANGE_ANSWERS_MAX,
	INTERCHANGE_QUESTIONS_MAX,
	XML_ATTRIBUTES_MAX,
	XML_DEPTH_MAX,
} from "../../src/domain/interchange/limits.ts";
import { laidOut } from "../../src/domain/interchange/plain-text.ts";
import { readQti } from "../../src/domain/interchange/qti-read.ts";
import { writeQti } from "../../src/domain/interchange/qti-write.ts";
import { readXml, xmlText } from "../../src/domain/interchange/xml.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";
import { quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import associate from "../fixtures/interchange/associate.xml?raw";
import choice from "../fixtures/interchange/choice.xml?raw";
import choiceMultiple from "../fixtures/interchange/choice-multiple.xml?raw";
import inlineChoice from "../fixtures/interchange/inline-choice.xml?raw";
import match from "../fixtures/interchange/match.xml?raw";
import numeric from "../fixtures/interchange/numeric.xml?raw";
import order from "../fixtures/interchange/order.xml?raw";
import others from "../fixtures/interchange/others.xml?raw";
import examplesTest from "../fixtures/interchange/test.xml?raw";
import textEntry from "../fixtures/interchange/text-entry.xml?raw";
import { sectionsIn, unnamed } from "../lib/documents.ts";
import { runsOf } from "../lib/harness.ts";
import { quizzes, simplified } from "../lib/interchange-quizzes.ts";
import { rightNumbers } from "../lib/right-numbers.ts";

const DTD = /Document type declarations/;

function imported(...documents: string[]) {
	const reading = readQti(unnamed(documents));
	if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
	return { title: reading.quizzes[0]?.title, ...compose(sectionsIn(reading)) };
}

/** What means the same is written the same: defaults are left out, and so are orders that say nothing. */
function inQti(question: Question): object {
	switch (question.type) {
		case "multiple_choice": {
			const { scoring, correct_answers, option_feedback: _, ...rest } = question;
			const sorted = [...correct_answers].sort((a, b) => a - b);
			// With one right option among wrong ones, all or nothing and partial are the same.
			const isPartial = scoring === "partial" && !(sorted.length === 1 && question.options.length > 1);
			const marks = scoring === "partial" ? fitting(rest.marks, sorted.length) : rest.marks;
			return { ...rest, correct_answers: sorted, ...(isPartial && { scoring }), marks };
		}
		case "numeric": {
			const { tolerance = "0", tolerance_kind, also, ...rest } = question;
			const first = { correct: rest.correct, tolerance, tolerance_kind };
			// Which numbers are right, whatever they are said with.
			const { correct: __, ...others } = rest;
			return { ...others, right: rightNumbers([first, ...(also ?? [])]) };
		}
		case "short_text": {
			const { case_sensitive, accent_sensitive, whitespace_sensitive, wildcards: _, ...rest } = question;
			const flags = { case_sensitive, accent_sensitive, whitespace_sensitive };
			return { ...rest, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value === true)) };
		}
		case undefined:
		case "single_choice": {
			const { type: _, option_feedback: __, ...rest } = question;
			return rest;
		}
		case "matching":
			return { ...question, marks: fitting(question.marks, question.prompts.length) };
		default:
			return question;
	}
}

/** Where parts count, each is worth something. */
const fitting = (marks: number, parts: number) => (marks < parts ? parts : marks);

it("a quiz written as QTI and read again is the same, up to white space and what XML cannot hold", () => {
	fc.assert(
		fc.property(quizzes, (content) => {
			const text = (one: string) => laidOut(xmlText(one));
			const { title, subjects, reports } = imported(writeQti(content));
			expect(reports.filter(({ status }) => status === "skipped")).toEqual([]);
			expect(title).toBe(xmlText(content.title).trim());
			expect(simplified({ subjects }, inQti, text)).toEqual(simplified(content, inQti, text));
		}),
		{ numRuns: runsOf(3_000) },
	);
});

const EXAMPLES = [
	associate,
	choiceMultiple,
	choice,
	inlineChoice,
	match,
	numeric,
	order,
	others,
	examplesTest,
	textEntry,
];

it("items and a test in the manner of QTI's best practices are imported with a report, in the order of the test", () => {
	const { title, subjects, reports } = imported(...EXAMPLES);
	expect(title).toBe("Examples of QTI 3.0");
	expect(subjects.map(({ name, questions }) => [name, questions.map(({ id }) => id)])).toEqual([
		["Choices", ["choice-multiple", "choice"]],
		["In sentences", ["inline-choice"]],
		["Texts and numbers", ["text-entry", "numeric"]],
		["Questions", ["associate", "match", "order"]],
	]);
	const [markup, media] = ["Markup was left out; its text was kept.", "A picture or other media were left out."];
	expect(reports.map(({ status, place, reason }) => [status, place, reason])).toEqual([
		[
			"degraded",
			"choice-multiple",
			`${markup} ${EVENED} each right option counts the same, and each wrong one takes as much away.`,
		],
		["degraded", "choice", media],
		["degraded", "inline-choice", `${markup} Its feedback was put into the explanation.`],
		["degraded", "text-entry", "Texts that are worth a part of the marks were left out."],
		["imported", "numeric", null],
		["skipped", "lost", "The test names an item that is not here: lost.xml."],
		["degraded", "associate", "Pairs among one list became prompts and choices."],
		["degraded", "match", "Scores were evened out: each right pair counts the same."],
		["degraded", "order", "Neighbours in the right order count here, not only the whole order."],
		["skipped", "extended-text", "An essay: no answer can be scored."],
		["skipped", "hotspot", "No type of question is like qti-hotspot-interaction."],
		["skipped", "adaptive", "An adaptive item."],
		["skipped", "template", "An item made from a template."],
		["skipped", "document 7, item 11", "It asks nothing: there is no interaction."],
		["skipped", "composite", "It has 2 interactions; a question has one."],
	]);
	const questions = new Map(
		subjects.flatMap((subject) => subject.questions).map((question) => [question.id, question]),
	);
	expect(questions.get("choice")).toMatchObject({
		question: "Look at the text in the picture.\nNEVER LEAVE LUGGAGE UNATTENDED\nWhat does it say?",
		correctAnswer: 0,
	});
	expect(questions.get("choice-multiple")).toMatchObject({
		correct_answers: [0, 3],
		scoring: "partial",
		marks: 2,
		question: "Which of the following elements are used to form water?",
	});
	expect(questions.get("inline-choice")).toMatchObject({
		question: "Made glorious summer by this sun of _____.",
		options: ["Gloucester", "Lancaster", "York"],
		correctAnswer: 2,
		explanation: "Yes, the house of York.",
	});
	expect(questions.get("text-entry")).toMatchObject({ type: "short_text", accepted: ["York"], accent_sensitive: true });
	expect(questions.get("numeric")).toMatchObject({
		correct: "3.14159",
		tolerance: "0.01",
		tolerance_kind: "relative",
		marks: 2,
	});
	expect(questions.get("associate")).toMatchObject({
		prompts: ["Demetrius", "Antonio", "Capulet"],
		choices: ["Lysander", "Prospero", "Montague"],
		correct_matches: [0, 1, 2],
		marks: 6,
	});
	expect(questions.get("match")).toMatchObject({ correct_matches: [0, 0, 2, 1], marks: 3 });
	expect(questions.get("order")).toMatchObject({ type: "ordering", correct_order: [2, 1, 0] });
});
const EVENED = "Weights were evened out:";

it.each([
	["", 1, 1, /./],
	["not XML", 1, 1, /./],
	["<a>\n <b></a>", 2, 5, /Missing end tag for element b/],
	["<a>\n&nbsp;</a>", 2, 1, /entity isn't defined/],
	["<a b='1' b='2'/>", 1, 15, /Duplicate attribute/],
	["<a/><b/>", 1, 5, /./],
	["<a>\u0000</a>", 1, 4, /./],
	['<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd">\n<a/>', 2, 1, DTD],
	['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 1, 1, DTD],
	["<!doctype html><html/>", 1, 1, DTD],
	["<a>\r\n<!DOCTYPE b></a>", 2, 1, DTD],
])("what is not XML, or declares a document type, is a fault at its place: %j", (text, line, column, detail) => {
	const reading = readQti(unnamed(["<a/>", text]));
	expect(reading).toMatchObject({
		ok: false,
		faults: [{ document: 1, line, column, detail: expect.stringMatching(detail) }],
	});
});

it("neither a comment nor a section nor a value is a document type", () => {
	const xml = '<a b="&lt;!DOCTYPE >"><!-- <!DOCTYPE a> --><![CDATA[<!DOCTYPE a>]]><?a <!DOCTYPE a> ?></a>';
	expect(readXml(xml)).toMatchObject({ ok: true, value: { children: ["<!DOCTYPE a>"] } });
});

it("a bomb of entities is refused unread, and text stays text", () => {
	const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join("");
	expect(readQti(unnamed([`<!DOCTYPE a [<!ENTITY e0 "lol">${entities}]><a>&e9;</a>`]))).toMatchObject({ ok: false });
	const [question] =
		imported(item("&lt;script&gt;alert(1)&lt;/script&gt;<script>alert(2)</script>")).subjects[0]?.questions ?? [];
	expect(question?.question).toBe("<script>alert(1)</script>");
});

const item = (
	body: string,
	identifier = "a",
	declared = "<qti-correct-response><qti-value>true</qti-value></qti-correct-response>",
) =>
	`<qti-assessment-item identifier="${identifier}"><qti-response-declaration identifier="R">${declared}</qti-response-declaration><qti-item-body>${body}<qti-choice-interaction response-identifier="R"><qti-simple-choice identifier="true">True</qti-simple-choice><qti-simple-choice identifier="false">False</qti-simple-choice></qti-choice-interaction></qti-item-body></qti-assessment-item>`;

it("an identifier that is one of the answers is no id, with the prefix of our exports or without", () => {
	const ids = (identifier: string) => imported(item("Q", identifier)).reports.map(({ id }) => id);
	expect([ids("q-true"), ids("true"), ids("q-7"), ids("q-")]).toEqual([["1"], ["1"], ["7"], ["1"]]);
});

it("levels, attributes, items and references go up to their limits, and not one further", () => {
	const nested = (levels: number) => readXml("<a>".repeat(levels) + "</a>".repeat(levels));
	expect(nested(XML_DEPTH_MAX).ok).toBe(true);
	expect(nested(XML_DEPTH_MAX + 1)).toMatchObject({ ok: false, faults: [{ column: 3 * XML_DEPTH_MAX + 1 }] });
	expect(nested(200_000).ok).toBe(false);
	// What stands side by side is not nested.
	expect(readXml(`<a>${"<b c='>'></b><d/>".repeat(1_000)}</a>`).ok).toBe(true);
	const wide = (count: number) =>
		readXml(`<a>\n<b ${Array.from({ length: count }, (_, i) => `a${i}=""`).join(" ")}/></a>`);
	expect(wide(XML_ATTRIBUTES_MAX).ok).toBe(true);
	expect(wide(XML_ATTRIBUTES_MAX + 1)).toMatchObject({ ok: false, faults: [{ line: 2, column: 1 }] });
	const many = (count: number) => readQti(unnamed(Array.from({ length: count }, (_, i) => item("Q", `i${i}`))));
	expect(many(INTERCHANGE_QUESTIONS_MAX).ok).toBe(true);
	expect(many(INTERCHANGE_QUESTIONS_MAX + 1)).toMatchObject({
		ok: false,
		faults: [{ document: INTERCHANGE_QUESTIONS_MAX }],
	});
	const references = (count: number) =>
		readQti(unnamed([`<qti-assessment-test>${"<qti-assessment-item-ref/>".repeat(count)}</qti-assessment-test>`]));
	expect(references(INTERCHANGE_QUESTIONS_MAX).ok).toBe(true);
	expect(references(INTERCHANGE_QUESTIONS_MAX + 1).ok).toBe(false);
	const choices = (count: number) => {
		const options = Array.from(
			{ length: count },
			(_, i) => `<qti-simple-choice identifier="c${i}">${i}</qti-simple-choice>`,
		);
		const interaction = `<qti-choice-interaction response-identifier="R">${options.join("")}</qti-choice-interaction>`;
		const whole = item("Q")
			.replace(/<qti-choice-interaction.*<\/qti-choice-interaction>/, interaction)
			.replace(">true<", ">c0<");
		return imported(whole).reports[0]?.reason;
	};
	expect(choices(INTERCHANGE_ANSWERS_MAX)).toMatch(/^options: Too big/);
	expect(choices(INTERCHANGE_ANSWERS_MAX + 1)).toBe(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
});

it.each([
	["<html/>", "Neither an item nor a test of QTI: <html>."],
	["<assessmentItem/>", "It asks nothing: there is no interaction."],
	[item("Q").replace('identifier="R"', 'identifier="other"'), "Its interaction has no response declaration."],
	[item("Q").replace(">true</qti-value>", ">maybe</qti-value>"), "No choice is right."],
	[item("Q").replace("<qti-assessment-item", '<qti-assessment-item adaptive="1"'), "An adaptive item."],
	[item("Q", "a", ""), "No choice is right."],
])("what is no question of ours is skipped with its reason: %j", (text, reason) => {
	expect(imported(text)).toMatchObject({ subjects: [], reports: [{ status: "skipped", id: null, reason }] });
});

it("an item scored by a program of its own is degraded; a score has two decimals at most", () => {
	const processing = (inside: string) =>
		imported(
			item("Q").replace(
				"</qti-assessment-item>",
				`<qti-response-processing>${inside}</qti-response-processing></qti-assessment-item>`,
			),
		);
	const set = (score: string) =>
		`<qti-response-condition><qti-response-if><qti-match><qti-variable identifier="R"/><qti-correct identifier="R"/></qti-match><qti-set-outcome-value identifier="SCORE"><qti-base-value>${score}</qti-base-value></qti-set-outcome-value></qti-response-if></qti-response-condition>`;
	expect(processing("<qti-exit-response/>").reports[0]).toMatchObject({
		status: "degraded",
		reason: expect.stringMatching(/processing/),
	});
	expect(processing(set("2.555")).reports[0]).toMatchObject({
		status: "degraded",
		reason: expect.stringMatching(/2\.555 is rounded to 2\.5/),
	});
	for (const marks of [3, 2.5, 0.01]) {
		const { subjects, reports } = processing(set(String(marks)));
		expect([subjects[0]?.questions[0]?.marks, reports[0]?.status]).toEqual([marks, "imported"]);
	}
	expect(processing(set("0.004")).reports[0]).toMatchObject({ reason: expect.stringMatching(/is worth 1\./) });
});

it("weights of a test are marks, and what a section says of its questions is said of each", () => {
	const test = `<qti-assessment-test><qti-test-part><qti-time-limits max-time="60"/><qti-assessment-section title="S"><qti-rubric-block view="candidate">Use a pencil.</qti-rubric-block><qti-selection select="1"/>${[
		["i0", "3"],
		["i1", "0.5"],
		["i2", "0.333"],
	]
		.map(
			([id, weight]) =>
				`<qti-assessment-item-ref identifier="${id}"><qti-weight identifier="W" value="${weight}"/></qti-assessment-item-ref>`,
		)
		.join("")}</qti-assessment-section></qti-test-part></qti-assessment-test>`;
	const { subjects, reports } = imported(test, ...[0, 1, 2].map((i) => item("Q", `i${i}`)));
	expect(subjects[0]?.questions.map(({ marks }) => marks)).toEqual([3, 0.5, 1]);
	const said =
		"Its time limit was left out. The instructions of its section were left out. The test shows 1 of its section, chosen by chance; here all are shown.";
	expect(reports.map(({ reason }) => reason)).toEqual([
		said,
		said,
		`Its weight in the test is 0.333, which was left out. ${said}`,
	]);
});

it("any text is read as XML without a throw: whole ones, parts of them, and others", () => {
	const piece = fc.constantFrom(
		"<",
		">",
		"/",
		"&",
		";",
		"<!--",
		"-->",
		"<![CDATA[",
		"]]>",
		"<?",
		"?>",
		"<!DOCTYPE",
		"='",
		'"',
		"a",
		"\u0000",
		"\ud800",
		"\r",
		"&#0;",
		"&#x10ffff;",
		...EXAMPLES.join("\n").split(/(?=[<>])/),
	);
	const pieces = fc.array(piece, { maxLength: 30 }).map((all) => all.join(""));
	const mutated = fc
		.tuple(fc.constantFrom(...EXAMPLES), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 30 }), piece), { maxLength: 4 }))
		.map(([xml, changes]) =>
			changes.reduce(
				(text, [at, cut, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut),
				xml,
			),
		);
	fc.assert(
		fc.property(fc.oneof(pieces, mutated, fc.string({ unit: "binary" })), (text) => {
			const reading = readQti(unnamed([text]));
			if (!reading.ok) {
				for (const { line, column, detail } of reading.faults) {
					expect([line >= 1, (column ?? 0) >= 1, detail.length > 0 && detail.length < 300]).toEqual([true, true, true]);
				}
				return;
			}
			const { subjects } = compose(sectionsIn(reading));
			if (subjects.length === 0) return;
			const { error } = quizContentSchema.safeParse({ title: "x", subjects });
			expect(error?.issues.filter(({ path }) => path[2] !== "name") ?? []).toEqual([]);
		}),
		{ numRuns: runsOf(20_000) },
	);
});

it("an export names what it cannot say, before the item that loses it", () => {
	const ordering = {
		id: "a",
		question: "In  which\u0001 order?",
		type: "ordering",
		items: ["x", "y"],
		correct_order: [1, 0],
	};
	const partial = {
		id: "b",
		question: "Which?",
		type: "multiple_choice",
		options: ["x", "y", "z"],
		correct_answers: [0, 1, 2],
		scoring: "partial",
	};
	const content = quizContentSchema.parse({ title: "T", subjects: [{ name: "s", questions: [ordering, partial] }] });
	expect(writeQti(content).match(/<!-- degraded.*-->/g)).toEqual([
		"<!-- degraded: a: QTI scores an order as a whole, and not by neighbours. -->",
		"<!-- degraded: a: Control characters, which XML cannot hold, were replaced. -->",
		"<!-- degraded: a: White space is not kept as it is: runs of it become one space. -->",
		"<!-- degraded: b: Shares of the marks are not rounded down to hundredths in QTI. -->",
	]);
});
