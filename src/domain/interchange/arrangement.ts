import { sha256Hex } from "../canonical.ts";
import type { XmlElement } from "./xml.ts";

/**
 * Sources list pairs and right orders as they are right, and leave it to the system that shows them to shuffle. Nothing shuffles
 * them here, so an import puts such texts into an order that says nothing of the key: it depends on the texts alone, and does not
 * follow what they mean, as the alphabet and numbers often do.
 *
 * @param isFixed whether the text with this index stays in its place
 * @returns the indices of the texts, in the order in which they are to be shown
 */
export function arrangement(texts: readonly string[], isFixed = (_: number): boolean => false): number[] {
	const digests = texts.map((text) => sha256Hex(text));
	const moved = [...texts.keys()]
		.filter((index) => !isFixed(index))
		.sort((a, b) => ((digests[a] ?? "") < (digests[b] ?? "") ? -1 : 1));
	const next = moved.values();
	return [...texts.keys()].map((index) => (isFixed(index) ? index : (next.next().value ?? index)));
}

/** What can be chosen in an interaction of QTI, with its texts. */
export interface Labelled {
	identifiers: string[];
	texts: string[];
}

/** The same in the order in which it is to be shown; what QTI calls fixed stays in its place. */
export function arrangedElements(elements: readonly XmlElement[], { identifiers, texts }: Labelled): Labelled {
	const shown = arrangement(texts, (index) => elements[index]?.attributes.get("fixed") === "true");
	const inOrder = (list: readonly string[]) => shown.map((index) => list[index] ?? "");
	return { identifiers: inOrder(identifiers), texts: inOrder(texts) };
}
