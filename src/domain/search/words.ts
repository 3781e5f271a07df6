/** Words as the catalog's index of texts takes them, and what it takes for the same word. */

/** What the index takes for a word: letters, digits, and the marks that belong to them. Everything else separates. */
const WORD = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;
/** The character that begins labels in the index. There it separates, in texts and so in queries. */
const LABEL = /\ue002/g;
const DIACRITICS = /[\u0300-\u036f]/g;
const ASCII = /^[\0-\x7f]*$/;

/** A word of a text as it compares, and the range [from, to) that it has there, in UTF-16 code units. */
export interface Word {
	word: string;
	from: number;
	to: number;
}

export function* wordsIn(text: string): Generator<Word> {
	for (const { 0: found, index } of text.replace(LABEL, " ").matchAll(WORD)) {
		const word = folded(found);
		if (word !== "") yield { word, from: index, to: index + found.length };
	}
}

/** The words of a text as they stand there. */
export const wordsOf = (text: string): string[] => [...wordsIn(text)].map(({ from, to }) => text.slice(from, to));

/** The words of a text as they compare, each between blanks. */
export const sequenceOf = (text: string): string => ` ${[...wordsIn(text)].map(({ word }) => word).join(" ")} `;

/** A word whatever its case and accents. */
export function folded(word: string): string {
	if (ASCII.test(word)) return word.toLowerCase();
	return word.normalize("NFD").replace(DIACRITICS, "").toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}
