import { arrangement } from "./arrangement.ts";
import { numberIn, rangeOf } from "./decimals.ts";
import { cutAt, type Format, formattedText, indexOfMark, partsOf, typedText } from "./gift-text.ts";
import { INTERCHANGE_ANSWERS_MAX } from "./limits.ts";
import { marksOfParts } from "./marks.ts";
import { type Losses, neededTexts, type QuestionDraft, Skip } from "./report.ts";
import { choiceOf, isFull, type Weighted } from "./weights.ts";

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What an answer block says of a question: its type and key, and the feedback of its answers. */
export type Answers = Without<QuestionDraft, "question"> & { feedback: string[] };

const FEEDBACK_FOLDED = "Feedback of single answers was put into the explanation.";

/** @throws Skip where no type of question says the same */
export function answersOf(raw: string, format: Format, losses: Losses): Answers {
	const text = raw.trim();
	if (text === "") throw new Skip("An essay: no answer can be scored.");
	if (EMBEDDED.test(text)) throw new Skip("An embedded answer (Cloze), which is not GIFT.");
	if (text.startsWith("#")) return numeric(text.slice(1), format, losses);
	if (indexOfMark(text, "~") >= 0) return choice(text, format, losses);
	if (indexOfMark(text, "=") >= 0 && indexOfMark(text, "->") >= 0) return matching(text, format, losses);
	const word = cutAt(text, "#")[0].trim();
	if (/^(?:T|F|true|false)$/i.test(word) && word !== "t" && word !== "f") return trueFalse(text, format, losses);
	return shortText(text, format, losses);
}

/** How Moodle's Cloze begins an answer: marks, if any, and a type. */
const EMBEDDED = /^\d{0,5}:[A-Za-z_]{2,30}:/;

interface Answer extends Weighted {
	raw: string;
	feedback: string;
}

/** A weight in per cent. Its point is a comma in many languages, and Moodle writes it so. */
const WEIGHT = /^\s{0,20}%(-?\d{1,3}(?:[.,]\d{0,30})?)%/;
/** What was meant as a weight, though it cannot be read as one: as text it would tell takers how the answer counts. */
const LOOKS_WEIGHTED = /^\s{0,20}%[-+\d.,\s]{1,50}%/;

