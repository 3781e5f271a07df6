import { strToU8 } from "fflate";
import { expect, it } from "vitest";
import { ZIP_ENTRIES_MAX, ZIP_ENTRY_BYTES_MAX } from "../../src/domain/interchange/limits.ts";
import { readAll, workbook, zip } from "../lib/question-files.ts";

/** Files as people have them: of each kind what comes out, and what is said of it. */

const of = ({ questions, reports }: ReturnType<typeof readAll>) => [
	questions.map(({ id: _, ...question }) => question),
	reports.map(({ status, reason }) => (reason === null ? status : `${status}: ${reason}`)),
];

// ---- Moodle XML ----

const text = (tag: string, content: string, format = "html") =>
	`<${tag} format="${format}"><text><![CDATA[${content}]]></text></${tag}>`;
const answer = (fraction: number, content: string, more = "") =>
	`<answer fraction="${fraction}" format="html"><text><![CDATA[${content}]]></text>${more}</answer>`;
const moodle = (type: string, body: string, grade = "1.0000000") =>
	`<?xml version="1.0" encoding="UTF-8"?><quiz><question type="${type}"><name><text>N</text></name>${text("questiontext", "<p>Q?</p>")}<defaultgrade>${grade}</defaultgrade>${body}</question></quiz>`;

it.each<[string, string, unknown[], (string | RegExp)[]]>([
	[
		"one option",
		moodle("multichoice", `<single>true</single>${answer(0, "<p>a</p>")}${answer(100, "<p>b</p>")}`),
		[{ question: "Q?", options: ["a", "b"], correctAnswer: 1, marks: 1 }],
		["imported"],
	],
	[
		"one option, another worth a half",
		moodle("multichoice", `<single>true</single>${answer(100, "a")}${answer(50, "b")}${answer(-50, "c")}`),
		[{ options: ["a", "b", "c"], correctAnswer: 0 }],
		[/only the right option counts/],
	],
	[
		"one option, none of them wholly right",
		moodle("multichoice", `<single>true</single>${answer(50, "a")}${answer(50, "b")}`),
		[],
		[/No option is wholly right/],
	],
	[
		"several options",
		moodle("multichoice", `<single>false</single>${answer(50, "a")}${answer(50, "b")}${answer(-50, "c")}`, "4"),
		[{ type: "multiple_choice", correct_answers: [0, 1], scoring: "partial", marks: 4 }],
		["imported"],
	],
	[
		"several options, wrong ones free",
		moodle("multichoice", `<single>false</single>${answer(50, "a")}${answer(50, "b")}${answer(0, "c")}`, "2"),
		[{ correct_answers: [0, 1], marks: 2 }],
		[/evened out/],
	],
	[
		"a sentence that is false",
		moodle("truefalse", `${answer(0, "true")}${answer(100, "false")}`),
		[{ type: "true_false", correct: false }],
		["imported"],
	],
	[
		"texts, case matters",
		moodle("shortanswer", `<usecase>1</usecase>${answer(100, "Île")}${answer(100, "Ile \\* 2")}`),
		[{ accepted: ["Île", "Ile * 2"], case_sensitive: true, accent_sensitive: true }],
		["imported"],
	],
	[
		"texts, one worth a half",
		moodle("shortanswer", `<usecase>0</usecase>${answer(100, "a")}${answer(50, "b")}`),
		[{ accepted: ["a"] }],
		[/worth a part/],
	],
	[
		"a number with units",
		moodle(
			"numerical",
			`${answer(100, "-2.50", "<tolerance>0.25</tolerance>")}<units><unit><multiplier>1</multiplier><unit_name>m</unit_name></unit></units>`,
		),
		[{ correct: "-2.5", tolerance: "0.25" }],
		[/a number that is typed with one earns nothing here: m\./],
	],
	[
		"pairs of images",
		moodle(
			"matching",
			`<subquestion format="html"><text>&lt;img src="x.png"&gt;</text><answer><text>a</text></answer></subquestion><subquestion format="html"><text>b</text><answer><text>c</text></answer></subquestion>`,
		),
		[],
		[/has no text/],
	],
	[
		"an order by neighbours",
		moodle(
			"ordering",
			`<gradingtype>1</gradingtype>${answer(1, "first")}${answer(2, "second")}${answer(3, "third")}`,
			"2",
		),
		[{ type: "ordering", marks: 2 }],
		["imported"],
	],
	[
		"an order by places",
		moodle("ordering", `<gradingtype>0</gradingtype>${answer(1, "first")}${answer(2, "second")}`),
		[{ type: "ordering" }],
		[/not places/],
	],
	[
		"feedback, hints and tags",
		moodle(
			"multichoice",
			`<single>true</single>${answer(100, "a", text("feedback", "Yes <b>a</b>"))}${answer(0, "b")}${text("generalfeedback", "G")}${text("hint", "H")}<tags><tag><text>t1</text></tag></tags>`,
		),
		[{ explanation: "G\nH", option_feedback: ["Yes a", ""] }],
		[/Markup.*Hints.*t1/],
	],
	["embedded answers", moodle("cloze", ""), [], [/Cloze/]],
	["a kind of another plug-in", moodle("coderunner", ""), [], [/No type of question is like coderunner/]],
	[
		"a question that is worth nothing",
		moodle("truefalse", `${answer(100, "true")}${answer(0, "false")}`, "0"),
		[],
		[/worth nothing/],
	],
	[
		"a formula in TeX",
		moodle("multichoice", `<single>true</single>${answer(100, "\\(\\frac12\\)")}${answer(0, "12")}`),
		[{ options: ["\\(\\frac12\\)", "12"] }],
		["imported"],
	],
])("Moodle XML: %s", (_, source, questions, reports) => {
	const [found, said] = of(readAll({ "export.xml": source }));
	expect(found).toMatchObject(questions);
	expect(said).toEqual(reports.map((one) => (typeof one === "string" ? one : expect.stringMatching(one))));
});

