import fc from "fast-check";
import { expect, it } from "vitest";
import { compose } from "../src/domain/interchange/compose.ts";
import { laidOut } from "../src/domain/interchange/plain-text.ts";
import { readQti } from "../src/domain/interchange/qti-read.ts";
import { writeQti } from "../src/domain/interchange/qti-write.ts";
import { xmlText } from "../src/domain/interchange/xml.ts";
import type { Question } from "../src/domain/questions.ts";
import { quizzes, simplified } from "./interchange-quizzes.ts";

function imported(...documents: string[]) {
	const reading = readQti(documents);
	if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
	return { title: reading.title, ...compose(reading.sections) };
}

/** What means the same is written the same: defaults are left out, and so are orders that say nothing. */
function inQti(question: Question): object {
	switch (question.type) {
		case "multiple_choice": {
			const { scoring, correct_answers, ...rest } = question;
			const sorted = [...correct_answers].sort((a, b) => a - b);
			// With one right option among wrong ones, all or nothing and partial are the same.
			const isPartial = scoring === "partial" && !(sorted.length === 1 && question.options.length > 1);
			return { ...rest, correct_answers: sorted, ...(isPartial && { scoring }) };
		}
		case "numeric": {
			const { tolerance = "0", tolerance_kind, ...rest } = question;
			if (tolerance === "0") return rest;
			return { ...rest, tolerance, ...(tolerance_kind === "relative" && { tolerance_kind }) };
		}
		case "short_text": {
			const { case_sensitive, accent_sensitive, whitespace_sensitive, ...rest } = question;
			const flags = { case_sensitive, accent_sensitive, whitespace_sensitive };
			return { ...rest, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value === true)) };
		}
		case "single_choice": {
			const { type: _, ...rest } = question;
			return rest;
		}
		default:
			return question;
	}
}

it("a quiz written as QTI and read again is the same, up to white space and what XML cannot hold", () => {
	fc.assert(
		fc.property(quizzes, (content) => {
			const text = (one: string) => laidOut(xmlText(one));
			const { title, subjects, reports } = imported(writeQti(content));
			expect(reports.filter(({ status }) => status === "skipped")).toEqual([]);
			expect(title).toBe(xmlText(content.title).trim());
			expect(simplified({ subjects }, inQti, text)).toEqual(simplified(content, inQti, text));
		}),
		{ numRuns: 300 },
	);
});
