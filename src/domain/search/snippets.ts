import { SNIPPET_HITS_MAX, SNIPPET_WORDS } from "./limits.ts";
import type { Search } from "./search.ts";
import { folded, sequenceOf, type Word, wordsIn } from "./words.ts";

/** Where in the texts of a quiz the words of a search are. */

/** In the order in which one is chosen for a snippet. */
export const FIELDS = ["title", "description", "questions", "tags"] as const;
type Field = (typeof FIELDS)[number];
export type QuizTexts = Readonly<Record<Field, string>>;

/** Where in a quiz the words were found: plain text, and in it the ranges [from, to) in UTF-16 code units. */
export interface Snippet {
	field: Field;
	text: string;
	ranges: [from: number, to: number][];
}

/** Whether the texts are what the search means: each term is in one of them, and none that is excluded. */
export function isMeant(search: Search, texts: QuizTexts): boolean {
	const sequences = FIELDS.map((field) => sequenceOf(texts[field]));
	return search.every(({ words, prefix, excluded }) => {
		const looked = ` ${words.map(folded).join(" ")}${prefix ? "" : " "}`;
		return sequences.some((sequence) => sequence.includes(looked)) !== excluded;
	});
}

/** The best piece of the first field that has any of the words; null where none is found as it is written. */
export function snippetOf(search: Search, texts: QuizTexts): Snippet | null {
	const terms = search
		.filter(({ excluded }) => !excluded)
		.map(({ words, prefix }) => ({ words: words.map(folded), prefix }));
	for (const field of FIELDS) {
		const words = [...wordsIn(texts[field])];
		const hits = terms.flatMap((term, index) => hitsOf(term, words).map((range) => ({ ...range, term: index })));
		if (hits.length > 0) return { field, ...pieceOf(texts[field], words, hits) };
	}
	return null;
}

/** A range [first, last] of the words of a text. */
interface Range {
	first: number;
	last: number;
}

/** The first places in which the words of the term follow one another. */
function hitsOf({ words, prefix }: { words: string[]; prefix: boolean }, text: readonly Word[]): Range[] {
	const length = words.length;
	const fits = (place: number, index: number): boolean => {
		const [found = "", wanted = ""] = [text[place]?.word, words[index]];
		return prefix && index === length - 1 ? found.startsWith(wanted) : found === wanted;
	};
	const hits: Range[] = [];
	for (let place = 0; place + length <= text.length && hits.length < SNIPPET_HITS_MAX; place++) {
		if (words.every((_, index) => fits(place + index, index))) hits.push({ first: place, last: place + length - 1 });
	}
	return hits;
}

/** As many words as a snippet has, where the most terms are, with some of what goes before. */
function pieceOf(text: string, words: readonly Word[], hits: readonly (Range & { term: number })[]) {
	const inOrder = hits.toSorted((a, b) => a.first - b.first);
	let best = { terms: 0, first: 0, last: 0 };
	for (const { first } of inOrder) {
		const within = inOrder.filter((hit) => hit.first >= first && hit.last < first + SNIPPET_WORDS);
		const terms = new Set(within.map(({ term }) => term)).size;
		if (terms > best.terms) best = { terms, first, last: Math.max(...within.map(({ last }) => last)) };
	}
	const spare = SNIPPET_WORDS - (best.last - best.first + 1);
	const from = Math.max(0, Math.min(best.first - (spare >> 1), words.length - SNIPPET_WORDS));
	const to = Math.min(words.length, from + SNIPPET_WORDS) - 1;
	const begin = from === 0 ? 0 : (words[from]?.from ?? 0);
	const end = to === words.length - 1 ? text.length : (words[to]?.to ?? text.length);
	const before = begin > 0 ? "…" : "";
	const shown = inOrder.filter(({ first, last }) => first >= from && last <= to);
	const ranges = shown.map(({ first, last }): [number, number] => [words[first]?.from ?? 0, words[last]?.to ?? 0]);
	return {
		text: `${before}${text.slice(begin, end)}${end < text.length ? "…" : ""}`,
		ranges: joined(ranges).map(([a, b]): [number, number] => [a - begin + before.length, b - begin + before.length]),
	};
}

/** Ranges in their order, those that overlap as one. */
function joined(ranges: readonly [number, number][]): [number, number][] {
	const all: [number, number][] = [];
	for (const [from, to] of ranges) {
		const last = all.at(-1);
		if (last && from < last[1]) last[1] = Math.max(last[1], to);
		else all.push([from, to]);
	}
	return all;
}