it("Moodle XML: a category is a subject, in whichever file name it comes", () => {
	const source = moodle("truefalse", `${answer(100, "true")}${answer(0, "false")}`).replace(
		"<quiz>",
		'<quiz><question type="category"><category><text>$course$/top/A//B/C</text></category></question>',
	);
	expect(readAll({ "questions.txt": source }).quizzes).toEqual([["questions", ["A/B / C"]]]);
});

// ---- QTI 1.2 ----

const qti1 = (response: string, processing: string, more = "") =>
	`<questestinterop><assessment title="Test"><section><item ident="i" title="T"><itemmetadata><qtimetadata>${more}</qtimetadata></itemmetadata><presentation><material><mattext texttype="text/html">&lt;p&gt;Q&lt;sup&gt;2&lt;/sup&gt;?&lt;/p&gt;</mattext></material>${response}</presentation><resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>${processing}</resprocessing></item></section></assessment></questestinterop>`;
const field = (label: string, entry: string) =>
	`<qtimetadatafield><fieldlabel>${label}</fieldlabel><fieldentry>${entry}</fieldentry></qtimetadatafield>`;
const lid = (cardinality: string, labels: Readonly<Record<string, string>>, ident = "r", own = "") =>
	`<response_lid ident="${ident}" rcardinality="${cardinality}">${own}<render_choice>${Object.entries(labels)
		.map(
			([label, said]) =>
				`<response_label ident="${label}"><material><mattext>${said}</mattext></material></response_label>`,
		)
		.join("")}</render_choice></response_lid>`;
const fib = (type = "") =>
	`<response_str ident="r" rcardinality="Single"><render_fib${type && ` fibtype="${type}"`}><response_label ident="x"/></render_fib></response_str>`;
const equals = (value: string, ident = "r") => `<varequal respident="${ident}">${value}</varequal>`;
const when = (condition: string, score: string, action = "Set", goesOn = "No") =>
	`<respcondition continue="${goesOn}"><conditionvar>${condition}</conditionvar><setvar action="${action}" varname="SCORE">${score}</setvar></respcondition>`;
const ABC = { A: "a", B: "b", C: "c" };
const left = (said: string) => `<material><mattext>${said}</mattext></material>`;

