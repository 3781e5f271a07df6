import { INTERCHANGE_ANSWERS_MAX } from "../limits.ts";
import { numberIn, rangeOf } from "./decimals.ts";
import { cutAt, type Format, formattedText, indexOfMark, partsOf, unescaped } from "./gift-text.ts";
import { type Losses, type QuestionDraft, Skip } from "./report.ts";
import { choiceOf, type Weighted } from "./weights.ts";

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What an answer block says of a question: its type and key, and the feedback of its answers. */
export type Answers = Without<QuestionDraft, "question"> & { feedback: string[] };

const FEEDBACK_FOLDED = "Feedback of single answers was put into the explanation.";

/** @throws Skip where no type of question says the same */
export function answersOf(raw: string, format: Format, losses: Losses): Answers {
	const text = raw.trim();
	if (text === "") throw new Skip("An essay: no answer can be scored.");
	if (text.startsWith("#")) return numeric(text.slice(1), losses);
	if (indexOfMark(text, "~") >= 0) return choice(text, format, losses);
	if (indexOfMark(text, "=") >= 0 && indexOfMark(text, "->") >= 0) return matching(text, format, losses);
	const [word] = cutAt(text, "#");
	if (/^\s{0,20}(T|TRUE|F|FALSE)\s{0,20}$/i.test(word)) return trueFalse(text, format, losses);
	return shortText(text, losses);
}

interface Answer extends Weighted {
	raw: string;
	feedback: string;
}

const WEIGHT = /^\s{0,20}%(-?\d{1,3}(?:\.\d{1,10})?)%/;

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
	const [raw, feedback] = cutAt(text.slice(whole.length), "#");
	return { marked: mark === "=", weight: weight === undefined ? null : Number(weight), raw, feedback: feedback ?? "" };
}

/** `right: it is` as a line of the explanation. */
function feedbackLine(of: string, { feedback }: Answer, format: Format, losses: Losses): string {
	const { text } = formattedText(feedback, format, losses);
	if (text === "") return "";
	losses.add(FEEDBACK_FOLDED);
	return `${of}: ${text}`;
}

function choice(raw: string, format: Format, losses: Losses): Answers {
	const answers = answersIn(raw, ["~", "="]);
	const options = answers.map((answer) => formattedText(answer.raw, format, losses).text);
	const feedback = answers.map((answer, index) => feedbackLine(options[index] ?? "", answer, format, losses));
	return { ...choiceOf(answers, losses), options, feedback };
}

function matching(raw: string, format: Format, losses: Losses): Answers {
	const prompts: string[] = [];
	const choices: string[] = [];
	const correct_matches: number[] = [];
	for (const { mark, text } of piecesOf(raw, ["="])) {
		const [left, right] = cutAt(text, "->");
		if (mark === null || right === null) throw new Skip("A pair without `->` between the two.");
		const choice = unescaped(right).trim();
		if (!choices.includes(choice)) choices.push(choice);
		const prompt = formattedText(left, format, losses).text;
		// A pair without a prompt is a further choice.
		if (prompt !== "") {
			prompts.push(prompt);
			correct_matches.push(choices.indexOf(choice));
		}
	}
	return { type: "matching", prompts, choices, correct_matches, feedback: [] };
}

function trueFalse(raw: string, format: Format, losses: Losses): Answers {
	const [word, wrong, right] = partsOf(raw, ["#"]).map((part) => part.text);
	const correct = /^\s{0,20}t/i.test(word ?? "");
	const feedback = [
		["Wrong", wrong],
		["Right", right],
	].map(([of = "", text = ""]) => feedbackLine(of, { ...answerOf(null, ""), feedback: text }, format, losses));
	return { type: "true_false", correct, feedback };
}

/** Answers that are worth everything count; what is worth a part of it has no place in the model. */
function fullAnswers(raw: string, losses: Losses): { full: Answer[]; all: Answer[] } {
	const all = answersIn(raw, ["="]);
	const full = all.filter(({ weight }) => weight === null || weight === 100);
	if (all.some(({ weight }) => weight !== null && weight > 0 && weight < 100)) {
		losses.add("Answers that are worth a part of the marks were left out.");
	}
	return { full, all };
}

function shortText(raw: string, losses: Losses): Answers {
	const { full, all } = fullAnswers(raw, losses);
	// An asterisk stands for any text in Moodle, `\*` for itself.
	const textOf = (answer: Answer) => unescaped(answer.raw).replaceAll("\\*", "*").trim();
	if (full.some((answer) => /(^|[^\\])\*/.test(answer.raw))) losses.add("An asterisk is only an asterisk here.");
	const accepted = [...new Set(full.map(textOf))].filter((text) => text !== "");
	if (accepted.length === 0) throw new Skip("No answer is wholly right.");
	const feedback = all.map((answer) => feedbackLine(textOf(answer), answer, "moodle", losses));
	return { type: "short_text", accepted, feedback };
}

function numeric(raw: string, losses: Losses): Answers {
	const { full, all } = fullAnswers(raw, losses);
	const [first, ...others] = full.filter(({ raw: text }) => text.trim() !== "*");
	if (!first) throw new Skip("No number is wholly right.");
	if (others.length > 0) losses.add("Only the first of several right numbers was kept.");
	const feedback = all.map((answer) => feedbackLine(unescaped(answer.raw).trim(), answer, "moodle", losses));
	return { type: "numeric", ...toleranceOf(unescaped(first.raw)), feedback };
}

/** `3`, `3:0.5` or `2.5..3.5`. */
function toleranceOf(text: string): { correct: string; tolerance?: string } {
	const [from = "", to] = text.split("..");
	const [value = "", margin] = text.split(":");
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

const SHOWN_CHARS_MAX = 50;
const shown = (text: string) => text.trim().slice(0, SHOWN_CHARS_MAX);
