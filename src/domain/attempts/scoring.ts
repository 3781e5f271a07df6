import { isWithin, parseDecimal } from "../decimal.ts";
import type { QuestionKey } from "../quizzes/answer-keys.ts";
import type { AnswerKey } from "../quizzes/quiz.ts";
import { isAccepted } from "../quizzes/short-texts.ts";
import { hundredthsOf } from "./marks.ts";
import { isIndex, isMatches, isOrder, isSelection, isText } from "./responses.ts";

/** What the log says of a response: see {@link ScoredItem}. */
export type Choice = number | number[] | null;

/** One question of one attempt. Marks are in hundredths, so every sum of them is exact. */
export interface ScoredItem {
	id: string;
	/**
	 * The chosen option, or options in ascending order; of true and false the index 0 and 1. Of other types 0: that it was
	 * answered. Null where the question was left blank.
	 */
	choice: Choice;
	score: number;
	max: number;
	/** How many options there were to choose from, 0 where an answer is no choice of options. */
	options: number;
}

/** What an attempt came to; marks are in hundredths. */
export interface Marks {
	items: ScoredItem[];
	score: number;
	max_score: number;
	/** The percentage in hundredths of a per cent, 0 to 10,000, rounded half up; an integer, so that its sums are exact. */
	percentage_bp: number;
	passed: boolean;
}

/**
 * Marks the answers against the key. Total: any map of question ids to values has a result. A question that is not
 * answered, or by something that is no response to it, scores nothing.
 */
export function score(key: AnswerKey, answers: ReadonlyMap<string, unknown>): Marks {
	return totalOf(
		key.questions.map((question) => markOf(question, answers.get(question.id))),
		key.pass_percentage,
	);
}

/** What a response earns, whatever it is. */
export function markOf(question: QuestionKey, response: unknown): ScoredItem {
	const max = hundredthsOf(question.marks);
	const { choice = null, score = 0 } = marked(question, max, response);
	return { id: question.id, choice, score, max, options: optionsOf(question) };
}

/** What the questions of an attempt come to. `passed` compares exact integers, not the rounded percentage. */
export function totalOf(items: ScoredItem[], pass_percentage: number): Marks {
	const total = items.reduce((sum, item) => sum + item.score, 0);
	const max = items.reduce((sum, item) => sum + item.max, 0);
	return {
		items,
		score: total,
		max_score: max,
		percentage_bp: basisPoints(total, max),
		passed: total * 100 >= pass_percentage * max,
	};
}

function optionsOf(key: QuestionKey): number {
	if (key.type === "true_false") return 2;
	return "options" in key ? key.options : 0;
}

interface MarkedResponse {
	choice?: Choice;
	score?: number;
}

const BLANK: MarkedResponse = {};
/** That a question was answered, where the answer itself is no choice of options. */
const ANSWERED = 0;

/** @param marks what the question is worth, in hundredths */
function marked(key: QuestionKey, marks: number, response: unknown): MarkedResponse {
	const all = (isRight: boolean) => (isRight ? marks : 0);
	switch (key.type) {
		case undefined:
		case "single_choice":
			if (!isIndex(response, key.options)) return BLANK;
			return { choice: response, score: all(response === key.correct) };
		case "multiple_choice":
			if (!isSelection(response, key.options) || response.length === 0) return BLANK;
			return { choice: response.toSorted((a, b) => a - b), score: scoreOfSelection(key, marks, response) };
		case "true_false":
			if (typeof response !== "boolean") return BLANK;
			return { choice: response ? 0 : 1, score: all(response === key.correct) };
		case "numeric":
			return scoreOfNumber(key, marks, response);
		case "short_text":
			if (!isText(response) || response.trim() === "") return BLANK;
			return { choice: ANSWERED, score: all(isAccepted(response, key.accepted, key, key.wildcards)) };
		case "ordering":
			if (!isOrder(response, key.correct.length)) return BLANK;
			return { choice: ANSWERED, score: scoreOfOrder(key, marks, response) };
		case "matching": {
			if (!isMatches(response, key.correct.length, key.choices) || response.every((index) => index === null))
				return BLANK;
			const right = response.filter((index, prompt) => index === key.correct[prompt]).length;
			return { choice: ANSWERED, score: share(marks, right, key.correct.length) };
		}
	}
}

type KeyOf<T extends QuestionKey["type"]> = Extract<QuestionKey, { type: T }>;

/**
 * All or nothing; or in part: marks × (right − wrong) / number of right options, rounded down and not below 0, so that a
 * wrong option costs what a right one earns. (Canvas LMS, New Quizzes: "Partial credit with penalty".)
 */
function scoreOfSelection(
	{ correct, scoring }: KeyOf<"multiple_choice">,
	marks: number,
	chosen: readonly number[],
): number {
	const right = chosen.filter((index) => correct.includes(index)).length;
	const wrong = chosen.length - right;
	if (scoring === "partial") return share(marks, right - wrong, correct.length);
	return wrong === 0 && right === correct.length ? marks : 0;
}

/** Right within the tolerance of one of the right numbers, bounds included. */
function scoreOfNumber(key: KeyOf<"numeric">, marks: number, response: unknown): MarkedResponse {
	const given = parseDecimal(response);
	if (!given) return BLANK;
	const isRight = [key, ...(key.also ?? [])].some((one) => {
		const [correct, tolerance] = [parseDecimal(one.correct), parseDecimal(one.tolerance)];
		return correct !== null && tolerance !== null && isWithin(given, correct, tolerance, one.tolerance_kind);
	});
	return { choice: ANSWERED, score: isRight ? marks : 0 };
}

/** marks × pairs of neighbours that follow each other in the key too / (n − 1). (Moodle, Ordering: "Relative to the next item (excluding last)".) */
function scoreOfOrder({ correct }: KeyOf<"ordering">, marks: number, order: readonly number[]): number {
	const next = new Map(correct.map((item, place) => [item, correct[place + 1]]));
	const pairs = order.slice(1).filter((item, place) => next.get(order[place] ?? -1) === item).length;
	return share(marks, pairs, correct.length - 1);
}

/**
 * `marks` × part / whole in hundredths, rounded down, and not below 0. So what does not come out even falls to the last share, and all
 * of them are all of the marks.
 */
const share = (marks: number, part: number, whole: number): number =>
	whole === 0 ? 0 : Math.max(0, Math.floor((marks * part) / whole));

/** `part / whole` in hundredths of a per cent, rounded half up in integers; 0 of 0 is 0. */
export function basisPoints(part: number, whole: number): number {
	return whole === 0 ? 0 : Math.floor((part * 20_000 + whole) / (2 * whole));
}