/** What the marks begin; before the first there is usually nothing. */
function piecesOf(raw: string, marks: readonly string[]) {
	const pieces = partsOf(raw, marks).filter(({ mark, text }) => mark !== null || text.trim() !== "");
	if (pieces.length > INTERCHANGE_ANSWERS_MAX) throw new Skip(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
	return pieces;
}

const answersIn = (raw: string, marks: readonly string[]) =>
	piecesOf(raw, marks).map(({ mark, text }) => answerOf(mark, text));

/** One answer: its weight in per cent, where it says one, and its feedback. */
function answerOf(mark: string | null, text: string): Answer {
	const [whole = "", weight] = WEIGHT.exec(text) ?? [];
	if (weight === undefined && LOOKS_WEIGHTED.test(text)) throw new Skip("The weight of an answer cannot be read.");
	const [raw, feedback] = cutAt(text.slice(whole.length), "#");
	return {
		marked: mark === "=",
		weight: weight === undefined ? null : Number(weight.replace(",", ".")),
		raw,
		feedback: feedback ?? "",
	};
}

/** `right: it is` as a line of the explanation. */
function feedbackLine(of: string, feedback: string, format: Format, losses: Losses): string {
	const { text } = formattedText(feedback, format, losses);
	if (text === "") return "";
	losses.add(FEEDBACK_FOLDED);
	return of === "" ? text : `${of}: ${text}`;
}

function choice(raw: string, format: Format, losses: Losses): Answers {
	const answers = answersIn(raw, ["~", "="]);
	const options = neededTexts(answers.map((answer) => formattedText(answer.raw, format, losses).text));
	const feedback = answers.map((answer, index) => feedbackLine(options[index] ?? "", answer.feedback, format, losses));
	return { ...choiceOf(answers, losses), options, feedback };
}

function matching(raw: string, format: Format, losses: Losses): Answers {
	const prompts: string[] = [];
	const choices: string[] = [];
	const correct_matches: number[] = [];
	const feedback: string[] = [];
	for (const { mark, text } of piecesOf(raw, ["="])) {
		const [pair, told] = cutAt(text, "#");
		const [left, right] = cutAt(pair, "->");
		if (mark === null || right === null) throw new Skip("A pair without `->` between the two.");
		const choice = formattedText(right, format, losses).text;
		if (!choices.includes(choice)) choices.push(choice);
		const prompt = formattedText(left, format, losses).text;
		feedback.push(feedbackLine(`${prompt} – ${choice}`, told ?? "", format, losses));
		if (prompt !== "") {
			prompts.push(prompt);
			correct_matches.push(choices.indexOf(choice));
		} else if (left.trim() !== "") neededTexts([prompt]);
		// A pair without a prompt is a further choice.
	}
	neededTexts(choices);
	const marks = marksOfParts(1, Math.max(prompts.length, 1), losses);
	const [shownPrompts, shownChoices] = [arrangement(prompts), arrangement(choices)];
	return {
		type: "matching",
		marks,
		feedback,
		prompts: shownPrompts.map((index) => prompts[index] ?? ""),
		choices: shownChoices.map((index) => choices[index] ?? ""),
		correct_matches: shownPrompts.map((index) => shownChoices.indexOf(correct_matches[index] ?? 0)),
	};
}

function trueFalse(raw: string, format: Format, losses: Losses): Answers {
	const [word, wrong, right] = partsOf(raw, ["#"]).map((part) => part.text);
	const correct = /^\s{0,20}t/i.test(word ?? "");
	const feedback = [
		["Wrong", wrong],
		["Right", right],
	].map(([of = "", text = ""]) => feedbackLine(of, text, format, losses));
	if (word !== undefined && word.trim() !== word.trim().toUpperCase()) {
		losses.add("Moodle takes true and false for texts to type, unless they are written in capitals.");
	}
	return { type: "true_false", correct, feedback };
}

interface TypedAnswer extends Answer {
	text: string;
}

const typedAnswers = (raw: string, losses: Losses): TypedAnswer[] =>
	answersIn(raw, ["="]).map((answer) => ({ ...answer, text: typedText(answer.raw, losses) }));

/** Answers that are worth everything count; what is worth a part of it has no place in the model. */
function fullAnswers(all: readonly TypedAnswer[], losses: Losses): string[] {
	const full = all.filter(({ weight }) => weight === null || isFull(weight));
	if (all.some(({ weight }) => weight !== null && weight !== 0 && !isFull(weight))) {
		losses.add("Answers that are worth a part of the marks were left out.");
	}
	return full.map(({ text }) => text);
}

/** In Moodle an asterisk stands for any text, `\*` for itself. */
const WILDCARD = /(?:^|[^\\])\*/;

function shortText(raw: string, format: Format, losses: Losses): Answers {
	const all = typedAnswers(raw, losses);
	const full = fullAnswers(all, losses);
	const said = full.filter((text) => text !== "" && !WILDCARD.test(text));
	const accepted = [...new Set(said.map((text) => text.replaceAll("\\*", "*")))];
	const hasWildcard = full.some((text) => WILDCARD.test(text));
	if (accepted.length === 0 && hasWildcard)
		throw new Skip("Its answers are patterns: an asterisk stands for any text.");
	if (accepted.length === 0) throw new Skip("No answer is wholly right.");
	if (hasWildcard) losses.add("Answers in which an asterisk stands for any text were left out.");
	const feedback = all.map(({ text, feedback: told }) => {
		return feedbackLine(text === "*" ? "" : text.replaceAll("\\*", "*"), told, format, losses);
	});
	// Moodle compares without regard to case, but with accents.
	return { type: "short_text", accepted, accent_sensitive: true, feedback };
}

function numeric(raw: string, format: Format, losses: Losses): Answers {
	// What follows a tilde is for all other numbers, and has a feedback at most.
	const [numbers, others] = cutAt(raw, "~");
	const all = typedAnswers(numbers, losses);
	const full = fullAnswers(all, losses);
	const [first, ...more] = full;
	if (first === undefined) throw new Skip("No number is wholly right.");
	if (full.includes("*")) throw new Skip("Any number is right.");
	if (more.length > 0) losses.add("Only the first of several right numbers was kept.");
	if (all.some(({ text, weight }) => weight === 0 && text !== "*")) losses.add("Numbers that are wrong were left out.");
	const feedback = all.map(({ text, feedback: told }) => feedbackLine(text === "*" ? "" : text, told, format, losses));
	const told = others === null ? "" : (cutAt(others, "#")[1] ?? "");
	return { type: "numeric", ...toleranceOf(first), feedback: [...feedback, feedbackLine("", told, format, losses)] };
}

/** `3`, `3:0.5` or `2.5..3.5`. */
function toleranceOf(text: string): { correct: string; tolerance?: string } {
	const [from = "", to] = cutOnce(text, "..");
	const [value = "", margin] = cutOnce(text, ":");
	if (to !== undefined) {
		const range = rangeOf(from.trim(), to.trim());
		if (!range) throw new Skip(`Not a range of numbers: ${shown(text)}.`);
		return range;
	}
	const correct = numberIn(value);
	const tolerance = margin === undefined ? undefined : numberIn(margin);
	if (correct === null || tolerance === null) throw new Skip(`Not a number: ${shown(text)}.`);
	return { correct, ...(tolerance !== undefined && tolerance !== "0" && { tolerance }) };
}

function cutOnce(text: string, mark: string): [string, string?] {
	const at = text.indexOf(mark);
	return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

const SHOWN_CHARS_MAX = 50;
const shown = (text: string) => text.trim().slice(0, SHOWN_CHARS_MAX);
