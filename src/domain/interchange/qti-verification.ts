import { marksOf } from "../attempts/marks.ts";
import { score } from "../attempts/scoring.ts";
import { decimalText, parseDecimal } from "../decimal.ts";
import { keyOf } from "../quizzes/answer-keys.ts";
import { type Question, questionSchema } from "../quizzes/questions.ts";
import { boundsOf } from "./qti-expressions.ts";
import type { QtiSource } from "./qti-source.ts";
import { atomOf, containerOf, type Value } from "./qti-values.ts";
import type { QuestionDraft } from "./report.ts";

/**
 * The last word on a question of QTI: responses are scored as the item scores them and as the question does, and where the two are
 * not the same though nothing was said of it, it is said now. So a program that does what no reader has thought of is never
 * imported with another key.
 */

/** Responses that are tried; of more the rest is of the same kinds. */
const TRIALS_MAX = 300;
/** With so few options every selection of them is tried. */
const SUBSETS_OF_MAX = 7;
const DIFFERENCES_SAID_MAX = 2;
const SAID_CHARS_MAX = 60;

interface Trial {
	/** In QTI's terms. */
	given: Value;
	/** What a taker sends who means the same; undefined for nothing. */
	response: unknown;
	said: string;
}

/** A program may give it marks: what is compared with nothing is neither equal nor unequal. */
const NO_ANSWER: Trial = { given: null, response: undefined, said: "no answer" };

/** What the interaction's reader knows of how the two are called. */
export interface Names {
	/** Identifiers of options, items or prompts, in the order of the question. */
	identifiers: readonly string[];
	/** Of what prompts are matched with. */
	choices?: readonly string[];
	/** Whether the pairs are written with the choice first. */
	swapped?: boolean;
}

/** @returns what to say, or null where all that was tried earns the same */
export function differenceOf(draft: Omit<QuestionDraft, "question">, names: Names, source: QtiSource): string | null {
	const parsed = questionSchema.safeParse({ ...draft, id: "q", question: "q" });
	if (!parsed.success) return null;
	const key = { quiz: "", version: "", version_number: 1, pass_percentage: 0, questions: [keyOf(parsed.data)] };
	const different: string[] = [];
	for (const { given, response, said } of [NO_ANSWER, ...trialsOf(parsed.data, names, source)].slice(0, TRIALS_MAX)) {
		const there = source.scoring.scoreOf(given);
		const here = marksOf(score(key, new Map(response === undefined ? [] : [["q", response]])).score);
		if (Math.abs(there - here) > SCORE_ERROR)
			different.push(`${said.slice(0, SAID_CHARS_MAX)} (${shown(there)} there, ${here} here)`);
		if (different.length > DIFFERENCES_SAID_MAX) break;
	}
	if (different.length === 0) return null;
	const more = different.length > DIFFERENCES_SAID_MAX ? " and others" : "";
	return `Some responses earn other marks here: ${different.slice(0, DIFFERENCES_SAID_MAX).join(", ")}${more}.`;
}

const SCORE_ERROR = 1e-3;
const shown = (number: number) => Number(number.toFixed(4));

function trialsOf(question: Question, names: Names, source: QtiSource): Trial[] {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return names.identifiers.map((name, index) => ({
				given: oneOf(name, source),
				response: index,
				said: question.options[index] ?? "",
			}));
		case "true_false":
			return names.identifiers.map((name) => ({ given: oneOf(name, source), response: name === "true", said: name }));
		case "multiple_choice":
			return selections(names.identifiers.length, question.correct_answers).map((chosen) => ({
				given: containerOf(
					chosen.map((index) => names.identifiers[index] ?? ""),
					false,
				),
				response: chosen,
				said: chosen.map((index) => question.options[index]).join(" + "),
			}));
		case "short_text":
			return textsOf(source, question.accepted).map((text) => ({
				given: text,
				response: text,
				said: JSON.stringify(text),
			}));
		case "numeric":
			return numbersOf(source).flatMap((text) => {
				const given = parseDecimal(text);
				return given ? [{ given, response: text, said: text }] : [];
			});
		case "ordering":
			return orders(question.correct_order).map((order) => ({
				given: containerOf(
					order.map((index) => names.identifiers[index] ?? ""),
					true,
				),
				response: order,
				said: order.map((index) => question.items[index]).join(", "),
			}));
		case "matching":
			return matchings(question, names, source);
	}
}

