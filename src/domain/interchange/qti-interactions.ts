import { INTERCHANGE_ANSWERS_MAX } from "../limits.ts";
import { numberIn } from "./decimals.ts";
import { matchSets, type Pairing, pairing } from "./qti-pairs.ts";
import { type Declaration, type Scoring, wholeMarks } from "./qti-responses.ts";
import { textIn } from "./qti-text.ts";
import { type Losses, type QuestionDraft, Skip } from "./report.ts";
import { choiceOf } from "./weights.ts";
import { named, type XmlElement } from "./xml.ts";

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Answers = Without<QuestionDraft, "question">;

/** All that a question is made of, but for its texts. */
export interface Source {
	interaction: XmlElement;
	declaration: Declaration;
	scoring: Scoring;
	losses: Losses;
}

const READERS: ReadonlyMap<string, (source: Source) => Answers> = new Map([
	["qti-choice-interaction", (source: Source) => choice(source, "qti-simple-choice")],
	["qti-inline-choice-interaction", (source: Source) => choice(source, "qti-inline-choice")],
	["qti-text-entry-interaction", textEntry],
	["qti-order-interaction", order],
	["qti-match-interaction", (source: Source) => matching(source, matchSets(source))],
	["qti-associate-interaction", (source: Source) => matching(source, pairing(source))],
]);

/** @throws Skip where no type of question is like the interaction */
export function interactionReader(name: string): (source: Source) => Answers {
	const reader = READERS.get(name);
	if (reader) return reader;
	if (name === "qti-extended-text-interaction") throw new Skip("An essay: no answer can be scored.");
	throw new Skip(`No type of question is like ${name.slice(0, 60)}.`);
}

function choicesIn({ interaction, losses }: Source, element: string) {
	return bounded([...named(interaction, element)]).map((choice) => ({
		...{ identifier: choice.attributes.get("identifier") ?? "", text: textOfChoice(choice, losses) },
	}));
}

