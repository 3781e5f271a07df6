import { arrangedElements, type Labelled } from "./arrangement.ts";
import { type RightSelection, rightSelection } from "./qti-selections.ts";
import { bounded, type QtiSource } from "./qti-source.ts";
import { optionIn } from "./qti-text.ts";
import { atomOf, containerOf } from "./qti-values.ts";
import type { Names } from "./qti-verification.ts";
import { neededTexts, Skip } from "./report.ts";
import { childrenOf, named, type XmlElement } from "./xml.ts";

/** What a pair interaction says, as prompts with one choice each. */
export interface Pairing {
	prompts: string[];
	choices: string[];
	/** For each prompt the index of its choice. */
	matches: number[];
	/** What the pairs are worth. */
	selection: RightSelection;
	/** How QTI calls the prompts and the choices. */
	names: Names;
	/** Whether a wrong pair costs something. */
	penalty: boolean;
}

interface Pair {
	left: string;
	right: string;
}

/** The right pairs, told from what pairs are worth. */
function selectedPairs({ declaration, scoring }: QtiSource): RightSelection {
	const pairsIn = (texts: readonly string[]) => texts.map((text) => String(atomOf(text, declaration.baseType)));
	const keys = declaration.mapping?.entries.filter(({ score }) => score > 0).map(({ key }) => key) ?? [];
	const sets = [declaration.correct, ...bounded([...scoring.sets])].map(pairsIn);
	const known = bounded([...new Set([...sets.flat(), ...pairsIn([...keys, ...scoring.constants])])]);
	if (declaration.cardinality === "single") {
		return rightSelection(known, [], ([pair = null, ...more]) => (more.length > 0 ? 0 : scoring.scoreOf(pair)));
	}
	return rightSelection(known, sets, (members) => scoring.scoreOf(containerOf(members, false)));
}

function pairOf(text: string): Pair {
	const [left = "", right = "", ...more] = text.split(" ");
	if (right === "" || more.length > 0) throw new Skip("Its correct response is not made of pairs.");
	return { left, right };
}

function sideOf(elements: readonly XmlElement[], source: QtiSource): Labelled {
	const identifiers = elements.map(({ attributes }) => attributes.get("identifier")?.trim() ?? "");
	const side = { identifiers, texts: elements.map((element) => optionIn(element, source)) };
	return source.interaction.attributes.get("shuffle") === "false" ? side : arrangedElements(elements, side);
}

type Matches = Pick<Pairing, "prompts" | "choices" | "matches" | "names">;

/** Each of the prompts has exactly one pair; null where that is not so. */
function paired(prompts: Labelled, choices: Labelled, pairs: readonly Pair[], isSwapped = false): Matches | null {
	const byPrompt = new Map(pairs.map((pair) => [pair.left, pair.right]));
	if (byPrompt.size !== pairs.length || pairs.length !== prompts.identifiers.length) return null;
	const matches = prompts.identifiers.map((identifier) => choices.identifiers.indexOf(byPrompt.get(identifier) ?? ""));
	if (matches.includes(-1)) return null;
	const names = { identifiers: prompts.identifiers, choices: choices.identifiers, swapped: isSwapped };
	return { prompts: neededTexts(prompts.texts), choices: neededTexts(choices.texts), matches, names };
}

const swapped = (pairs: readonly Pair[]) => pairs.map(({ left, right }) => ({ left: right, right: left }));

const NO_FUNCTION = "Not each entry has exactly one partner.";

/** The first set are the prompts, or the second where only its entries have one partner each. */
export function matchSets(source: QtiSource): Pairing {
	const sets = [...named(source.interaction, "qti-simple-match-set")].map((set) => bounded(childrenOf(set)));
	const [one, two, ...more] = sets;
	if (!one || !two || more.length > 0) throw new Skip("It has not two sets to match.");
	const [first, second] = [sideOf(one, source), sideOf(two, source)];
	const selection = selectedPairs(source);
	const pairs = selection.members.map(pairOf);
	const matches = paired(first, second, pairs) ?? paired(second, first, swapped(pairs), true);
	if (!matches) throw new Skip(NO_FUNCTION);
	return { ...matches, selection, penalty: hasPenalty(source, selection, first, second) };
}

/** Pairs among one set: their first entries become prompts, all others choices. */
export function associated(source: QtiSource): Pairing {
	const all = bounded([...named(source.interaction, "qti-simple-associable-choice")]);
	const selection = selectedPairs(source);
	const pairs = selection.members.map(pairOf);
	const firsts = new Set(pairs.map(({ left }) => left));
	const isFirst = (element: XmlElement) => firsts.has(element.attributes.get("identifier") ?? "");
	source.losses.add("Pairs among one list became prompts and choices.");
	const prompts = sideOf(all.filter(isFirst), source);
	const choices = sideOf(
		all.filter((element) => !isFirst(element)),
		source,
	);
	const matches = paired(prompts, choices, pairs);
	if (!matches) throw new Skip(NO_FUNCTION);
	return { ...matches, selection, penalty: hasPenalty(source, selection, prompts, choices) };
}

/** Whether wrong pairs take something away: one of them as an example, of those that the item does not name. */
function hasPenalty(
	{ declaration, scoring }: QtiSource,
	{ members }: RightSelection,
	one: Labelled,
	two: Labelled,
): boolean {
	const [kept] = members;
	if (kept === undefined) return false;
	const wrong = two.identifiers.map((right) => String(atomOf(`${one.identifiers[0]} ${right}`, declaration.baseType)));
	const alone = scoring.scoreOf(containerOf([kept], false));
	return wrong.some(
		(pair) => !members.includes(pair) && scoring.scoreOf(containerOf([kept, pair], false)) < alone - 1e-6,
	);
}