it.each<[string, string, unknown[], (string | RegExp)[]]>([
	[
		"one option, with the points of Canvas",
		qti1(lid("Single", ABC), when(equals("B"), "100"), field("points_possible", "3.0")),
		[{ question: "Q²?", options: ["a", "b", "c"], correctAnswer: 1, marks: 3 }],
		["imported"],
	],
	[
		"the score to another option than the first condition names",
		qti1(
			lid("Single", ABC),
			when(`<not>${equals("B")}</not>`, "0") + when(equals("B"), "100"),
			field("points_possible", "1"),
		),
		[{ correctAnswer: 1, marks: 1 }],
		["imported"],
	],
	[
		"several options, all or nothing",
		qti1(
			lid("Multiple", ABC),
			when(`<and>${equals("A")}${equals("C")}<not>${equals("B")}</not></and>`, "100"),
			field("points_possible", "2"),
		),
		[{ type: "multiple_choice", correct_answers: [0, 2], marks: 2 }],
		["imported"],
	],
	[
		"several options, each its part",
		qti1(
			lid("Multiple", ABC),
			when(equals("A"), "50", "Add", "Yes") +
				when(equals("C"), "50", "Add", "Yes") +
				when(equals("B"), "50", "Subtract", "Yes"),
			field("points_possible", "2"),
		),
		[{ correct_answers: [0, 2], scoring: "partial", marks: 2 }],
		["imported"],
	],
	[
		"a condition that ends the processing before the one that is right",
		qti1(lid("Single", ABC), when("<other/>", "0") + when(equals("A"), "100")),
		[],
		[/No choice is right/],
	],
	[
		"texts, as Canvas writes alternatives",
		qti1(fib(), when(equals("colour") + equals("color"), "100"), field("points_possible", "1")),
		[{ type: "short_text", accepted: ["colour", "color"], accent_sensitive: true }],
		["imported"],
	],
	[
		"texts whose case matters",
		qti1(fib(), when('<varequal respident="r" case="Yes">Lima</varequal>', "100"), field("points_possible", "1")),
		[{ accepted: ["Lima"], case_sensitive: true }],
		["imported"],
	],
	[
		"a number within bounds",
		qti1(
			fib("Decimal"),
			when(
				'<or><varequal respident="r">4</varequal><and><vargte respident="r">3.5</vargte><varlte respident="r">4.5</varlte></and></or>',
				"100",
			),
			field("points_possible", "1"),
		),
		[{ type: "numeric", correct: "4", tolerance: "0.5" }],
		["imported"],
	],
	[
		"lists with the same options",
		qti1(
			lid("Single", { 1: "Paris", 2: "Rome" }, "x", left("France")) +
				lid("Single", { 1: "Paris", 2: "Rome" }, "y", left("Italy")),
			when(equals("1", "x"), "50", "Add", "Yes") + when(equals("2", "y"), "50", "Add", "Yes"),
			field("points_possible", "2"),
		),
		[{ type: "matching", marks: 2 }],
		["imported"],
	],
	[
		"two lists with other options",
		qti1(
			lid("Single", ABC, "x", left("1")) + lid("Single", { A: "d", B: "e" }, "y", left("2")),
			when(equals("A", "x"), "100"),
		),
		[],
		[/2 responses/],
	],
	["an essay", qti1(fib(), ""), [], [/essay/]],
	[
		"a picture",
		qti1(`<material><matimage uri="a.png"/></material>${lid("Single", ABC)}`, when(equals("A"), "1")),
		[{ correctAnswer: 0, marks: 1 }],
		[/picture/],
	],
	[
		"scoring with what is not known",
		qti1(lid("Single", ABC), when("<durequal>3</durequal>", "1")),
		[],
		[/condition that is not known/],
	],
	[
		"a question of Canvas with several lists in a text",
		qti1(lid("Single", ABC), when(equals("A"), "1"), field("question_type", "multiple_dropdowns_question")),
		[],
		[/several gaps/],
	],
])("QTI 1.2: %s", (_, source, questions, reports) => {
	const [found, said] = of(readAll({ "res00001.dat": source }));
	expect(found).toMatchObject(questions);
	expect(said).toEqual(reports.map((one) => (typeof one === "string" ? one : expect.stringMatching(one))));
});

