import { OPTION_CHARS_MAX } from "../quizzes/limits.ts";
import { CASE_UNSAID } from "./qti-names.ts";
import { bounded } from "./qti-source.ts";
import { Skip } from "./report.ts";
import { childrenOf, firstNamed, named, rawText, saysTrue, type XmlElement } from "./xml.ts";

/** What an item says of the right response, before its processing says what it is worth. */

export interface Declaration {
	identifier: string;
	cardinality: string;
	baseType: string;
	/** Of the correct response: identifiers, pairs or texts. */
	correct: string[];
	mapping: Mapping | null;
}

export interface Mapping {
	/** The score of a response that is not in the table. */
	otherwise: number;
	/** What all scores of a response together are at least and at most. */
	bounds: { lower: number; upper: number };
	entries: MapEntry[];
	/** Whether it leaves open if case matters in its texts. */
	caseUnsaid: boolean;
}

export interface MapEntry {
	key: string;
	score: number;
	caseSensitive: boolean;
}

export function declarationFor(item: XmlElement, interaction: XmlElement): Declaration {
	const wanted = interaction.attributes.get("response-identifier");
	const declared = childrenOf(item).filter(({ name }) => name === "qti-response-declaration");
	const own = declared.find(({ attributes }) => attributes.get("identifier") === wanted);
	if (!own) throw new Skip("Its interaction has no response declaration.");
	const right = firstNamed(own, "qti-correct-response");
	const mapping = firstNamed(own, "qti-mapping");
	return {
		identifier: wanted ?? "",
		cardinality: own.attributes.get("cardinality") ?? "single",
		baseType: own.attributes.get("base-type") ?? "identifier",
		correct: right ? bounded([...named(right, "qti-value")]).map((value) => rawText(value).trim()) : [],
		mapping: mapping && mappingOf(mapping),
	};
}

/** The number that a text says; `otherwise` for what says none. */
export function numberOf(text: string | undefined, otherwise = 0): number {
	const value = Number(text?.trim() || otherwise);
	return Number.isFinite(value) ? value : otherwise;
}

function mappingOf(mapping: XmlElement): Mapping {
	const entries = [...named(mapping, "qti-map-entry")].map(({ attributes }) => ({
		key: (attributes.get("map-key") ?? "").trim().slice(0, OPTION_CHARS_MAX + 1),
		score: numberOf(attributes.get("mapped-value")),
		caseSensitive: saysTrue(attributes.get("case-sensitive")),
	}));
	const { attributes } = mapping;
	return {
		otherwise: numberOf(attributes.get("default-value")),
		bounds: {
			lower: attributes.has("lower-bound") ? numberOf(attributes.get("lower-bound")) : Number.NEGATIVE_INFINITY,
			upper: attributes.has("upper-bound") ? numberOf(attributes.get("upper-bound")) : Number.POSITIVE_INFINITY,
		},
		entries,
		caseUnsaid: [...named(mapping, "qti-map-entry")].some((entry) => entry.attributes.has(CASE_UNSAID)),
	};
}
