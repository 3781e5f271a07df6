import { arrangedElements, type Labelled } from "./arrangement.ts";
import { INTERCHANGE_ANSWERS_MAX } from "./limits.ts";
import { marksFor, marksOfParts } from "./marks.ts";
import { numeric } from "./qti-numbers.ts";
import { associated, matchSets, type Pairing } from "./qti-pairs.ts";
import { rightSelection } from "./qti-selections.ts";
import { bounded, NO_PENALTY, type QtiSource } from "./qti-source.ts";
import { optionIn } from "./qti-text.ts";
import { trueFalseOf } from "./qti-true-false.ts";
import { containerOf, NUMBERS, RECASED, sameText, type Value } from "./qti-values.ts";
import { differenceOf, type Names } from "./qti-verification.ts";
import { neededTexts, type QuestionDraft, Skip } from "./report.ts";
import { ANY_IS_RIGHT, EVENED_OUT } from "./weights.ts";
import { named, type XmlElement } from "./xml.ts";

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Answers = Without<QuestionDraft, "question">;

const READERS: ReadonlyMap<string, (source: QtiSource) => Answers> = new Map([
	["qti-choice-interaction", (source: QtiSource) => choice(source, "qti-simple-choice")],
	["qti-inline-choice-interaction", (source: QtiSource) => choice(source, "qti-inline-choice")],
	["qti-text-entry-interaction", textEntry],
	["qti-order-interaction", order],
	["qti-match-interaction", (source: QtiSource) => matching(source, matchSets(source))],
	["qti-associate-interaction", (source: QtiSource) => matching(source, associated(source))],
]);

/** @throws Skip where no type of question is like the interaction */
export function interactionReader(name: string): (source: QtiSource) => Answers {
	const reader = READERS.get(name);
	if (reader) return reader;
	if (name === "qti-extended-text-interaction") throw new Skip("An essay: no answer can be scored.");
	throw new Skip(`No type of question is like ${name.slice(0, 60)}.`);
}

/** @param isShuffled whether the order of the choices in the source is not one that takers are to see */
function choicesIn(source: QtiSource, element: string, isShuffled: boolean): Labelled {
	const choices = bounded([...named(source.interaction, element)]);
	const labelled = {
		identifiers: choices.map(({ attributes }) => attributes.get("identifier")?.trim() ?? ""),
		texts: choices.map((one) => optionIn(one, source)),
	};
	return isShuffled ? arrangedElements(choices, labelled) : labelled;
}

function choice(source: QtiSource, element: string): Answers {
	const choices = choicesIn(source, element, source.interaction.attributes.get("shuffle") === "true");
	if (source.declaration.cardinality === "single") return oneOf(source, choices, (identifier) => identifier);
	if (source.declaration.cardinality !== "multiple") throw new Skip("Its response is neither one choice nor several.");
	if (source.interaction.attributes.get("max-choices") === "1") {
		return oneOf(source, choices, (identifier) => containerOf([identifier], false));
	}
	return severalOf(source, choices);
}

/** What was read, with a word where it earns other marks for something that no reader has thought of. */
function verified<A extends Answers>(answers: A, names: Names, source: QtiSource): A {
	const difference = source.losses.saysMarks ? null : differenceOf(answers, names, source);
	if (difference !== null) source.losses.earns(difference);
	return answers;
}

const LEAST_SCORE = 1e-6;

/** @param responseOf an identifier */
function oneOf(
	source: QtiSource,
	{ identifiers, texts }: Labelled,
	responseOf: (identifier: string) => Value,
): Answers {
	const { scoring, losses } = source;
	const scores = identifiers.map((identifier) => scoring.scoreOf(responseOf(identifier)));
	const best = Math.max(0, ...scores);
	if (best < LEAST_SCORE) throw new Skip("No choice is right.");
	const right = scores.indexOf(best);
	if (scores.some((score, index) => index !== right && score > best - LEAST_SCORE)) throw new Skip(ANY_IS_RIGHT);
	if (scores.some((score, index) => index !== right && score > 0)) {
		losses.earns("Scores of other choices were left out: only the right one counts.");
	}
	if (scores.some((score) => score < 0)) losses.earns(NO_PENALTY);
	const marks = marksFor(best, losses);
	const correct = trueFalseOf(identifiers, texts, right);
	if (correct !== null) return verified({ type: "true_false", correct, marks }, { identifiers }, source);
	return verified({ options: neededTexts(texts), correctAnswer: right, marks }, { identifiers }, source);
}

function severalOf(source: QtiSource, { identifiers, texts }: Labelled): Answers {
	const { scoring, declaration, losses } = source;
	const isChoice = (members: readonly string[]) => members.every((member) => identifiers.includes(member));
	const candidates = [declaration.correct, ...scoring.sets.slice(0, INTERCHANGE_ANSWERS_MAX)].filter(isChoice);
	const selection = rightSelection(identifiers, candidates, (members) => scoring.scoreOf(containerOf(members, false)));
	const { members, score, parts, even, costs, tolerant } = selection;
	if (costs) losses.earns(NO_PENALTY);
	const correct_answers = identifiers.flatMap((identifier, index) => (members.includes(identifier) ? [index] : []));
	const key = { type: "multiple_choice" as const, options: neededTexts(texts), correct_answers };
	if (parts) {
		if (!even) losses.earns(EVENED_OUT);
		const marks = marksOfParts(score, members.length, losses);
		return verified({ ...key, scoring: "partial" as const, marks }, { identifiers }, source);
	}
	if (tolerant) losses.earns("A wrong option that is chosen as well takes all of the marks away here.");
	return verified({ ...key, marks: marksFor(score, losses) }, { identifiers }, source);
}