// ---- QTI 2 ----

const qti2 = (identifier: string, right: string) =>
	`<?xml version="1.0"?><assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="${identifier}" title="T" adaptive="false" timeDependent="false"><responseDeclaration identifier="R" cardinality="single" baseType="identifier"><correctResponse><value>A</value></correctResponse></responseDeclaration><outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"><defaultValue><value>0</value></defaultValue></outcomeDeclaration><itemBody><choiceInteraction responseIdentifier="R" shuffle="false" maxChoices="1"><prompt>Q?</prompt><simpleChoice identifier="A">a<feedbackInline outcomeIdentifier="F" identifier="A" showHide="show">Psst!</feedbackInline></simpleChoice><simpleChoice identifier="B">b</simpleChoice></choiceInteraction></itemBody><responseProcessing><responseCondition><responseIf><match><variable identifier="R"/><baseValue baseType="identifier">${right}</baseValue></match><setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/><baseValue baseType="float">2</baseValue></sum></setOutcomeValue></responseIf><responseElse><setOutcomeValue identifier="SCORE"><baseValue baseType="float">0</baseValue></setOutcomeValue></responseElse></responseCondition></responseProcessing></assessmentItem>`;

it("QTI 2: an item is read as one of QTI 3, its program carried out and its feedback put aside", () => {
	const [found, said] = of(readAll({ "item.xml": qti2("i", "B") }));
	expect(found).toMatchObject([
		{ question: "Q?", options: ["a", "b"], correctAnswer: 1, marks: 2, explanation: "a: Psst!" },
	]);
	expect(said).toEqual([expect.stringMatching(/feedback/)]);
});

const manifest = (...hrefs: string[]) =>
	`<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>${hrefs.map((href, index) => `<resource identifier="r${index}" type="imsqti_item_xmlv2p1" href="${href}"><file href="${href}"/></resource>`).join("")}</resources></manifest>`;

it("a package: references by file, folders within folders, sections in files of their own, in the order of the test", () => {
	const test = `<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="t" title="Exam"><testPart identifier="p"><assessmentSection identifier="s1" title="One"><assessmentItemRef identifier="x" href="../items/deep/b.xml"/></assessmentSection><assessmentSectionRef identifier="s2" href="two.xml"/></testPart></assessmentTest>`;
	const section = `<assessmentSection xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="s2" title="Two"><assessmentItemRef identifier="y" href="../items/a%20b.xml"><weight identifier="W" value="3"/></assessmentItemRef></assessmentSection>`;
	const files = {
		"tests/test.xml": test,
		"tests/two.xml": section,
		"items/deep/b.xml": qti2("I1", "B"),
		"items/a b.xml": qti2("I2", "A"),
	};
	for (const inside of [files, { ...files, "imsmanifest.xml": manifest(...Object.keys(files).map(encodeURI)) }]) {
		const read = readAll({ "exam.zip": zip(inside) });
		expect([read.quizzes, read.faults]).toEqual([[["Exam", ["One", "Two"]]], []]);
		expect(read.questions).toMatchObject([
			{ id: "I1", correctAnswer: 1, marks: 2 },
			{ id: "I2", correctAnswer: 0, marks: 6 },
		]);
		expect(read.reports.map(({ place }) => place)).toEqual(["items/deep/b.xml: I1", "items/a b.xml: I2"]);
	}
});

it("a package: items without a test come in the order of its manifest, and what it names and has not is said", () => {
	const read = readAll({
		"items.imscc": zip({
			"imsmanifest.xml": manifest("b.xml", "gone.xml", "a.xml"),
			"a.xml": qti2("A1", "A"),
			"b.xml": qti2("B1", "A"),
			"cut.xml": qti2("C1", "A").slice(0, 300),
		}),
	});
	expect(read.questions.map(({ id }) => id)).toEqual(["B1", "A1"]);
	expect(
		read.reports.filter(({ status }) => status === "skipped").map(({ place, reason }) => `${place}: ${reason}`),
	).toEqual([
		expect.stringMatching(/^cut\.xml: Not XML: line 1/),
		"imsmanifest.xml: The manifest names a file that is not in the package: gone.xml.",
	]);
});

