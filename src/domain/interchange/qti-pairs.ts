import { bounded, type Source } from "./qti-interactions.ts";
import { textIn } from "./qti-text.ts";
import { Skip } from "./report.ts";
import { childrenOf, named, type XmlElement } from "./xml.ts";

/** What a pair interaction says, as prompts with one choice each. */
export interface Pairing {
	prompts: string[];
	choices: string[];
	/** For each prompt the index of its choice. */
	matches: number[];
	/** For each prompt what its pair is worth by the table. */
	scores: number[];
}

interface Pair {
	left: string;
	right: string;
	score: number;
}

function pairsOf({ declaration: { correct, mapping }, scoring }: Source): Pair[] {
	const isMapped = scoring.by === "map" && mapping !== null;
	const keyed = isMapped ? mapping.entries.filter(({ score }) => score > 0) : correct.map((key) => ({ key, score: 1 }));
	return keyed.map(({ key, score }) => {
		const [left = "", right = "", ...more] = key.trim().split(/\s+/);
		if (right === "" || more.length > 0) throw new Skip("Its correct response is not made of pairs.");
		return { left, right, score };
	});
}

interface Side {
	identifiers: string[];
	texts: string[];
}

function sideOf(elements: readonly XmlElement[], { losses }: Source): Side {
	const identifiers = elements.map(({ attributes }) => attributes.get("identifier") ?? "");
	return { identifiers, texts: elements.map((element) => textIn(element, losses)) };
}

/** Each of the prompts has exactly one pair; null where that is not so. */
function paired(prompts: Side, choices: Side, pairs: readonly Pair[]): Pairing | null {
	const byPrompt = new Map(pairs.map((pair) => [pair.left, pair]));
	if (byPrompt.size !== pairs.length || pairs.length !== prompts.identifiers.length) return null;
	const own = prompts.identifiers.flatMap((identifier) => byPrompt.get(identifier) ?? []);
	const matches = own.map(({ right }) => choices.identifiers.indexOf(right));
	if (own.length !== prompts.identifiers.length || matches.includes(-1)) return null;
	return { prompts: prompts.texts, choices: choices.texts, matches, scores: own.map(({ score }) => score) };
}

const swapped = (pairs: readonly Pair[]) =>
	pairs.map(({ left, right, score }) => ({ left: right, right: left, score }));

const NO_FUNCTION = "Not each entry has exactly one partner.";

/** The first set are the prompts, or the second where only its entries have one partner each. */
export function matchSets(source: Source): Pairing {
	const sets = [...named(source.interaction, "qti-simple-match-set")].map((set) =>
		sideOf(bounded(childrenOf(set)), source),
	);
	const [first, second, ...more] = sets;
	if (!first || !second || more.length > 0) throw new Skip("It has not two sets to match.");
	const pairs = pairsOf(source);
	const pairing = paired(first, second, pairs) ?? paired(second, first, swapped(pairs));
	if (!pairing) throw new Skip(NO_FUNCTION);
	return pairing;
}

/** Pairs among one set: their first entries become prompts, all others choices. */
export function pairing(source: Source): Pairing {
	const all = bounded([...named(source.interaction, "qti-simple-associable-choice")]);
	const pairs = pairsOf(source);
	const firsts = new Set(pairs.map(({ left }) => left));
	const isFirst = (element: XmlElement) => firsts.has(element.attributes.get("identifier") ?? "");
	source.losses.add("Pairs among one list became prompts and choices.");
	const prompts = sideOf(all.filter(isFirst), source);
	const choices = sideOf(
		all.filter((element) => !isFirst(element)),
		source,
	);
	const pairing = paired(prompts, choices, pairs);
	if (!pairing) throw new Skip(NO_FUNCTION);
	return pairing;
}
