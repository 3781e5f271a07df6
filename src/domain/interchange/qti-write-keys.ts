import type { Question, QuestionOf } from "../quizzes/questions.ts";
import { shifted } from "./decimals.ts";
import { hasTwoDecimals } from "./marks.ts";
import { ACCENTS, WHITESPACE } from "./qti-interactions.ts";
import type { Losses } from "./report.ts";
import { linesOf, xmlEscaped } from "./xml.ts";

/** The three places where an item says its question and its key. */
export interface WrittenKey {
	declaration: string;
	interaction: string;
	processing: string;
}

const TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates";

export function writtenKeyOf(question: Question, losses: Losses): WrittenKey {
	switch (question.type) {
		case undefined:
		case "single_choice":
			return singleChoice(question);
		case "multiple_choice":
			return multipleChoice(question, losses);
		case "true_false":
			return trueFalse(question);
		case "numeric":
			return numeric(question);
		case "short_text":
			return shortText(question, losses);
		case "ordering":
			return ordering(question, losses);
		case "matching":
			return matching(question, losses);
	}
}

function declarationOf(cardinality: string, baseType: string, correct: readonly string[], mapping = ""): string {
	const values = correct.map((value) => `<qti-value>${xmlEscaped(value)}</qti-value>`).join("");
	return `  <qti-response-declaration identifier="RESPONSE" cardinality="${cardinality}" base-type="${baseType}">
    <qti-correct-response>${values}</qti-correct-response>${mapping}
  </qti-response-declaration>`;
}

/** @param entries key, score, further attributes */
function mappingOf(entries: readonly (readonly [string, number, string?])[], marks: number): string {
	const rows = entries.map(
		([key, score, more = ""]) =>
			`<qti-map-entry map-key="${xmlEscaped(key)}" mapped-value="${Number(score.toFixed(6))}"${more}/>`,
	);
	return `
    <qti-mapping default-value="0" lower-bound="0" upper-bound="${marks}">${rows.join("")}</qti-mapping>`;
}

const template = (name: string) => `  <qti-response-processing template="${TEMPLATES}/${name}.xml"/>`;

const MATCH = '<qti-match><qti-variable identifier="RESPONSE"/><qti-correct identifier="RESPONSE"/></qti-match>';

/** All of the marks for the correct response and none for any other. */
function allOrNothing(marks: number, comparison = MATCH): string {
	if (marks === 1 && comparison === MATCH) return template("match_correct");
	return `  <qti-response-processing>
    <qti-response-condition>
      <qti-response-if>${comparison}<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">${marks}</qti-base-value></qti-set-outcome-value></qti-response-if>
    </qti-response-condition>
  </qti-response-processing>`;
}

const simpleChoices = (texts: readonly string[]) =>
	texts.map((text, index) => `<qti-simple-choice identifier="C${index}">${linesOf(text)}</qti-simple-choice>`).join("");

const choiceInteraction = (choicesMax: number, choices: string) =>
	`<qti-choice-interaction response-identifier="RESPONSE" shuffle="false" max-choices="${choicesMax}">${choices}</qti-choice-interaction>`;

function singleChoice({ options, correctAnswer, marks }: QuestionOf<"single_choice">): WrittenKey {
	return {
		declaration: declarationOf("single", "identifier", [`C${correctAnswer}`]),
		interaction: choiceInteraction(1, simpleChoices(options)),
		processing: allOrNothing(marks),
	};
}

function trueFalse({ correct, marks }: QuestionOf<"true_false">): WrittenKey {
	const choices =
		'<qti-simple-choice identifier="true">True</qti-simple-choice><qti-simple-choice identifier="false">False</qti-simple-choice>';
	return {
		declaration: declarationOf("single", "identifier", [String(correct)]),
		interaction: choiceInteraction(1, choices),
		processing: allOrNothing(marks),
	};
}

const ROUNDING = "Shares of the marks are not rounded down to hundredths in QTI.";

function multipleChoice(question: QuestionOf<"multiple_choice">, losses: Losses): WrittenKey {
	const { options, correct_answers, marks, scoring } = question;
	const isPartial = scoring === "partial";
	const share = marks / correct_answers.length;
	if (isPartial && !hasTwoDecimals(share)) losses.add(ROUNDING);
	const scores = options.map((_, index) => [`C${index}`, correct_answers.includes(index) ? share : -share] as const);
	const correct = correct_answers.map((index) => `C${index}`);
	return {
		declaration: declarationOf("multiple", "identifier", correct, isPartial ? mappingOf(scores, marks) : ""),
		interaction: choiceInteraction(0, simpleChoices(options)),
		processing: isPartial ? template("map_response") : allOrNothing(marks),
	};
}