it("a package: sections and manifests that name each other end, and each test is a quiz", () => {
	const test = (title: string, href: string) =>
		`<assessmentTest identifier="${title}" title="${title}"><testPart><assessmentSection title="S"><assessmentItemRef identifier="x" href="${href}"/><assessmentSectionRef href="s.xml"/></assessmentSection></testPart></assessmentTest>`;
	const loop =
		'<assessmentSection title="Loop"><assessmentItemRef identifier="y" href="b.xml"/><assessmentSectionRef href="s.xml"/></assessmentSection>';
	const read = readAll({
		"two.zip": zip({
			"imsmanifest.xml": manifest("imsmanifest.xml", "t1.xml"),
			"t1.xml": test("First", "a.xml"),
			"t2.xml": test("Second", "a.xml"),
			"s.xml": loop,
			"a.xml": qti2("A1", "A"),
			"b.xml": qti2("B1", "A"),
		}),
	});
	expect(read.quizzes).toEqual([
		["First", ["S", "Loop"]],
		["Second", ["S", "Loop"]],
	]);
	expect(read.questions.map(({ id }) => id)).toEqual(["A1", "B1", "A1", "B1"]);
});

it("a package of Canvas: what it writes twice is read once", () => {
	const own = qti1(lid("Single", ABC), when(equals("B"), "100"), field("points_possible", "3.0"));
	const read = readAll({
		"canvas.imscc": zip({
			"imsmanifest.xml": manifest("g1/assessment_qti.xml"),
			"g1/assessment_qti.xml": own,
			"non_cc_assessments/g1.xml.qti": own,
			"g1/assessment_meta.xml": '<quiz identifier="g1"><title>T</title><question_count>1</question_count></quiz>',
		}),
	});
	expect([read.questions.length, read.reports.length, read.quizzes]).toEqual([1, 1, [["Test", ["Questions"]]]]);
});

// ---- Aiken, tables, trivia, cards ----

it("Aiken: letters are the key, and what is not clear is skipped", () => {
	const source =
		"One?\r\nA. a\r\nB. b\r\nANSWER: B\r\n\r\nTwo lines\r\nof a question?\r\nA) x\r\nC) z\r\nANSWER: C\r\nThree?\r\nA) x\r\nB) y\r\nANSWER: D\r\nFour?\r\nA) x\r\nB) y\r\nANSWER: A, B\r\nFive?\r\nA) x\r\n";
	const [found, said] = of(readAll({ "quiz.txt": source }));
	expect(found).toMatchObject([
		{ question: "One?", options: ["a", "b"], correctAnswer: 1 },
		{ question: "Two lines\nof a question?", options: ["x", "z"], correctAnswer: 1 },
	]);
	expect(said).toEqual([
		"imported",
		"imported",
		"skipped: Its answer is none of its options.",
		expect.stringMatching(/several answers/),
		expect.stringMatching(/no line that says/),
	]);
});

const rows = (separator: string) =>
	[
		["Question", "Type", "Answer A", "Answer B", "Answer C", "Correct Answer", "Points", "Category", "Tolerance"],
		["Which?", "", "x", "y", "z", "B", "2", "One", ""],
		["Which ones?", "multiple", "x", "y", "z", "A|C", "", "One", ""],
		["By its text?", "single choice", "red", "green", "blue", "GREEN", "", "Two", ""],
		["How much?", "numeric", "", "", "", "2.5", "", "Two", "10%"],
		["Right?", "true/false", "", "", "", "false", "", "Two", ""],
		["What?", "text", "", "", "", "one, two|1, 2", "", "Two", ""],
		["Pairs?", "matching", "a = 1", "b = 2", "= 3", "", "2", "Two", ""],
		["Order?", "ordering", "late", "early", "", "2|1", "1", "Two", ""],
		["Number or text?", "", "3", "2", "1", "3", "", "Two", ""],
		["None of them?", "", "3", "2", "1", "7", "", "Two", ""],
	]
		.map((cells) =>
			cells
				.map((cell) => (cell.includes(separator) || cell.includes('"') ? `"${cell.replaceAll('"', '""')}"` : cell))
				.join(separator),
		)
		.join("\r\n");

