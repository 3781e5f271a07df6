import { expect } from "vitest";
import { score } from "../../src/domain/attempts/scoring.ts";
import { compose } from "../../src/domain/interchange/compose.ts";
import { readGift } from "../../src/domain/interchange/gift-read.ts";
import { readQti } from "../../src/domain/interchange/qti-read.ts";
import type { QuestionReport } from "../../src/domain/interchange/report.ts";
import { keyOf, shownQuestion } from "../../src/domain/quizzes/answer-keys.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";

/** What somebody answers, in the texts of the question: an option, several, a text or number, pairs by their prompts. */
type Given = string | boolean | readonly string[] | Readonly<Record<string, string>>;

/**
 * An answer, and the share of the marks that it earns where the source comes from, worked out by hand from the
 * documentation of Moodle or QTI; then what it earns here, where that is something else.
 */
export type Earned = readonly [given: Given, there: number, here?: number];

/** A source of one question and what must come of it. */
export type Case = readonly [
	name: string,
	source: string,
	/** Why it is degraded or skipped; null where it says what it said. */
	reason: RegExp | null,
	/** Empty where it is skipped. */
	earned: readonly Earned[],
	/** Marks, where they are not 1. */
	marks?: number,
];

/** Stands in what takers must not see before they have answered. */
export const SECRET = "Psst!";

const listed = (given: Given): readonly string[] => (Array.isArray(given) ? given : [String(given)]);

/** What a taker sends who means this. */
function responseTo(question: Question, given: Given): unknown {
	const within = (list: readonly string[], text: string) => {
		const index = list.indexOf(text);
		if (index < 0) throw new Error(`There is no ${text} in ${list.join(" | ")}`);
		return index;
	};
	switch (question.type) {
		case undefined:
		case "single_choice":
			return within(question.options, listed(given).join());
		case "multiple_choice":
			return listed(given).map((text) => within(question.options, text));
		case "ordering":
			return listed(given).map((text) => within(question.items, text));
		case "matching":
			return question.prompts.map((prompt) => {
				const choice = new Map(Object.entries(given)).get(prompt);
				return choice === undefined ? null : within(question.choices, choice);
			});
		default:
			return given;
	}
}

function shareOf(question: Question, given: Given): number {
	const quiz = { quiz: "quz_1", version: "v", version_number: 1, pass_percentage: 50 };
	const { score: earned, max_score } = score(
		{ ...quiz, questions: [keyOf(question)] },
		new Map([[question.id, responseTo(question, given)]]),
	);
	return earned / max_score;
}

export function imported(source: string): { report: QuestionReport; question: Question | undefined } {
	const reading = source.startsWith("<") ? readQti([{ name: null, text: source }]) : readGift(source);
	if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
	const { subjects, reports } = compose(
		"quizzes" in reading ? reading.quizzes.flatMap(({ sections }) => sections) : reading.value,
	);
	const [report, ...more] = reports;
	if (!report || more.length > 0) throw new Error(`${reports.length} questions`);
	return { report, question: subjects[0]?.questions[0] };
}

/** Asserts that the question is right, or says why it is not. */
export function expectCase([, source, reason, earned, marks = 1]: Case): void {
	const { report, question } = imported(source);
	const says = report.reason === null ? null : expect.stringMatching(reason ?? /never/);
	expect({ ...report, earned: report.status === "skipped" ? [] : earned.map(([given]) => given) }).toMatchObject({
		status: earned.length === 0 ? "skipped" : reason === null ? "imported" : "degraded",
		reason: reason === null ? null : says,
		earned: earned.map(([given]) => given),
	});
	if (!question) return;
	expect(question.marks).toBe(marks);
	const here = earned.map(([given]) => [given, Number(shareOf(question, given).toFixed(3))]);
	expect(here).toEqual(earned.map(([given, there, instead = there]) => [given, instead]));
	// What is not as it was is never called imported.
	if (earned.some(([, there, instead = there]) => there !== instead)) expect(report.status).toBe("degraded");
	expect(JSON.stringify(shownQuestion(question))).not.toContain(SECRET);
	if (source.includes(SECRET)) expect(question.explanation ?? SECRET).toContain(SECRET);
}

/** The one thing that is said though every answer earns its share: the marks are others. */
const OTHER_MARKS = /^It is worth \d+ here and not [\d.]+, so that parts of it count\.$/;

/**
 * Asserts that each selection earns the share that it earns where the source comes from, unless the report says that it does
 * not; and that the key is a selection that earns the most there.
 */
export function expectSame(
	source: string,
	selections: readonly string[][],
	shareThere: (of: string[]) => number,
): void {
	const { report, question } = imported(source);
	if (!question) return;
	const alike = report.reason === null || OTHER_MARKS.test(report.reason);
	const shares = selections.flatMap((selection) => {
		if (question.type !== "multiple_choice" && selection.length > 1) return [];
		return [{ selection, there: shareThere(selection), here: shareOf(question, selection) }];
	});
	const most = Math.max(...selections.map(shareThere));
	const right = shares.filter(({ here }) => here === 1);
	expect(right.map(({ there }) => there > most - 0.01)).toEqual([true]);
	for (const { selection, there, here } of alike ? shares : []) {
		expect([selection, Math.abs(there - here) < 0.01]).toEqual([selection, true]);
	}
}
