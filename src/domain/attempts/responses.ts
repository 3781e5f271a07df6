import { parseDecimal } from "../decimal.ts";
import type { QuestionKey } from "../quizzes/answer-keys.ts";
import { NUMERIC_DIGITS_MAX } from "../quizzes/limits.ts";
import { RESPONSE_TEXT_CHARS_MAX } from "./limits.ts";

/**
 * What a taker answers to one question, by its type: the index of an option; several of them; true or false; a number or its
 * decimal text; a text; all items in an order; for each prompt the index of a choice, or null.
 */
export type ItemResponse = number | number[] | boolean | string | (number | null)[];

export const isIndex = (value: unknown, count: number): value is number =>
	typeof value === "number" && Number.isInteger(value) && value >= 0 && value < count;

/** Different indices, in any order; none of them is a blank answer. */
export const isSelection = (value: unknown, count: number): value is number[] =>
	isList(value, count) && value.every((index) => isIndex(index, count)) && new Set(value).size === value.length;

export const isOrder = (value: unknown, count: number): value is number[] =>
	isSelection(value, count) && value.length === count;

export const isMatches = (value: unknown, prompts: number, choices: number): value is (number | null)[] =>
	isList(value, prompts) &&
	value.length === prompts &&
	value.every((index) => index === null || isIndex(index, choices));

export const isText = (value: unknown): value is string =>
	typeof value === "string" && value.length <= RESPONSE_TEXT_CHARS_MAX;

/** The length comes first, so that a long list is not gone through. */
const isList = (value: unknown, lengthMax: number): value is unknown[] =>
	Array.isArray(value) && value.length <= lengthMax;

/** What is wrong with a response to this question; null where it is one. */
export function responseFault(key: QuestionKey, value: unknown): string | null {
	switch (key.type) {
		case undefined:
		case "single_choice":
			return isIndex(value, key.options) ? null : `Must be the index of an option, 0 to ${key.options - 1}.`;
		case "multiple_choice":
			if (isSelection(value, key.options)) return null;
			return `Must be a list of different indices of options, each 0 to ${key.options - 1}.`;
		case "true_false":
			return typeof value === "boolean" ? null : "Must be true or false.";
		case "numeric":
			return parseDecimal(value) ? null : A_NUMBER;
		case "short_text":
			return isText(value) ? null : `Must be a text of at most ${RESPONSE_TEXT_CHARS_MAX} characters.`;
		case "ordering":
			if (isOrder(value, key.correct.length)) return null;
			return `Must be a list of all ${key.correct.length} indices of items, each once, in the order of the answer.`;
		case "matching":
			if (isMatches(value, key.correct.length, key.choices)) return null;
			return `Must be a list of ${key.correct.length}, for each prompt the index of a choice, 0 to ${key.choices - 1}, or null.`;
	}
}

const A_NUMBER = `Must be a number, or its decimal text like "3.14", with at most ${NUMERIC_DIGITS_MAX} digits before the point and ${NUMERIC_DIGITS_MAX} after it.`;
