import { expect, it } from "vitest";
import { RESPONSE_TEXT_CHARS_MAX } from "../../src/domain/attempts/limits.ts";
import { compose } from "../../src/domain/interchange/compose.ts";
import type { FileFormat } from "../../src/domain/interchange/formats.ts";
import { readGift } from "../../src/domain/interchange/gift-read.ts";
import { XML_ELEMENTS_MAX } from "../../src/domain/interchange/limits.ts";
import { readMoodleXml } from "../../src/domain/interchange/moodle-xml-read.ts";
import { readQti } from "../../src/domain/interchange/qti-read.ts";
import { readFiles } from "../../src/domain/interchange/read-files.ts";
import { readXml } from "../../src/domain/interchange/xml.ts";
import { REQUEST_BODY_BYTES_MAX } from "../../src/domain/limits.ts";
import { quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import { isAccepted } from "../../src/domain/quizzes/short-texts.ts";
import { sectionsIn, unnamed } from "../lib/documents.ts";

/**
 * Reading takes time linear in the text, whatever it is made of. Here and not in the Workers runtime, whose clock stands
 * still while code runs.
 */

const CHARS = 300_000;
/** Linear time is some 50 ms; quadratic time would be a minute and more. */
const TIME_MS_MAX = 2_000;

const long = (pattern: string) => pattern.repeat(Math.ceil(CHARS / pattern.length));

/** Time of this thread alone: how busy the machine is has no part in it. */
function timed(read: () => void): number {
	const started = process.threadCpuUsage();
	read();
	const { user, system } = process.threadCpuUsage(started);
	return (user + system) / 1_000;
}

const HTML = [
	"<",
	"<a",
	"<a>",
	"<!--",
	"<!",
	"&",
	"&#",
	"&#x",
	"&amp;",
	"<script>",
	"<b></b>",
	"<b=",
	"<b x=",
	"<b and ",
	"<sup>",
	"<sup>1</sup>",
	"<sub><sup>",
	"</sup>",
	"<math>",
	"<math><mn>1</mn></math>",
	"</math>",
	"<mn>1",
	"<img alt='",
	"<img alt=a>",
	"alt=",
	"&NotEqualTilde;",
	"&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];
const GIFT = [
	"{",
	"}",
	"~",
	"=",
	"#",
	"\\",
	"\\\\",
	"-> ",
	"=a->b",
	"// \n",
	"::",
	":",
	"%",
	"%1",
	"[html]",
	"####",
	"*",
	"\\*",
	"%1,",
	"%-5 %",
	"// [tag:a]\n",
	"[tag:",
	":MC:",
	"$CATEGORY: /\n",
	"/",
	"a",
	" ",
	"\n",
	"\r",
	"Q {",
	"Q {}\n",
	"Q {~",
	"{#1",
	"1..",
	"💥",
	"\u2028",
	"~%50%",
	"T",
	...HTML,
];

it.each(GIFT)("GIFT made of %j", (pattern) => {
	const text = long(pattern);
	const places = [text, `Q {${text}}`, `Q {=${text}}`, `[html]${text}{T}`, `::${text}::Q {T}`, `$CATEGORY: ${text}`];
	for (const place of [
		...places,
		`Q ${text}{T}`,
		`Q {T####${text}}`,
		`Q {#${text}}`,
		`[html]Q {~${text}}`,
		`// [id:${text}`,
	]) {
		const time_ms = timed(() => {
			const reading = readGift(place);
			if (reading.ok) compose(reading.value);
		});
		expect(time_ms).toBeLessThan(TIME_MS_MAX);
	}
});

const XML = [
	"<!",
	"<!a",
	"<!DOCTYPE a [",
	"<!ENTITY a 'b'>",
	"<?",
	"<?a ?>",
	"<![CDATA[",
	"]]>",
	"]]",
	"-",
	"--",
	"<!-- -->",
	"<a b='",
	"a='1' ",
	"<a/>",
	"</a>",
	"<qti-assessment-item/>",
	"<qti-value>1</qti-value>",
	"=",
	"'",
	'"',
	"\r\n",
	"<qti-simple-choice identifier='a'>a</qti-simple-choice>",
	"<qti-map-entry map-key='a' mapped-value='1'/>",
	"<qti-assessment-item-ref identifier='a' href='a.xml'/>",
	"<qti-text-entry-interaction/>",
	"<br/>",
	"é💥",
	"<qti-simple-associable-choice identifier='a'>a</qti-simple-associable-choice>",
	"<qti-map-entry/>",
	"a",
	" ",
	"<qti-base-value base-type='string'>a</qti-base-value>",
	"<qti-correct identifier='R'/>",
	"<qti-feedback-inline>a</qti-feedback-inline>",
	"<math><mn>1</mn></math>",
	"<mrow><mn>1</mn><mo>+</mo></mrow>",
	...HTML,
];

const item = (interaction: string, declared: string, more = "") =>
	`<qti-assessment-item identifier="a"><qti-response-declaration identifier="R" cardinality="multiple" base-type="identifier">${declared}</qti-response-declaration><qti-item-body>${interaction}</qti-item-body>${more}</qti-assessment-item>`;

const programOf = (value: string) =>
	`<qti-response-processing><qti-response-condition><qti-response-if><qti-match><qti-variable identifier="R"/>${value}</qti-match><qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">1</qti-base-value></qti-set-outcome-value></qti-response-if></qti-response-condition></qti-response-processing>`;

it.each(XML)("XML made of %j", (pattern) => {
	const text = long(pattern);
	const choice = `<qti-choice-interaction response-identifier="R">${text}</qti-choice-interaction>`;
	const match = `<qti-match-interaction response-identifier="R"><qti-simple-match-set>${text}</qti-simple-match-set><qti-simple-match-set/></qti-match-interaction>`;
	const entry = '<qti-text-entry-interaction response-identifier="R"/>';
	const places = [
		text,
		`<a>${text}</a>`,
		`<a ${text}/>`,
		`<a b="${text}"/>`,
		`<a>&${text};</a>`,
		`<a><!--${text}--></a>`,
	];
	const inItems = [
		item(choice, text),
		item(match, ""),
		item(`<p>${text}</p>${entry}`, `<qti-mapping>${text}</qti-mapping>`),
	];
	for (const document of [
		...places,
		...inItems,
		item(entry, "", `<qti-response-processing>${text}</qti-response-processing>`),
		item(choice, "", programOf(`<qti-multiple>${text}</qti-multiple>`)),
		item(entry, "", programOf(`<qti-or>${text}</qti-or>`)).replace(
			'"multiple" base-type="identifier"',
			'"single" base-type="string"',
		),
		item(`<p>${text}</p>${entry}`, `<qti-mapping>${text}</qti-mapping>`).replace('"multiple"', '"single"'),
	]) {
		const time_ms = timed(() => {
			const reading = readQti(unnamed([document]));
			if (reading.ok) compose(sectionsIn(reading));
		});
		expect(time_ms).toBeLessThan(TIME_MS_MAX);
	}
});

it.each(["multiple_choice", "ordering", "matching"])("a key of a %s that is long beyond measure is refused", (type) => {
	const indices = Array.from({ length: 200_000 }, (_, index) => index);
	const keys = { correct_answers: indices, correct_order: indices, correct_matches: indices };
	const lists = { options: ["a", "b"], items: ["a", "b"], prompts: ["a", "b"], choices: ["a", "b"] };
	const question = { id: "1", question: "Which?", type, ...keys, ...lists };
	const time_ms = timed(() => {
		const { error } = quizContentSchema.safeParse({ title: "x", subjects: [{ name: "x", questions: [question] }] });
		expect(error?.issues.map(({ code }) => code)).toContain("too_big");
	});
	expect(time_ms).toBeLessThan(TIME_MS_MAX);
});

it("a request full of items with long programs and tables", () => {
	const choices = Array.from(
		{ length: 100 },
		(_, i) => `<qti-simple-choice identifier="c${i}">${i}</qti-simple-choice>`,
	);
	const interaction = `<qti-choice-interaction response-identifier="R">${choices.join("")}</qti-choice-interaction>`;
	const member = (i: number) =>
		`<qti-member><qti-base-value base-type="identifier">c${i}</qti-base-value><qti-variable identifier="R"/></qti-member>`;
	const members = Array.from({ length: 100 }, (_, i) => member(i));
	const declared = `<qti-correct-response>${Array.from({ length: 100 }, (_, i) => `<qti-value>c${i}</qti-value>`).join("")}</qti-correct-response>`;
	const one = item(interaction, declared, programOf(`<qti-or>${members.join("")}</qti-or>`));
	const documents = Array(Math.floor(REQUEST_BODY_BYTES_MAX / one.length)).fill(one);
	const time_ms = timed(() => {
		const reading = readQti(unnamed(documents));
		if (reading.ok) compose(sectionsIn(reading));
	});
	expect(time_ms).toBeLessThan(TIME_MS_MAX);
});

it("a line full of tags", () => {
	const text = `// ${"[tag:a]".repeat(200_000)}\nQ {T}`;
	expect(timed(() => expect(readGift(text).ok).toBe(true))).toBeLessThan(TIME_MS_MAX);
});

const variable = (identifier: string) => `<qti-variable identifier="${identifier}"/>`;
const several = (list: string) => `<qti-multiple>${list}</qti-multiple>`;
const setScore = (value: string) => `<qti-set-outcome-value identifier="SCORE">${value}</qti-set-outcome-value>`;
const listed = (count: number, one: (index: number) => string) =>
	Array.from({ length: count }, (_, i) => one(i)).join("");
const CHOICES = `<qti-choice-interaction response-identifier="R">${listed(100, (i) => `<qti-simple-choice identifier="c${i}">${i}</qti-simple-choice>`)}</qti-choice-interaction>`;

it.each([
	["an outcome that doubles with each rule", "", listed(60, () => setScore(several(variable("SCORE").repeat(2))))],
	[
		"a correct response as long as the document, looked into by each condition",
		`<qti-correct-response>${listed(30_000, () => "<qti-value>x</qti-value>")}</qti-correct-response>`,
		setScore(
			`<qti-or>${listed(200, (i) => `<qti-member><qti-base-value base-type="identifier">c${i}</qti-base-value><qti-correct identifier="R"/></qti-member>`)}</qti-or>`,
		),
	],
	[
		"a table as long as the document, asked for by each operand",
		`<qti-mapping>${listed(15_000, (i) => `<qti-map-entry map-key="k${i}" mapped-value="1"/>`)}</qti-mapping>`,
		setScore(`<qti-sum>${'<qti-map-response identifier="R"/>'.repeat(400)}</qti-sum>`),
	],
])("a program of QTI is bounded, whatever it does: %s", (_, declared, rules) => {
	const document = item(CHOICES, declared, `<qti-response-processing>${rules}</qti-response-processing>`);
	const time_ms = timed(() => {
		const reading = readQti(unnamed([document]));
		expect(reading.ok && compose(sectionsIn(reading)).reports).toMatchObject([{ status: "skipped" }]);
	});
	expect(time_ms).toBeLessThan(TIME_MS_MAX);
});

it("as many documents as a request can hold", () => {
	const documents = Array(1_001).fill(`<a>${"b".repeat(1_000)}</a>`);
	expect(timed(() => void readQti(unnamed(documents)))).toBeLessThan(TIME_MS_MAX);
});

it("a text that is typed against patterns full of asterisks", () => {
	const counts = { case_sensitive: false, accent_sensitive: false, whitespace_sensitive: false };
	const pattern = (end: string) => `${"a*".repeat(499)}${end}`;
	const typed = "a".repeat(RESPONSE_TEXT_CHARS_MAX);
	const time_ms = timed(() => {
		const patterns = Array.from({ length: 50 }, () => pattern("b"));
		expect(isAccepted(typed, patterns, counts, true)).toBe(false);
		expect(isAccepted(typed, [pattern("a")], counts, true)).toBe(true);
	});
	expect(time_ms).toBeLessThan(TIME_MS_MAX);
});

const moodleOf = (inside: string) =>
	`<quiz><question type="shortanswer"><questiontext><text>Q</text></questiontext>${inside}</question></quiz>`;
const answersOf = (text: string) => `<answer fraction="100"><text>${text}</text></answer>`;

it.each<[string, string, FileFormat]>([
	["patterns of Moodle's XML", moodleOf(listed(100, (i) => answersOf(`${"a*".repeat(400)}${i}`))), "moodle"],
	[
		"files within Moodle's XML",
		moodleOf(
			`<questiontext><text>${"&lt;img src='@@PLUGINFILE@@/a.png'&gt;".repeat(2_000)}</text>${listed(2_000, () => '<file name="b.png" path="/" encoding="base64">AAAA</file>')}</questiontext>`,
		),
		"moodle",
	],
	[
		"conditions of QTI 1.2 within each other",
		`<questestinterop><item><presentation><response_lid ident="r"><render_choice><response_label ident="a"/></render_choice></response_lid></presentation><resprocessing>${listed(100, (i) => `<respcondition><conditionvar>${"<or>".repeat(40)}<varequal respident="r">${i}</varequal>${"</or>".repeat(40)}</conditionvar><setvar>${i}</setvar></respcondition>`)}</resprocessing></item></questestinterop>`,
		"qti",
	],
	["options of Aiken on many lines", `Q\n${"A) x\n".repeat(20_000)}ANSWER: A`, "aiken"],
	["lines of Aiken that go on with an option", `Q\nA) x\n${"more\n".repeat(40_000)}ANSWER: A`, "aiken"],
	["quotation marks of a table", `question,correct\n${'"a""'.repeat(60_000)}`, "csv"],
	["bars in a cell of a table", `question,type,correct\nQ,number,${"1|".repeat(100_000)}`, "csv"],
	["separators in a cell of a table", `question,correct,option 1,option 2\nQ,"${";".repeat(200_000)}",a,b`, "csv"],
	["blanks in a cell of a table", `question,correct,option 1,option 2\nQ,"a${" ".repeat(300_000)}b",a,b`, "csv"],
	["blanks in a tolerance", `question,type,correct,tolerance\nQ,number,1,"5${" ".repeat(300_000)}x"`, "csv"],
	["tabs of cards", `a\tb${"\t".repeat(300_000)}`, "quizlet"],
	["brackets that are no format", "[".repeat(300_000), "json"],
])("a file of any format takes time linear in it: %s", (_, text, format) => {
	const bytes = new TextEncoder().encode(text);
	const time_ms = timed(() => {
		for (const as of [format, null])
			for (const { sections } of readFiles([{ name: "a", bytes }], as).quizzes) compose(sections);
	});
	expect(time_ms).toBeLessThan(2 * TIME_MS_MAX);
});

it("elements that are parsed at once go up to their limit; a file of Moodle may have more, and names lines of it", () => {
	const wide = (count: number) => `<a>${"<b/>".repeat(count)}</a>`;
	expect(readXml(wide(XML_ELEMENTS_MAX - 1)).ok).toBe(true);
	expect(readXml(wide(XML_ELEMENTS_MAX))).toMatchObject({
		ok: false,
		faults: [{ detail: expect.stringContaining("elements") }],
	});
	const question =
		'<question type="truefalse"><questiontext><text>Q</text></questiontext><answer fraction="100"><text>true</text></answer></question>\n';
	const many = `<quiz>\n<!-- </quiz> -->\n${question.repeat(9_000)}<question type="truefalse"><x/></question><question><a></question></quiz>`;
	const reading = readMoodleXml(many);
	expect(reading).toMatchObject({ ok: false, faults: [{ line: 9_003 }] });
	const whole = readMoodleXml(many.replace("<question><a></question>", ""));
	expect(whole.ok && compose(whole.value).reports.filter(({ status }) => status === "imported")).toHaveLength(9_000);
	for (const cut of [many.slice(0, 500), many.slice(0, -3), "<quiz>", "<quiz"])
		expect(readMoodleXml(cut).ok).toBe(false);
});