function textEntry(source: QtiSource): Answers {
	const { declaration, interaction } = source;
	if (declaration.cardinality !== "single") throw new Skip("Its response is not a single text.");
	if (NUMBERS.has(declaration.baseType)) {
		if ((interaction.attributes.get("base") ?? "10") !== "10") throw new Skip("Its number is not written in tens.");
		return verified(numeric(source), { identifiers: [] }, source);
	}
	if (declaration.baseType !== "string") throw new Skip("Its response is neither a text nor a number.");
	return shortText(source);
}

function shortText(source: QtiSource): Answers {
	const { declaration, scoring, interaction, losses } = source;
	const keys = declaration.mapping?.entries.map(({ key }) => key) ?? [];
	const said = [...declaration.correct, ...keys, ...scoring.constants].map((text) => text.trim());
	const texts = bounded([...new Set(said)].filter((text) => text !== ""));
	const scores = texts.map((text) => scoring.scoreOf(text));
	const best = Math.max(0, ...scores);
	if (best < LEAST_SCORE) throw new Skip("No text is right.");
	const other = scoring.scoreOf(OTHER_TEXT);
	if (other > best - LEAST_SCORE) throw new Skip("Any text is right.");
	const full = texts.filter((_, index) => (scores[index] ?? 0) > best - LEAST_SCORE);
	if (other > 0 || scores.some((score) => score > 0 && score < best - LEAST_SCORE)) {
		losses.earns("Texts that are worth a part of the marks were left out.");
	}
	if (other < 0 || scores.some((score) => score < 0)) losses.earns(NO_PENALTY);
	if (declaration.mapping?.caseUnsaid) losses.earns("Its table does not say whether case matters: here it does not.");
	const isFull = (text: string) => scoring.scoreOf(text) > best - LEAST_SCORE;
	if (full.some((text) => isFull(OTHER_TEXT + text + OTHER_TEXT))) {
		losses.earns("Texts that hold an accepted one within them are not right here.");
	}
	const isNamed = (part: string) => full.some((text) => sameText(text, part, false));
	const parts = full.flatMap((text) => [text.slice(1), text.slice(0, -1)]).filter((part) => part !== "");
	if (parts.some((part) => isFull(part) && !isNamed(part))) {
		losses.earns("Texts that are a part of an accepted one are not right here.");
	}
	const inAnyCase = full.filter((text) => isFull(RECASED + text));
	const case_sensitive = inAnyCase.length < full.length;
	if (case_sensitive && inAnyCase.length > 0) losses.earns("Case matters in all texts.");
	// What an item calls correct and what it compares with may differ in case alone.
	const isOnce = case_sensitive || declaration.mapping !== null;
	const accepted = isOnce ? full : [...new Map(full.map((text) => [text.toLowerCase(), text])).values()];
	const marks = marksFor(best, losses);
	const sensitive = sensitivities(interaction);
	const key = { type: "short_text" as const, accepted, marks, ...(case_sensitive && { case_sensitive }), ...sensitive };
	return verified(key, { identifiers: [] }, source);
}

/** No text that is right for what it says. */
const OTHER_TEXT = "\ue001";

/** QTI compares letters with their accents; our export says in attributes of its own where we do not. */
export const ACCENTS = "data-marksheet-accent-sensitive";
export const WHITESPACE = "data-marksheet-whitespace-sensitive";

const sensitivities = ({ attributes }: XmlElement) => ({
	...(attributes.get(ACCENTS) !== "false" && { accent_sensitive: true }),
	...(attributes.get(WHITESPACE) === "true" && { whitespace_sensitive: true }),
});

function order(source: QtiSource): Answers {
	const { declaration, scoring, losses, interaction } = source;
	// Many list the right order and say nothing.
	const isShuffled = interaction.attributes.get("shuffle") !== "false";
	const { identifiers, texts } = choicesIn(source, "qti-simple-choice", isShuffled);
	const scoreOf = (members: readonly string[]) => scoring.scoreOf(containerOf(members, true));
	const isOrder = (members: readonly string[]) =>
		members.length === identifiers.length && members.every((member) => identifiers.includes(member));
	const candidates = [declaration.correct, ...scoring.sets.slice(0, INTERCHANGE_ANSWERS_MAX)].filter(isOrder);
	const right = candidates.reduce<readonly string[]>(
		(best, one) => (best.length === 0 || scoreOf(one) > scoreOf(best) ? one : best),
		[],
	);
	const score = right.length === 0 ? 0 : scoreOf(right);
	if (score < LEAST_SCORE) throw new Skip("No order of all its choices is right.");
	const swapped = right.slice(1).map((member, index) => {
		return scoreOf(right.with(index, member).with(index + 1, right[index] ?? ""));
	});
	if (swapped.some((other) => other > score - LEAST_SCORE)) throw new Skip("More than one order is right.");
	if (swapped.some((other) => other < 0)) losses.earns(NO_PENALTY);
	losses.earns("Neighbours in the right order count here, not only the whole order.");
	const correct_order = right.map((identifier) => identifiers.indexOf(identifier));
	const key = { type: "ordering" as const, items: neededTexts(texts), correct_order, marks: marksFor(score, losses) };
	return verified(key, { identifiers }, source);
}

function matching(source: QtiSource, { prompts, choices, matches, selection, penalty, names }: Pairing): Answers {
	const { losses } = source;
	const { score, parts, even } = selection;
	if (!parts) losses.earns("Each right pair counts here, not only all of them together.");
	else if (!even) losses.earns("Scores were evened out: each right pair counts the same.");
	if (penalty) losses.earns(NO_PENALTY);
	const marks = parts ? marksOfParts(score, prompts.length, losses) : marksFor(score, losses);
	return verified({ type: "matching", prompts, choices, correct_matches: matches, marks }, names, source);
}
