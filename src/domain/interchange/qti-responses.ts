import { MARKS_MAX } from "../limits.ts";
import { shifted } from "./decimals.ts";
import { type Losses, Skip } from "./report.ts";
import { childrenOf, elementsIn, firstNamed, named, rawText, type XmlElement } from "./xml.ts";

/** What an item says of the right response and of its score. */

export interface Declaration {
	cardinality: string;
	baseType: string;
	/** Of the correct response: identifiers, pairs or texts. */
	correct: string[];
	mapping: Mapping | null;
}

export interface Mapping {
	/** The score of a response that is not in the table. */
	otherwise: number;
	entries: { key: string; score: number; caseSensitive: boolean }[];
}

export interface Scoring {
	/** By comparing with the correct response, by the table, or with a tolerance. */
	by: "match" | "map" | "equal";
	/** What the right response is worth where the table does not say it. */
	marks: number;
	tolerance: { tolerance: string; tolerance_kind?: "relative" } | null;
}

export function declarationFor(item: XmlElement, interaction: XmlElement): Declaration {
	const wanted = interaction.attributes.get("response-identifier");
	const declared = childrenOf(item).filter(({ name }) => name === "qti-response-declaration");
	const own = declared.find(({ attributes }) => attributes.get("identifier") === wanted);
	if (!own) throw new Skip("Its interaction has no response declaration.");
	const right = firstNamed(own, "qti-correct-response");
	const mapping = firstNamed(own, "qti-mapping");
	return {
		cardinality: own.attributes.get("cardinality") ?? "single",
		baseType: own.attributes.get("base-type") ?? "identifier",
		correct: right ? [...named(right, "qti-value")].map((value) => rawText(value).trim()) : [],
		mapping: mapping && mappingOf(mapping),
	};
}

const numberOf = (text: string | undefined): number => {
	const value = Number(text ?? 0);
	return Number.isFinite(value) ? value : 0;
};

function mappingOf(mapping: XmlElement): Mapping {
	const entries = [...named(mapping, "qti-map-entry")].map(({ attributes }) => ({
		...{ key: attributes.get("map-key") ?? "", score: numberOf(attributes.get("mapped-value")) },
		caseSensitive: attributes.get("case-sensitive") === "true",
	}));
	return { otherwise: numberOf(mapping.attributes.get("default-value")), entries };
}

/** All that the processing of one comparison is made of. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
	...["qti-response-processing", "qti-response-condition", "qti-response-if", "qti-response-else", "qti-match"],
	...["qti-equal", "qti-variable", "qti-correct", "qti-set-outcome-value", "qti-base-value", "qti-map-response"],
]);

/** How an item is scored, as far as it is one of the usual ways; what else it does is lost. */
export function scoringOf(item: XmlElement, { mapping }: Declaration, losses: Losses): Scoring {
	const processing = childrenOf(item).find(({ name }) => name === "qti-response-processing");
	const plain: Scoring = { by: mapping ? "map" : "match", marks: 1, tolerance: null };
	if (!processing) return plain;
	const template = processing.attributes.get("template") ?? "";
	if (/\/map_response(\.xml)?$/.test(template)) return { ...plain, by: "map" };
	if (/\/match_correct(\.xml)?$/.test(template)) return { ...plain, by: "match" };
	const parts = [...elementsIn(processing)];
	const conditions = parts.filter(({ name }) => name === "qti-response-condition");
	if (parts.length === 1 || conditions.length > 1 || parts.some(({ name }) => !UNDERSTOOD.has(name))) {
		losses.add("Its own response processing was left out: the key scores it.");
		return plain;
	}
	const equal = parts.find(({ name }) => name === "qti-equal");
	const marks = marksIn(parts, losses);
	if (equal) return { by: "equal", marks, tolerance: toleranceOf(equal, losses) };
	return { ...plain, by: parts.some(({ name }) => name === "qti-map-response") ? "map" : "match", marks };
}

function marksIn(parts: readonly XmlElement[], losses: Losses): number {
	const set = parts.find(({ name }) => name === "qti-set-outcome-value");
	const value = set && childrenOf(set).find(({ name }) => name === "qti-base-value");
	return value ? wholeMarks(numberOf(rawText(value).trim()), losses) : 1;
}

/** Marks are whole numbers here; 1 where a score is none. */
export function wholeMarks(score: number, losses: Losses): number {
	const marks = Math.round(score);
	// A sum of thirds is not quite whole.
	if (marks >= 1 && marks <= MARKS_MAX && Math.abs(score - marks) < 1e-3) return marks;
	losses.add(`Its score of ${score} is no whole number from 1 to ${MARKS_MAX}: it is worth 1.`);
	return 1;
}

/** Two numbers, below and above; relative ones are in per cent. */
function toleranceOf({ attributes }: XmlElement, losses: Losses): Scoring["tolerance"] {
	const mode = attributes.get("tolerance-mode") ?? "exact";
	const [below, above] = (attributes.get("tolerance") ?? "").trim().split(/\s+/);
	if (mode === "exact" || !below) return null;
	if (above !== undefined && above !== below) losses.add("Of its two tolerances the one below was kept.");
	if (mode === "absolute") return { tolerance: below };
	const share = shifted(below, -2);
	if (share === null) throw new Skip("Its tolerance is not a number.");
	return { tolerance: share, tolerance_kind: "relative" };
}
