import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { app } from "../../src/api/app.ts";
import { openApiDocument } from "../../src/api/http/openapi.ts";
import {
	ACCEPTED_TEXTS_MAX,
	CHOICES_MAX,
	MARKS_MAX,
	OPTION_CHARS_MAX,
	OPTIONS_MAX,
	QUESTION_ID_CHARS_MAX,
	QUESTION_TEXT_CHARS_MAX,
	QUIZ_DESCRIPTION_CHARS_MAX,
	QUIZ_QUESTIONS_MAX,
	QUIZ_SUBJECTS_MAX,
	QUIZ_TAG_CHARS_MAX,
	QUIZ_TAGS_MAX,
	QUIZ_TITLE_CHARS_MAX,
} from "../../src/domain/quizzes/limits.ts";
import { QUESTION_TYPES, type QuestionType } from "../../src/domain/quizzes/questions.ts";
import { quizContentSchema, shownContent } from "../../src/domain/quizzes/quiz.ts";
import { quizzes } from "../lib/interchange-quizzes.ts";

/** The document shows a draft by another schema than the one that reads it: that the two are one, member by member. */

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Path = (string | number)[];

const { components } = JSON.parse(
	JSON.stringify(openApiDocument(app)).replaceAll("#/components/schemas/", "#/$defs/"),
) as { components: { schemas: Record<string, object> } };
const draftSchema = z.fromJSONSchema({ $ref: "#/$defs/QuizDraft", $defs: components.schemas } as never);

const options = ["a", "b", "c"];
const head = {
	id: "q",
	question: "?",
	marks: 2,
	hint: "h",
	explanation: "e",
	image: { media: "0".repeat(64), alt: "What it shows" },
};
/** A question of each type with all members that it may have. */
const FULL: Record<QuestionType, { [name: string]: Json }> = {
	single_choice: { ...head, type: "single_choice", options, correctAnswer: 1 },
	multiple_choice: { ...head, type: "multiple_choice", options, correct_answers: [0, 2], scoring: "partial" },
	true_false: { ...head, type: "true_false", correct: false },
	numeric: { ...head, type: "numeric", correct: "1.50", tolerance: 0.1, tolerance_kind: "relative" },
	short_text: {
		...head,
		type: "short_text",
		accepted: ["x", "y"],
		case_sensitive: true,
		accent_sensitive: false,
		whitespace_sensitive: true,
	},
	ordering: { ...head, type: "ordering", items: options, correct_order: [2, 0, 1] },
	matching: { ...head, type: "matching", prompts: ["p", "q"], choices: options, correct_matches: [2, 2] },
};

const quizOf = (...questions: Json[]): { [name: string]: Json } => ({
	title: "t",
	description: "d",
	tags: ["a", "b"],
	source: "ai",
	difficulty: "expert",
	thumbnail: "f".repeat(64),
	pass_percentage: 60,
	settings: { attempts_max: 3, question_marks: "hidden", count_author: true },
	subjects: [{ name: "s", questions }],
});

const FULL_QUIZZES = QUESTION_TYPES.map((type) => [type, quizOf(FULL[type])] as const);

/** What stands in several members, or in the digits of a number, which no schema of a member can say. */
const UNSAYABLE =
	/already that of|^Equal to|^Must be an index|stands at \d+ already|^Must have one entry|^Nothing is left|^It accepts any text|^A quiz has at most \d+ questions|^must be a number or its decimal text/;

/**
 * Whether the quiz is taken by both or refused by both. What is wrong only in a way that the document cannot say is refused, whether the
 * document takes it or not.
 */
function verdict(quiz: unknown): "taken" | "refused" | "refused by the domain alone" | "refused by the document alone" {
	const document = draftSchema.safeParse(quiz).success;
	const faults = quizContentSchema.safeParse(quiz).error?.issues ?? [];
	if (faults.length === 0) return document ? "taken" : "refused by the document alone";
	const isUnsayable = faults.every(({ code, message }) => code === "custom" && UNSAYABLE.test(message));
	return document && !isUnsayable ? "refused by the domain alone" : "refused";
}

const BOTH = /^(taken|refused)$/;

/** The path of every member and item, that of the quiz itself first. */
function pathsIn(value: Json, at: Path = []): Path[] {
	if (typeof value !== "object" || value === null) return [at];
	const inner = Array.isArray(value) ? value.map((item, i) => [i, item] as const) : Object.entries(value);
	return [at, ...inner.flatMap(([name, member]) => pathsIn(member, [...at, name]))];
}