it.each([[","], [";"], ["\t"], ["|"]])(
	"a table with %j between its cells, with and without a byte order mark",
	(separator) => {
		for (const bom of ["", "\ufeff", "UTF-16"]) {
			const bytes = bom === "UTF-16" ? utf16(`\ufeff${rows(separator)}`) : strToU8(bom + rows(separator));
			const read = readAll({ "table.csv": bytes });
			expect(read.faults).toEqual([]);
			expect(read.quizzes).toEqual([["table", ["One", "Two"]]]);
			expect(of(read)[0]).toMatchObject([
				{ question: "Which?", options: ["x", "y", "z"], correctAnswer: 1, marks: 2 },
				{ type: "multiple_choice", correct_answers: [0, 2] },
				{ options: ["red", "green", "blue"], correctAnswer: 1 },
				{ type: "numeric", correct: "2.5", tolerance: "0.1", tolerance_kind: "relative" },
				{ type: "true_false", correct: false },
				{ type: "short_text", accepted: ["one, two", "1, 2"] },
				{ type: "matching", marks: 2 },
				{ type: "ordering", items: ["late", "early"], correct_order: [1, 0] },
			]);
			expect(read.reports.slice(8).map(({ status, reason }) => `${status}: ${reason}`)).toEqual([
				expect.stringMatching(/^skipped: What is right can be a number, a letter or a text/),
				expect.stringMatching(/^skipped: What is right is none of its options/),
			]);
		}
	},
);

function utf16(content: string): Uint8Array {
	const units = Uint16Array.from(content, (char) => char.charCodeAt(0));
	return new Uint8Array(units.buffer);
}

it("a comma is the point of numbers where semicolons separate cells, with a word; and nowhere else", () => {
	const read = (separator: string) =>
		of(
			readAll({ "t.csv": `question${separator}type${separator}correct\nHow much?${separator}number${separator}"2,5"` }),
		);
	expect(read(";")).toMatchObject([[{ correct: "2.5" }], [expect.stringMatching(/^degraded: Its comma/)]]);
	expect(read(",")).toEqual([[], [expect.stringMatching(/^skipped: Not a number: 2,5/)]]);
});

it("a table says which columns it does not know, and skips rows that do not fit it", () => {
	const [found, said] = of(readAll({ "t.csv": "question,correct,author\nOne?,a,me\nTwo?,b\nThree?,c,,more" }));
	expect(found).toMatchObject([{ question: "One?" }, { question: "Two?" }]);
	expect(said).toEqual([
		'degraded: Its column "author" was left out.',
		"imported",
		"skipped: It has more cells than there are headers.",
	]);
	expect(readAll({ "t.csv": "question,correct,correct\nOne?,a,b" }).reports).toMatchObject([
		{ status: "skipped", reason: "Two columns are its correct." },
	]);
});

