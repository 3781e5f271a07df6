import type { Question, QuestionOf, QuestionType, ToleranceKind } from "./questions.ts";

/**
 * The two halves of a question: what a taker sees, and what marks the answer. Both are lists of what is in them, so that a
 * field added to a question is in neither until somebody decides where it belongs.
 */

type Shown<T extends QuestionType, K extends keyof QuestionOf<T>> = { type: T } & Pick<
	QuestionOf<T>,
	K | "id" | "question" | "marks" | "hint" | "image"
>;

/** A question as takers see it: all but the key and the explanation. */
export type ShownQuestion =
	| Shown<"single_choice", "options">
	| Shown<"multiple_choice", "options" | "scoring">
	| Shown<"true_false", never>
	| Shown<"numeric", never>
	| Shown<"short_text", "case_sensitive" | "accent_sensitive" | "whitespace_sensitive">
	| Shown<"ordering", "items">
	| Shown<"matching", "prompts" | "choices">;

export function shownQuestion(question: Question): ShownQuestion {
	const { id, question: text, marks, hint, image } = question;
	const head = { id, question: text, marks, ...(hint !== undefined && { hint }), ...(image && { image }) };
	switch (question.type) {
		case undefined:
		case "single_choice":
			return { ...head, type: "single_choice", options: question.options };
		case "multiple_choice": {
			const { type, options, scoring } = question;
			return { ...head, type, options, ...(scoring && { scoring }) };
		}
		case "true_false":
		case "numeric":
			return { ...head, type: question.type };
		case "short_text": {
			const { type, case_sensitive, accent_sensitive, whitespace_sensitive } = question;
			return { ...head, type, ...given({ case_sensitive, accent_sensitive, whitespace_sensitive }) };
		}
		case "ordering":
			return { ...head, type: question.type, items: question.items };
		case "matching":
			return { ...head, type: question.type, prompts: question.prompts, choices: question.choices };
	}
}

/** Without the members that are undefined. */
const given = <T extends object>(members: T): T => JSON.parse(JSON.stringify(members));

interface Marked {
	id: string;
	marks: number;
}

/** What marks the answers to one question. Without `type` it is a single choice. */
export type QuestionKey = Marked &
	(
		| { type?: "single_choice" | undefined; options: number; correct: number }
		| { type: "multiple_choice"; options: number; correct: number[]; scoring: "all_or_nothing" | "partial" }
		| { type: "true_false"; correct: boolean }
		| ({ type: "numeric"; also?: NumberKey[] } & NumberKey)
		| ({ type: "short_text"; accepted: string[]; wildcards?: boolean } & Sensitivity)
		| { type: "ordering"; correct: number[] }
		| { type: "matching"; choices: number; correct: number[] }
	);

/** A number that is right, and how far from it is right too. */
export interface NumberKey {
	correct: string;
	tolerance: string;
	tolerance_kind: ToleranceKind;
}

/** Which differences between texts count. */
export interface Sensitivity {
	case_sensitive: boolean;
	accent_sensitive: boolean;
	whitespace_sensitive: boolean;
}

export function keyOf(question: Question): QuestionKey {
	const { id, marks } = question;
	switch (question.type) {
		case undefined:
		case "single_choice":
			return { id, marks, options: question.options.length, correct: question.correctAnswer };
		case "multiple_choice": {
			const { type, options, correct_answers: correct, scoring = "all_or_nothing" } = question;
			return { id, marks, type, options: options.length, correct, scoring };
		}
		case "true_false":
			return { id, marks, type: question.type, correct: question.correct };
		case "numeric": {
			const { type, also } = question;
			return { id, marks, type, ...numberKeyOf(question), ...(also && { also: also.map(numberKeyOf) }) };
		}
		case "short_text": {
			const { type, accepted, case_sensitive = false, accent_sensitive = false } = question;
			const { whitespace_sensitive = false, wildcards } = question;
			const counts = { case_sensitive, accent_sensitive, whitespace_sensitive };
			return { id, marks, type, accepted, ...counts, ...(wildcards && { wildcards }) };
		}
		case "ordering":
			return { id, marks, type: question.type, correct: question.correct_order };
		case "matching": {
			const { type, choices, correct_matches: correct } = question;
			return { id, marks, type, choices: choices.length, correct };
		}
	}
}

function numberKeyOf({
	correct,
	tolerance = "0",
	tolerance_kind = "absolute",
}: Pick<QuestionOf<"numeric">, "correct" | "tolerance" | "tolerance_kind">): NumberKey {
	return { correct, tolerance, tolerance_kind };
}