/** A copy of the quiz with what `change` makes of the member at the path; undefined takes it out. */
function changed(quiz: Json, [name, ...rest]: Path, change: (value: Json) => Json | undefined): Json | undefined {
	if (name === undefined) return change(quiz);
	const copy = structuredClone(quiz) as { [name: string]: Json };
	const member = changed(copy[name] as Json, rest, change);
	if (member === undefined) delete copy[name];
	else copy[name] = member;
	return copy;
}

/** Values that are wrong in most places, and right in some. */
const VALUES: Json[] = [
	null,
	true,
	0,
	-1,
	0.5,
	-0.5,
	3,
	1e6,
	1e49,
	1e50,
	Number.MAX_SAFE_INTEGER,
	2 ** 53,
	"",
	" ",
	"\u00a0\ufeff\n",
	"x",
	"x y",
	"ä",
	"12",
	"-1.5e3",
	" +.5 ",
	"1.",
	".",
	"1,5",
	"0x1",
	"__proto__",
	"single_choice",
	"absolute",
	"shown",
	"F".repeat(64),
	"0".repeat(63),
	[],
	[0],
	[null],
	["x"],
	["x", " "],
	["x", "y"],
	[0, -1],
	[0, 0.5],
	{},
	{ unknown: 1 },
];

/** Of texts and lists: as long as they may be, and longer by one. */
const LENGTHS = [
	QUESTION_ID_CHARS_MAX,
	QUIZ_TAG_CHARS_MAX,
	QUIZ_TITLE_CHARS_MAX,
	OPTION_CHARS_MAX,
	QUIZ_DESCRIPTION_CHARS_MAX,
	QUESTION_TEXT_CHARS_MAX,
	OPTIONS_MAX,
	ACCEPTED_TEXTS_MAX,
	CHOICES_MAX,
	QUIZ_TAGS_MAX,
	QUIZ_SUBJECTS_MAX,
	MARKS_MAX,
].flatMap((length) => [length, length + 1]);

describe.each(FULL_QUIZZES)("a draft with a question of %s", (type, quiz) => {
	// What is around the question is the same for all types.
	const paths = pathsIn(quiz).filter((path) => type === "single_choice" || path.length > 3);

	it("is taken by the document as by the domain, with all members and without those that may be left out", () => {
		expect(verdict(quiz)).toBe("taken");
		for (const path of paths) {
			const without = changed(quiz, path, () => undefined);
			// The one difference there is: code generators make no union of questions of which one needs no type.
			const isType = path.at(-1) === "type" && path.length === 5;
			if (isType && type === "single_choice") expect(verdict(without)).toBe("refused by the document alone");
			else expect(verdict(without), path.join("/")).toMatch(BOTH);
		}
	});

	it("is refused by both with a member that there is not, wherever", () => {
		for (const path of paths) {
			const more = changed(quiz, path, (value) =>
				typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value, unknown: 1 } : value,
			);
			const isObject = JSON.stringify(more) !== JSON.stringify(quiz);
			expect(verdict(more), path.join("/")).toBe(isObject ? "refused" : "taken");
		}
	});

	it("is taken or refused by both with any value in any place", () => {
		for (const path of paths) {
			for (const value of VALUES) {
				const other = changed(quiz, path, () => value);
				expect(verdict(other), `${path.join("/")}: ${JSON.stringify(value)}`).toMatch(BOTH);
			}
		}
	});

	it("is taken or refused by both with texts and lists of any length", () => {
		for (const path of paths) {
			for (const length of LENGTHS) {
				const other = changed(quiz, path, (value) => {
					if (typeof value === "string") return "1".repeat(length);
					if (Array.isArray(value)) return Array.from({ length }, () => value[0] ?? null);
					return typeof value === "number" ? length : value;
				});
				expect(verdict(other), `${path.join("/")} of ${length}`).toMatch(BOTH);
			}
		}
	});
});

it("questions of all types stand beside one another; a subject has as many as a quiz may have, and not one more", () => {
	expect(verdict(quizOf(...QUESTION_TYPES.map((type) => ({ ...FULL[type], id: type }))))).toBe("taken");
	const many = (count: number) => quizOf(...Array.from({ length: count }, (_, id) => ({ ...FULL.true_false, id })));
	expect(verdict(many(QUIZ_QUESTIONS_MAX))).toBe("taken");
	expect(draftSchema.safeParse(many(QUIZ_QUESTIONS_MAX + 1)).success).toBe(false);
});

it("any quiz that the domain takes is taken by the document", () => {
	fc.assert(
		fc.property(quizzes, (content) => {
			expect(verdict(shownContent(content))).toBe("taken");
		}),
	);
});