const textEntry = (attributes = "") =>
	`<div><qti-text-entry-interaction response-identifier="RESPONSE"${attributes}/></div>`;

/** A relative tolerance is a share here and in per cent there. */
function numeric(question: QuestionOf<"numeric">): WrittenKey {
	const { correct, tolerance = "0", marks, also = [] } = question;
	const first = tolerance === "0" ? MATCH : comparisonOf(question, '<qti-correct identifier="RESPONSE"/>');
	const others = also.map((one) =>
		comparisonOf(one, `<qti-base-value base-type="float">${one.correct}</qti-base-value>`),
	);
	return {
		declaration: declarationOf("single", "float", [correct]),
		interaction: textEntry(),
		processing: allOrNothing(marks, others.length === 0 ? first : `<qti-or>${[first, ...others].join("")}</qti-or>`),
	};
}

type RightNumber = Pick<QuestionOf<"numeric">, "tolerance" | "tolerance_kind">;

function comparisonOf({ tolerance = "0", tolerance_kind }: RightNumber, right: string): string {
	const mode = tolerance_kind === "relative" ? "relative" : "absolute";
	const width = mode === "relative" ? (shifted(tolerance, 2) ?? `${tolerance}e2`) : tolerance;
	// A relative tolerance is one of the first of the two.
	return `<qti-equal tolerance-mode="${mode}" tolerance="${width} ${width}">${right}<qti-variable identifier="RESPONSE"/></qti-equal>`;
}

function shortText(question: QuestionOf<"short_text">, losses: Losses): WrittenKey {
	if (question.wildcards)
		losses.add("QTI has no patterns: texts with an asterisk that stands for any text are written as they are.");
	const { accepted, marks, case_sensitive = false, accent_sensitive = false, whitespace_sensitive = false } = question;
	if (!accent_sensitive || !whitespace_sensitive) {
		losses.add(
			"Other systems may mind accents and white space: that they do not matter is said in attributes of ours.",
		);
	}
	const more = ` case-sensitive="${case_sensitive}"`;
	const entries = accepted.map((text) => [text, marks, more] as const);
	return {
		declaration: declarationOf("single", "string", accepted.slice(0, 1), mappingOf(entries, marks)),
		interaction: textEntry(` ${ACCENTS}="${accent_sensitive}" ${WHITESPACE}="${whitespace_sensitive}"`),
		processing: template("map_response"),
	};
}

function ordering({ items, correct_order, marks }: QuestionOf<"ordering">, losses: Losses): WrittenKey {
	losses.add("QTI scores an order as a whole, and not by neighbours.");
	const correct = correct_order.map((index) => `C${index}`);
	return {
		declaration: declarationOf("ordered", "identifier", correct),
		interaction: `<qti-order-interaction response-identifier="RESPONSE" shuffle="false">${simpleChoices(items)}</qti-order-interaction>`,
		processing: allOrNothing(marks),
	};
}

function matching({ prompts, choices, correct_matches, marks }: QuestionOf<"matching">, losses: Losses): WrittenKey {
	const share = marks / prompts.length;
	if (!hasTwoDecimals(share)) losses.add(ROUNDING);
	const pairs = correct_matches.map((choice, prompt) => [`P${prompt} M${choice}`, share] as const);
	const entry = (prefix: string, matchMax: number) => (text: string, index: number) =>
		`<qti-simple-associable-choice identifier="${prefix}${index}" match-max="${matchMax}">${linesOf(text)}</qti-simple-associable-choice>`;
	const sets = [prompts.map(entry("P", 1)), choices.map(entry("M", 0))].map(
		(set) => `<qti-simple-match-set>${set.join("")}</qti-simple-match-set>`,
	);
	return {
		declaration: declarationOf(
			"multiple",
			"directedPair",
			pairs.map(([pair]) => pair),
			mappingOf(pairs, marks),
		),
		interaction: `<qti-match-interaction response-identifier="RESPONSE" shuffle="false" max-associations="${prompts.length}">${sets.join("")}</qti-match-interaction>`,
		processing: template("map_response"),
	};
}