it("a workbook: cells of all kinds, values of formulas with a word, dates and errors never", () => {
	const shared =
		'<sst><si><t>Shared?</t></si><si><r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>3</t></r></si></sst>';
	const styles =
		'<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>';
	const bytes = workbook(
		[
			["My questions"],
			["Question", "Correct", "Option 1", "Option 2"],
			['<c t="s"><v>0</v></c>', "1", '<c t="s"><v>1</v></c>', "<c><v>103</v></c>"],
			["Sum?", "<c><f>1+1</f><v>4.2000000000000002</v></c>"],
			["When?", '<c s="1"><v>45321</v></c>'],
			["Broken?", '<c t="e"><v>#REF!</v></c>'],
			["True?", '<c t="b"><v>1</v></c>'],
		],
		{ "xl/sharedStrings.xml": shared, "xl/styles.xml": styles, "xl/vbaProject.bin": "macro" },
	);
	const read = readAll({ "book.xlsm": bytes });
	expect(of(read)[0]).toMatchObject([
		{ question: "Shared?", options: ["10³", "103"], correctAnswer: 0 },
		{ question: "Sum?", type: "numeric", correct: "4.2" },
		{ question: "True?", type: "true_false", correct: true },
	]);
	expect(read.reports.map(({ status, place, reason }) => `${place}: ${status}: ${reason}`)).toEqual([
		"row 3: degraded: The workbook has macros; they were not looked at.",
		expect.stringMatching(/^row 4: degraded: A cell of it is a formula/),
		expect.stringMatching(/^row 5: skipped: A cell of it is a date/),
		expect.stringMatching(/^row 6: skipped: A cell of it is an error/),
		expect.stringMatching(/^row 7: degraded: The workbook has macros/),
	]);
});

it("a spreadsheet of Kahoot, with its instructions above the headers", () => {
	const headers = [
		"",
		"Question - max 120 characters",
		"Answer 1 - max 75 characters",
		"Answer 2 - max 75 characters",
		"Answer 3 - max 75 characters",
		"Answer 4 - max 75 characters",
		"Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
		"Correct answer(s) - choose at least one",
	];
	const read = readAll({
		"kahoot.xlsx": workbook([
			["Quiz template"],
			[],
			headers,
			["1", "Which?", "a", "b", "", "", "20", "2"],
			["2", "Which ones?", "a", "b", "c", "", "20", "1,3"],
		]),
	});
	expect(of(read)[0]).toMatchObject([
		{ options: ["a", "b"], correctAnswer: 1 },
		{ type: "multiple_choice", options: ["a", "b", "c"], correct_answers: [0, 2] },
	]);
});

it("what the Open Trivia Database gives, in both of its ways to write texts", () => {
	const result = (question: string, more = {}) => ({
		type: "multiple",
		difficulty: "hard",
		category: "Art &amp; More",
		question,
		correct_answer: "Caf&eacute;",
		incorrect_answers: ["Tea", "Milk"],
		...more,
	});
	const read = readAll({
		"trivia.json": JSON.stringify({
			response_code: 0,
			results: [
				result("What is &quot;this&quot;?"),
				result("Is%20it%3F", {
					type: "boolean",
					correct_answer: "True",
					incorrect_answers: ["False"],
					category: "Art%20%26%20More",
				}),
			],
		}),
	});
	expect(read.quizzes).toEqual([["trivia", ["Art & More"]]]);
	const [first, second] = read.questions;
	expect(first).toMatchObject({ question: 'What is "this"?' });
	expect(first && "options" in first && first.options[(first as { correctAnswer: number }).correctAnswer]).toBe("Café");
	expect(second).toMatchObject({ question: "Is it?", type: "true_false", correct: true });
});

it("cards of Quizlet, where it is said that they are some", () => {
	const [found, said] = of(readAll({ "cards.txt": "hola\thello\nadiós\tbye\nalone" }, "quizlet"));
	expect(found).toMatchObject([
		{ question: "hello", accepted: ["hola"] },
		{ question: "bye", accepted: ["adiós"] },
	]);
	expect(said).toEqual([
		expect.stringMatching(/^degraded: A card/),
		expect.stringMatching(/^degraded/),
		expect.stringMatching(/^skipped: No term/),
	]);
	expect(readAll({ "cards.txt": "hola\thello" }).faults).toEqual([expect.stringContaining("no format that is known")]);
});

// ---- bad archives ----

/** A directory that says of its entry what is not so. */
function lying(change: (bytes: Uint8Array, directory: number) => void): Uint8Array {
	const bytes = zip({ "a.gift": "Q {T}" });
	const directory = bytes.findIndex(
		(_, at) => bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 1 && bytes[at + 3] === 2,
	);
	change(bytes, directory);
	return bytes;
}

