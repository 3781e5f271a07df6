import { numberIn, rangeOf } from "./decimals.ts";
import { cutAt, type Format, formattedText, indexOfMark, partsOf, typedText } from "./gift-text.ts";
import { INTERCHANGE_ANSWERS_MAX } from "./limits.ts";
import { type NumberKey, numbersOf, type Pair, pairsOf, type TypedAnswer, textsOf } from "./moodle-answers.ts";
import { type Losses, neededTexts, optionFeedback, type QuestionDraft, Skip } from "./report.ts";
import { choiceOf, type Weighted } from "./weights.ts";

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
	const told = answers.map((answer) => formattedText(answer.feedback, format, losses).text);
	return { ...choiceOf(answers, losses), options, ...optionFeedback(options, told, losses) };
}

function matching(raw: string, format: Format, losses: Losses): Answers {
	const feedback: string[] = [];
	const pairs = piecesOf(raw, ["="]).map(({ mark, text }): Pair => {
		const [pair, told] = cutAt(text, "#");
		const [left, right] = cutAt(pair, "->");
		if (mark === null || right === null) throw new Skip("A pair without `->` between the two.");
		const [prompt, choice] = [formattedText(left, format, losses).text, formattedText(right, format, losses).text];
		if (prompt === "" && left.trim() !== "") neededTexts([prompt]);
		feedback.push(feedbackLine(`${prompt} – ${choice}`, told ?? "", format, losses));
		return { prompt, choice };
	});
	return { ...pairsOf(pairs, 1, losses), feedback };
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

interface TypedText extends Answer {
	text: string;
}

const typedAnswers = (raw: string, losses: Losses): TypedText[] =>
	answersIn(raw, ["="]).map((answer) => ({ ...answer, text: typedText(answer.raw, losses) }));

function shortText(raw: string, format: Format, losses: Losses): Answers {
	const all = typedAnswers(raw, losses);
	const key = textsOf(all, losses);
	const feedback = all.map(({ text, feedback: told }) => {
		return feedbackLine(text === "*" ? "" : text.replaceAll("\\*", "*"), told, format, losses);
	});
	return { ...key, feedback };
}

function numeric(raw: string, format: Format, losses: Losses): Answers {
	// What follows a tilde is for all other numbers, and has a feedback at most.
	const [numbers, others] = cutAt(raw, "~");
	const all = typedAnswers(numbers, losses);
	const key = numbersOf(all, toleranceOf, losses);
	const feedback = all.map(({ text, feedback: told }) => feedbackLine(text === "*" ? "" : text, told, format, losses));
	const told = others === null ? "" : (cutAt(others, "#")[1] ?? "");
	return { ...key, feedback: [...feedback, feedbackLine("", told, format, losses)] };
}

/** `3`, `3:0.5` or `2.5..3.5`. */
function toleranceOf({ text }: TypedAnswer): NumberKey {
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
