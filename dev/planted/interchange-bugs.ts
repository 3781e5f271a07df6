import { type PlantedBug, testsOf } from "./bug.ts";

const keys = testsOf("test/domain/interchange-keys.test.ts");

/** What questions of other systems become. */
export const INTERCHANGE_BUGS: readonly PlantedBug[] = [
	{
		name: "feedback-in-its-place",
		property: "answer key",
		what: "feedback within a text of QTI stays where takers read it",
		file: "src/domain/interchange/qti-text.ts",
		search: "told.feedback.push(textIn(element, told));\n\t\treturn false;",
		replace: "return true;",
		caughtBy: keys("feedback of a choice", "feedback in a prompt", "feedback of entries to match"),
	},
	{
		name: "rubric-for-everybody",
		property: "answer key",
		what: "a rubric of QTI is shown to takers whoever it is for",
		file: "src/domain/interchange/qti-text.ts",
		search: 'return views.includes("candidate") &&',
		replace: "return views.length > 0 &&",
		caughtBy: keys("a rubric for scorers", "a rubric that says not for whom"),
	},
	{
		name: "correct-response-believed",
		property: "imports",
		what: "a program of QTI is not carried out: what the item calls correct is the key",
		file: "src/domain/interchange/qti-scoring.ts",
		search: "return { ...found, scoreOf: programOf(processing, reading) };",
		replace: "programOf(processing, reading);\n\t\treturn byKey;",
		caughtBy: keys("another choice than the correct one earns the score", "the score by another outcome", "a range"),
	},
	{
		name: "weights-added-without-bound",
		property: "imports",
		what: "options of which a part is worth all of the marks must all be chosen",
		file: "src/domain/interchange/weights.ts",
		search: "if (more.length > 0 && isFull(total - Math.min(first, ...more))) throw new Skip(PART_IS_ENOUGH);",
		replace: "",
		caughtBy: keys("two of three boxes are enough"),
	},
	{
		name: "parts-of-one-mark",
		property: "imports",
		what: "a question whose parts count keeps fewer hundredths than parts, so that no part counts",
		file: "src/domain/interchange/marks.ts",
		search: "if (marks !== null && hundredthsOf(marks) >= parts) {",
		replace: "if (marks !== null) {",
		caughtBy: keys("halves of a hundredth"),
	},
	{
		name: "pattern-taken-literally",
		property: "imports",
		what: "an asterisk of GIFT that stands for any text is taken for an asterisk",
		file: "src/domain/interchange/moodle-answers.ts",
		search: "const wildcards = full.some(({ text }) => WILDCARD.test(text));",
		replace: "const wildcards = false;",
		caughtBy: keys("patterns alone", "a pattern among texts, and an asterisk"),
	},
];