/** Two files, of which the directory says that they are another number. */
function counting(count: number): Uint8Array {
	const bytes = zip({ "a.gift": "Q {T}", "b.gift": "Q {F}" });
	bytes.set([count & 255, count >> 8, count & 255, count >> 8], bytes.length - 14);
	return bytes;
}

const set32 = (at: number, value: number) => (bytes: Uint8Array, directory: number) =>
	new DataView(bytes.buffer).setUint32(directory + at, value, true);

it.each<[string, () => Uint8Array, RegExp]>([
	["an encrypted file", () => lying((bytes, at) => bytes.set([1], at + 8)), /encrypted/],
	["a name outside of it", () => zip({ "../../etc/passwd.xml": "<a/>" }), /outside of it/],
	["a name from the root", () => zip({ "/etc/a.xml": "<a/>" }), /outside of it/],
	["a name of another drive", () => zip({ "C:\\a.xml": "<a/>" }), /outside of it/],
	["a bomb", () => zip({ "a.xml": new Uint8Array(20_000_000) }), /200 to 1/],
	[
		"a file beyond the limit",
		() => lying(set32(24, ZIP_ENTRY_BYTES_MAX + 1)),
		new RegExp(`at most ${ZIP_ENTRY_BYTES_MAX}`),
	],
	["a file that says that it is smaller", () => lying(set32(24, 2)), /broken in its archive/],
	["a file that says that it is larger", () => lying(set32(24, 50)), /broken in its archive/],
	["a cut in the middle", () => zip({ "a.gift": "Q {T}" }).slice(0, 60), /broken or cut/],
	["more entries than are taken", () => counting(ZIP_ENTRIES_MAX + 1), new RegExp(`${ZIP_ENTRIES_MAX + 1} entries`)],
	[
		"more entries than its directory can count",
		() => lying((bytes) => bytes.fill(0xff, bytes.length - 14, bytes.length - 10)),
		/more than 10000 entries/,
	],
	["a directory that says it has fewer", () => counting(1), /broken or cut/],
	["no questions", () => zip({ "a.png": "x", "readme.html": "<p>x</p>" }), /no questions/],
	["nothing", () => zip({}), /no questions/],
])("an archive with %s is refused with its reason", (_, make, reason) => {
	const { faults, questions, reports } = readAll({ "a.zip": make() });
	expect(questions).toEqual([]);
	expect([...faults, ...reports.map((report) => report.reason)].join()).toMatch(reason);
});

it("an entity that stands for a file, or for another entity, is not read", () => {
	const xxe =
		'<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz><question type="truefalse"><name><text>&x;</text></name></question></quiz>';
	expect(readAll({ "a.xml": xxe }).reports).toMatchObject([
		{ status: "skipped", reason: expect.stringMatching(/Document type/) },
	]);
	expect(readAll({ "a.zip": zip({ "b.xml": xxe, "c.xml": qti2("C1", "A") }) }).questions.map(({ id }) => id)).toEqual([
		"C1",
	]);
});

it.each([
	[
		"a table with a million columns",
		{ "a.csv": `question,correct${",x".repeat(1_000_000)}\n` },
		/more than 200 columns/,
	],
	["a table whose quotation marks do not match", { "a.csv": 'question,correct\n"One?,a\nTwo?,b' }, /quotation mark/],
	["a workbook that is cut", { "a.xlsx": zip({ "xl/workbook.xml": "<workbook><sheets>" }) }, /not XML/],
	[
		"a workbook that names a sheet that is not there",
		{
			"a.xlsx": zip({
				"xl/workbook.xml": '<workbook xmlns:r="r"><sheet name="x" r:id="a"/></workbook>',
				"xl/_rels/workbook.xml.rels": "<Relationships/>",
			}),
		},
		/has no/,
	],
	["a picture under the name of a text", { "a.gift": new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]) }, /NUL/],
	["text of no kind", { "a.txt": "Just a letter." }, /no format that is known/],
])("%s is refused, and the other files are read", (_, files, reason) => {
	const read = readAll({ ...files, "good.gift": "Good? {T}" });
	expect(read.faults.join()).toMatch(reason);
	expect(read.questions).toMatchObject([{ question: "Good?" }]);
});
