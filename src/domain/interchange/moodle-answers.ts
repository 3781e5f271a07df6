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
	const full = fullAnswers(all, losses).filter(({ text }) => text !== "");
	const wildcards = full.some(({ text }) => WILDCARD.test(text));
	// With a pattern among them all are written as patterns are.
	const written = (text: string) => (wildcards ? text : text.replaceAll("\\*", "*"));
	const accepted = [...new Set(full.map(({ text }) => text))].filter(
		(text) => WILDCARD.test(text) || isRight(text, all, case_sensitive),
	);
	if (accepted.length === 0) throw new Skip("No answer is wholly right.");
	if (accepted.some((text) => /^\*+$/.test(text))) throw new Skip("Any text is right.");
	// Of the answers that fit a text the first one counts, and one before a right one may be worth less.
	const shadows = all
		.slice(0, all.lastIndexOf(full.at(-1) ?? all[0] ?? NOTHING))
		.filter(({ weight }) => weight !== null && !isFull(weight));
	const counts = { case_sensitive, accent_sensitive: true, whitespace_sensitive: false };
	const isTaken = (text: string) => isAccepted(text.replaceAll("\\*", "*"), accepted.map(written), counts, wildcards);
	if (shadows.some(({ text }) => WILDCARD.test(text) || isTaken(text))) losses.earns(SHADOWED);
	else if (
		all.some(
			({ text, weight }) =>
				weight !== null &&
				!isFull(weight) &&
				!WILDCARD.test(text) &&
				isTaken(text) &&
				!isRight(text, all, case_sensitive),
		)
	)
		losses.earns(SHADOWED);
	// Moodle compares with accents, and with case where the question says so.
	return {
		type: "short_text",
		accepted: accepted.map(written),
		accent_sensitive: true,
		...(case_sensitive && { case_sensitive }),
		...(wildcards && { wildcards }),
		...marksIn(grade, losses),
	};
}

const NOTHING: TypedAnswer = { text: "", weight: null };
const SHADOWED = "Texts that an answer worth less fits, too, may be taken for right ones here.";

/** Whether a text is worth everything in Moodle: of the answers that fit it the first one counts. */
function isRight(text: string, all: readonly TypedAnswer[], case_sensitive: boolean): boolean {
	const counts = { case_sensitive, accent_sensitive: true, whitespace_sensitive: false };
	const first = all.find((answer) => isAccepted(text.replaceAll("\\*", "*"), [answer.text], counts, true));
	return first !== undefined && (first.weight === null || isFull(first.weight));
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
	if (all.some(({ text, weight }) => weight === 0 && text !== "*"))
		losses.earns("Numbers that are wrong were left out.");
	const also = more.map(keyOf);
	return { type: "numeric", ...keyOf(first), ...(also.length > 0 && { also }), ...marksIn(grade, losses) };
}