const oneOf = (name: string, { declaration }: QtiSource): Value =>
	declaration.cardinality === "single" ? name : containerOf([name], false);

function selections(count: number, right: readonly number[]): number[][] {
	const all = Array.from({ length: count }, (_, index) => index);
	if (count <= SUBSETS_OF_MAX) {
		return Array.from({ length: 2 ** count - 1 }, (_, bits) => all.filter((index) => ((bits + 1) >> index) & 1));
	}
	const others = all.filter((index) => !right.includes(index));
	return [
		[...right],
		...all.map((index) => [index]),
		...right.map((left) => right.filter((index) => index !== left)),
		...others.map((other) => [...right, other]),
		...right.flatMap((left) =>
			others.slice(0, 3).map((other) => right.map((index) => (index === left ? other : index))),
		),
		all,
	].filter((chosen) => chosen.length > 0);
}

const withoutAccents = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC");

function textsOf({ declaration, scoring }: QtiSource, accepted: readonly string[]): string[] {
	const keys = declaration.mapping?.entries.map(({ key }) => key) ?? [];
	const texts = [...declaration.correct, ...keys, ...scoring.constants, ...accepted].slice(0, TRIALS_MAX);
	const variants = texts.flatMap((text) => [
		text,
		text.toUpperCase(),
		text.toLowerCase(),
		withoutAccents(text),
		`x${text}`,
		`${text}x`,
		text.slice(1),
		text.slice(0, -1),
	]);
	return [...new Set(variants.map((text) => text.trim()))].filter((text) => text !== "");
}

/** Numbers that the item names, the bounds of its tolerances, and what is a little beyond them. */
function numbersOf({ declaration, scoring }: QtiSource): string[] {
	const keys = declaration.mapping?.entries.map(({ key }) => key) ?? [];
	const named = [...new Set([...declaration.correct, ...keys, ...scoring.constants])]
		.slice(0, TRIALS_MAX)
		.flatMap((text) => parseDecimal(text) ?? []);
	const bounds = scoring.tolerances
		.slice(0, SUBSETS_OF_MAX)
		.flatMap(({ tolerance }) => named.flatMap((number) => Object.values(boundsOf(number, tolerance))));
	const texts = [...named, ...bounds].slice(0, TRIALS_MAX / 5).map(decimalText);
	const whole = declaration.baseType === "integer";
	const around = texts.flatMap((text) => {
		const value = Number(text);
		const steps = whole ? [1, -1] : [0.001, -0.001, 0.5, -0.5];
		return [text, ...steps.map((step) => String(Number((value + step).toPrecision(15))))];
	});
	return [...new Set(around)];
}

function orders(right: readonly number[]): number[][] {
	const all = [[...right], [...right].reverse(), [...right.slice(1), ...right.slice(0, 1)]];
	for (let index = 1; index < right.length; index++)
		all.push(right.map((_, place) => right[place === index ? index - 1 : place === index - 1 ? index : place] ?? 0));
	return all;
}

function matchings(
	question: Extract<Question, { type: "matching" }>,
	names: Names,
	{ declaration }: QtiSource,
): Trial[] {
	const { prompts, choices, correct_matches: right } = question;
	const given = (matches: readonly (number | null)[]): Trial => {
		const pairs = matches.flatMap((choice, prompt) => {
			if (choice === null) return [];
			const pair = [names.identifiers[prompt], names.choices?.[choice]];
			return [String(atomOf((names.swapped ? pair.reverse() : pair).join(" "), declaration.baseType))];
		});
		const said = matches
			.flatMap((choice, prompt) => (choice === null ? [] : [`${prompts[prompt]}: ${choices[choice]}`]))
			.join(", ");
		return {
			given: declaration.cardinality === "single" ? (pairs[0] ?? null) : containerOf(pairs, false),
			response: matches,
			said,
		};
	};
	return [
		given(right),
		...right.map((choice, prompt) => given(right.map((_, index) => (index === prompt ? choice : null)))),
		...right.map((_, prompt) => given(right.map((choice, index) => (index === prompt ? null : choice)))),
		...prompts.flatMap((_, prompt) =>
			choices
				.slice(0, SUBSETS_OF_MAX)
				.map((_, other) => given(right.map((choice, index) => (index === prompt ? other : choice)))),
		),
	];
}