/** @throws Skip for more answers than any question could have */
export function bounded(answers: XmlElement[]): XmlElement[] {
	if (answers.length > INTERCHANGE_ANSWERS_MAX) throw new Skip(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
	return answers;
}

/** Feedback within a choice is text of the choice for a reader; where there is some, it is said. */
function textOfChoice(choice: XmlElement, losses: Losses): string {
	for (const _ of named(choice, "qti-feedback-inline")) losses.add("The feedback of a choice is a part of its text.");
	return textIn(choice, losses);
}

/** What each identifier is worth: by the table, or 1 for those of the correct response. */
function scoresOf({ declaration: { mapping, correct }, scoring }: Source, identifiers: readonly string[]): number[] {
	if (scoring.by !== "map" || !mapping) return identifiers.map((identifier) => (correct.includes(identifier) ? 1 : 0));
	const table = new Map(mapping.entries.map(({ key, score }) => [key.trim(), score]));
	return identifiers.map((identifier) => table.get(identifier) ?? mapping.otherwise);
}

function choice(source: Source, element: string): Answers {
	const { declaration, scoring, losses } = source;
	const choices = choicesIn(source, element);
	const identifiers = choices.map(({ identifier }) => identifier);
	const options = choices.map(({ text }) => text);
	const scores = scoresOf(source, identifiers);
	const isMapped = scoring.by === "map" && declaration.mapping !== null;
	if (declaration.cardinality === "multiple") return severalOf(source, options, scores, isMapped);
	const best = Math.max(...scores);
	const right = isMapped ? scores.indexOf(best) : identifiers.indexOf(declaration.correct[0] ?? "");
	if (right < 0 || best <= 0) throw new Skip("No choice is right.");
	if (scores.some((score, index) => index !== right && score > 0)) {
		losses.add("Scores of other choices were left out: only the right one counts.");
	}
	const marks = isMapped ? wholeMarks(best, losses) : scoring.marks;
	const isTrueFalse = identifiers.length === 2 && identifiers.includes("true") && identifiers.includes("false");
	if (isTrueFalse) return { type: "true_false", correct: identifiers[right] === "true", marks };
	return { options, correctAnswer: right, marks };
}

function severalOf({ scoring, losses }: Source, options: string[], scores: number[], isMapped: boolean): Answers {
	if (!isMapped) {
		const correct_answers = scores.flatMap((score, index) => (score > 0 ? [index] : []));
		if (correct_answers.length === 0) throw new Skip("No choice is right.");
		return { type: "multiple_choice", options, correct_answers, marks: scoring.marks };
	}
	const total = scores.reduce((sum, score) => sum + Math.max(score, 0), 0);
	const weights = scores.map((score) => ({ marked: false, weight: total > 0 ? (score / total) * 100 : 0 }));
	return { ...choiceOf(weights, losses), options, marks: wholeMarks(total, losses) };
}

const NUMBERS: ReadonlySet<string> = new Set(["float", "integer"]);

function textEntry(source: Source): Answers {
	const { declaration, scoring, losses } = source;
	if (declaration.cardinality !== "single") throw new Skip("Its response is not a single text.");
	if (NUMBERS.has(declaration.baseType)) return numeric(source);
	if (declaration.baseType !== "string") throw new Skip("Its response is neither a text nor a number.");
	const entries = scoring.by === "map" ? (declaration.mapping?.entries ?? []) : [];
	const best = entries.reduce((most, { score }) => Math.max(most, score), 0);
	const full = entries.filter(({ score }) => score === best && score > 0);
	if (entries.some(({ score }) => score > 0 && score < best)) {
		losses.add("Texts that are worth a part of the marks were left out.");
	}
	const isMapped = full.length > 0;
	const accepted = [...new Set((isMapped ? full.map(({ key }) => key) : declaration.correct).map((key) => key.trim()))];
	if (accepted.length === 0) throw new Skip("No text is right.");
	const caseSensitive = isMapped ? full.some((entry) => entry.caseSensitive) : true;
	if (isMapped && full.some((entry) => entry.caseSensitive !== caseSensitive)) losses.add("Case matters in all texts.");
	const sensitive = sensitivities(source.interaction);
	const marks = isMapped ? wholeMarks(best, losses) : scoring.marks;
	return { type: "short_text", accepted, marks, ...(caseSensitive && { case_sensitive: true }), ...sensitive };
}

/** QTI compares letters with their accents; our export says in attributes of its own where we do not. */
export const ACCENTS = "data-marksheet-accent-sensitive";
export const WHITESPACE = "data-marksheet-whitespace-sensitive";

const sensitivities = ({ attributes }: XmlElement) => ({
	...(attributes.get(ACCENTS) !== "false" && { accent_sensitive: true }),
	...(attributes.get(WHITESPACE) === "true" && { whitespace_sensitive: true }),
});

function numeric({ declaration, scoring, losses }: Source): Answers {
	const entries = scoring.by === "map" ? (declaration.mapping?.entries ?? []) : [];
	const best = entries.reduce<Mapped | null>(
		(found, entry) => (entry.score > (found?.score ?? 0) ? entry : found),
		null,
	);
	if (entries.filter(({ score }) => score > 0).length > 1) losses.add("Only the best of several numbers was kept.");
	const correct = numberIn(best?.key ?? declaration.correct[0] ?? "");
	if (correct === null) throw new Skip("Its correct response is not a number.");
	const marks = best ? wholeMarks(best.score, losses) : scoring.marks;
	return { type: "numeric", correct, marks, ...scoring.tolerance };
}
type Mapped = NonNullable<Declaration["mapping"]>["entries"][number];

function order(source: Source): Answers {
	const choices = choicesIn(source, "qti-simple-choice");
	const identifiers = choices.map(({ identifier }) => identifier);
	const correct_order = source.declaration.correct.map((identifier) => identifiers.indexOf(identifier));
	if (correct_order.includes(-1)) throw new Skip("Its right order names what is no choice.");
	source.losses.add("Neighbours in the right order count here, not only the whole order.");
	return { type: "ordering", items: choices.map(({ text }) => text), correct_order, marks: source.scoring.marks };
}

function matching({ declaration, scoring, losses }: Source, { prompts, choices, matches, scores }: Pairing): Answers {
	const isMapped = scoring.by === "map" && declaration.mapping !== null;
	const total = scores.reduce((sum, score) => sum + score, 0);
	if (!isMapped) losses.add("Each right pair counts here, not only all of them together.");
	else if (scores.some((score) => Math.abs(score - total / scores.length) > 1e-3)) {
		losses.add("Scores were evened out: each right pair counts the same.");
	}
	const marks = isMapped ? wholeMarks(total, losses) : scoring.marks;
	return { type: "matching", prompts, choices, correct_matches: matches, marks };
}
