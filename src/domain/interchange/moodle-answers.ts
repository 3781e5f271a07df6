import { isAccepted } from "../quizzes/short-texts.ts";
import { arrangement } from "./arrangement.ts";
import { marksOfParts } from "./marks.ts";
import { type Losses, neededTexts, type QuestionDraft, Skip } from "./report.ts";
import { isFull, marksIn } from "./weights.ts";

/** Answers as Moodle scores them, whether they come as GIFT or as Moodle's XML. */

type KeyOf<T extends QuestionDraft["type"]> = Omit<Extract<QuestionDraft, { type: T }>, "question">;

export interface Pair {
	/** Empty for a further choice. */
	prompt: string;
	choice: string;
}

/** @param grade what all pairs together are worth */
export function pairsOf(pairs: readonly Pair[], grade: number, losses: Losses): KeyOf<"matching"> {
	const choices = [...new Set(pairs.map(({ choice }) => choice))];
	const asked = pairs.filter(({ prompt }) => prompt !== "");
	const prompts = asked.map(({ prompt }) => prompt);
	neededTexts(choices);
	const marks = marksOfParts(grade, Math.max(prompts.length, 1), losses);
	const [shownPrompts, shownChoices] = [arrangement(prompts), arrangement(choices)];
	return {
		type: "matching",
		marks,
		prompts: shownPrompts.map((index) => prompts[index] ?? ""),
		choices: shownChoices.map((index) => choices[index] ?? ""),
		correct_matches: shownPrompts.map((index) => shownChoices.indexOf(choices.indexOf(asked[index]?.choice ?? ""))),
	};
}

/** A text or number that is typed, with its weight in per cent. */
export interface TypedAnswer {
	text: string;
	weight: number | null;
}

/** Answers that are worth everything count; what is worth a part of it has no place in the model. */
function fullAnswers<T extends TypedAnswer>(all: readonly T[], losses: Losses): T[] {
	const full = all.filter(({ weight }) => weight === null || isFull(weight));
	if (all.some(({ weight }) => weight !== null && weight !== 0 && !isFull(weight))) {
		losses.earns("Answers that are worth a part of the marks were left out.");
	}
	return full;
}

/** In Moodle an asterisk stands for any text, `\*` for itself. */
const WILDCARD = /(?:^|[^\\])\*/;

interface TextOptions {
	grade?: number;
	case_sensitive?: boolean;
}

export function textsOf(
	all: readonly TypedAnswer[],
	losses: Losses,
	{ grade = 1, case_sensitive = false }: TextOptions = {},
): KeyOf<"short_text"> {
	const full = fullAnswers(all, losses).map(({ text }) => text);
	const said = full.filter((text) => text !== "" && !WILDCARD.test(text));
	const accepted = [...new Set(said.map((text) => text.replaceAll("\\*", "*")))].filter((text) =>
		isRight(text, all, case_sensitive),
	);
	const hasWildcard = full.some((text) => WILDCARD.test(text));
	if (accepted.length === 0 && hasWildcard)
		throw new Skip("Its answers are patterns: an asterisk stands for any text.");
	if (accepted.length === 0) throw new Skip("No answer is wholly right.");
	if (hasWildcard) losses.earns("Answers in which an asterisk stands for any text were left out.");
	const wrong = all.filter(({ weight }) => weight !== null && !isFull(weight)).map(({ text }) => text);
	const sensitivity = { case_sensitive, accent_sensitive: true, whitespace_sensitive: false };
	if (
		wrong.some(
			(text) => !WILDCARD.test(text) && isAccepted(text, accepted, sensitivity) && !isRight(text, all, case_sensitive),
		)
	) {
		losses.earns(
			"An answer that is wrong there is taken for a right one here, since they differ in their spaces alone.",
		);
	}
	// Moodle compares with accents, and with case where the question says so.
	return {
		type: "short_text",
		accepted,
		accent_sensitive: true,
		...(case_sensitive && { case_sensitive }),
		...marksIn(grade, losses),
	};
}

/** Whether a text is worth everything in Moodle: of the answers that fit it the first one counts. */
function isRight(given: string, all: readonly TypedAnswer[], case_sensitive: boolean): boolean {
	const first = all.find(({ text }) => fits(given, text, case_sensitive));
	return first !== undefined && (first.weight === null || isFull(first.weight));
}

/** Takes time linear in the text: the pieces between asterisks are found one after the other. */
function fits(given: string, pattern: string, case_sensitive: boolean): boolean {
	const folded = (text: string) => (case_sensitive ? text : text.toLowerCase());
	const pieces = folded(pattern)
		.split(/(?<!\\)\*/)
		.map((piece) => piece.replaceAll("\\*", "*"));
	const text = folded(given);
	const [first = "", ...more] = pieces;
	const last = more.pop();
	if (last === undefined) return text === first;
	if (!text.startsWith(first)) return false;
	let at = first.length;
	for (const piece of more) {
		const found = text.indexOf(piece, at);
		if (found < 0) return false;
		at = found + piece.length;
	}
	return text.length - last.length >= at && text.endsWith(last);
}

export type NumberKey = Pick<KeyOf<"numeric">, "correct" | "tolerance" | "tolerance_kind">;

/** @param keyOf an answer that is worth everything; throws Skip where it is no number */
export function numbersOf<T extends TypedAnswer>(
	all: readonly T[],
	keyOf: (answer: T) => NumberKey,
	losses: Losses,
	grade = 1,
): KeyOf<"numeric"> {
	const full = fullAnswers(all, losses);
	const [first, ...more] = full;
	// Of the answers that fit a number the first one counts, and one before it may be worth less.
	if (first !== undefined && all.indexOf(first) > 0)
		losses.earns("Numbers that an earlier answer of it names may be right here.");
	if (first === undefined) throw new Skip("No number is wholly right.");
	if (full.some(({ text }) => text === "*")) throw new Skip("Any number is right.");
	if (more.length > 0) losses.earns("Only the first of several right numbers was kept.");
	if (all.some(({ text, weight }) => weight === 0 && text !== "*"))
		losses.earns("Numbers that are wrong were left out.");
	return { type: "numeric", ...keyOf(first), ...marksIn(grade, losses) };
}
