import fc from "fast-check";
import { expect, it } from "vitest";
import { compose } from "../src/domain/interchange/compose.ts";
import { productOf } from "../src/domain/interchange/decimals.ts";
import { readGift } from "../src/domain/interchange/gift-read.ts";
import { writeGift } from "../src/domain/interchange/gift-write.ts";
import type { Question } from "../src/domain/questions.ts";
import { pairsOf, quizzes, simplified } from "./interchange-quizzes.ts";

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
			return { ...common, options: question.options, correctAnswer: question.correctAnswer };
		case "multiple_choice": {
			const { type, options, correct_answers, scoring } = question;
			const right = [...correct_answers].sort((a, b) => a - b);
			const allRight = right.length === options.length;
			const isPartial = allRight || (scoring === "partial" && right.length > 1);
			return { ...common, type, options, correct_answers: right, ...(isPartial && { scoring: "partial" }) };
		}
		case "true_false":
			return { ...common, type: question.type, correct: question.correct };
		case "numeric": {
			const { type, correct, tolerance = "0", tolerance_kind } = question;
			const absolute = tolerance_kind === "relative" ? productOf(correct, tolerance) : tolerance;
			return { ...common, type, correct, ...(absolute !== "0" && { tolerance: absolute }) };
		}
		case "short_text":
			return { ...common, type: question.type, accepted: question.accepted.map(arrows) };
		case "ordering": {
			const places = question.items.map((_, index) => String(index + 1));
			const matches = question.items.map((_, index) => question.correct_order.indexOf(index));
			return { ...common, type: "matching", ...pairsOf(question.items.map(arrows), places, matches) };
		}
		case "matching": {
			const { type, prompts, choices, correct_matches } = question;
			return { ...common, type, ...pairsOf(prompts.map(arrows), choices.map(arrows), correct_matches) };
		}
	}
}
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
		{ numRuns: 300 },
	);
});
