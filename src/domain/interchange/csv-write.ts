import Papa from "papaparse";
import type { Question } from "../quizzes/questions.ts";
import type { QuizContent } from "../quizzes/quiz.ts";
import { Losses } from "./report.ts";
import type { TableColumn } from "./table-read.ts";

/** A quiz as a table, with the columns that the reader of tables knows; what a table cannot say stands in the column `note`. */
export function writeCsv({ subjects }: QuizContent): string {
	const rows = subjects.flatMap(({ name, questions }) => questions.map((question) => rowOf(question, name)));
	const most = Math.max(0, ...rows.map(({ options }) => options.length));
	const headers = [...HEADERS, ...Array.from({ length: most }, (_, index) => `option ${index + 1}`), "note"];
	const data = rows.map(({ cells, options, note }) =>
		[
			...HEADERS.map((header) => cells[header] ?? ""),
			...Array.from({ length: most }, (_, index) => options[index] ?? ""),
			note,
		].map(guarded),
	);
	// The mark tells spreadsheets that it is UTF-8.
	return `\ufeff${Papa.unparse([headers, ...data], { newline: "\r\n" })}\r\n`;
}

const HEADERS = [
	"id",
	"subject",
	"type",
	"question",
	"correct option",
	"correct",
	"marks",
	"tolerance",
	"scoring",
	"case sensitive",
	"accent sensitive",
	"explanation",
	"hint",
] as const satisfies readonly TableColumn[];

/** What a spreadsheet would take for a formula stands behind an apostrophe, and so does what begins as that does. */
const guarded = (cell: string) => (/^'*[=+\-@\t\r]/.test(cell) && !/^-?\d+(?:\.\d+)?$/.test(cell) ? `'${cell}` : cell);

interface Written {
	cells: Partial<Record<(typeof HEADERS)[number], string>>;
	options: readonly string[];
	note: string;
}

function rowOf(question: Question, subject: string): Written {
	const losses = new Losses();
	const { id, marks, hint = "", image, explanation = "" } = question;
	if (image) losses.add(`Its image is not in this file. It shows: ${image.alt}`);
	if ("option_feedback" in question && question.option_feedback)
		losses.add("What is said of single options is not in this file.");
	const { options = [], ...key } = keyOf(question, losses);
	const cells = { id, subject, question: question.question, marks: String(marks), hint, explanation, ...key };
	return { cells, options, note: losses.reasons.join(" ") };
}

type Key = Written["cells"] & { type: string; options?: readonly string[] };

const yes = (is: boolean | undefined) => (is ? "yes" : "");
const places = (indices: readonly number[]) => indices.map((index) => index + 1).join("|");
/** Where a pair could be taken apart otherwise, a backslash stands before. */
const side = (text: string) => text.replace(/[\\=→]|-(?=>)/g, "\\$&");

function keyOf(question: Question, losses: Losses): Key {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return { type: "single", options: question.options, "correct option": places([question.correctAnswer]) };
		case "multiple_choice": {
			const { options, correct_answers, scoring } = question;
			return {
				type: "multiple",
				options,
				"correct option": places(correct_answers),
				scoring: scoring === "partial" ? "partial" : "",
			};
		}
		case "true_false":
			return { type: "true/false", correct: String(question.correct) };
		case "numeric": {
			const { correct, tolerance, tolerance_kind, also = [] } = question;
			const isShare = tolerance_kind === "relative";
			if (also.some((one) => one.tolerance_kind === "relative"))
				losses.add("Relative tolerances of further numbers are left out.");
			const others = also.map((one) =>
				one.tolerance === undefined || one.tolerance_kind === "relative"
					? `${one.correct}:0`
					: `${one.correct}:${one.tolerance}`,
			);
			return {
				type: "number",
				correct: [correct, ...others].join("|"),
				tolerance: tolerance === undefined ? "" : isShare ? `${tolerance} of it` : tolerance,
			};
		}
		case "short_text": {
			const { accepted, case_sensitive, accent_sensitive, whitespace_sensitive, wildcards } = question;
			if (whitespace_sensitive) losses.add("A table cannot say that white space matters.");
			if (wildcards) losses.add("A table has no patterns: an asterisk stands for itself.");
			return {
				type: "text",
				options: accepted,
				"case sensitive": yes(case_sensitive),
				"accent sensitive": yes(accent_sensitive),
			};
		}
		case "ordering":
			return { type: "ordering", options: question.items, correct: places(question.correct_order) };
		case "matching": {
			const { prompts, choices, correct_matches } = question;
			const pairs = prompts.map(
				(prompt, index) => `${side(prompt)} = ${side(choices[correct_matches[index] ?? 0] ?? "")}`,
			);
			const others = choices
				.filter((_, index) => !correct_matches.includes(index))
				.map((choice) => `= ${side(choice)}`);
			return { type: "matching", options: [...pairs, ...others] };
		}
	}
}
