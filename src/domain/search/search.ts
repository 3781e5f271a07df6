import { utf8Bytes } from "../canonical.ts";
import { type QuizContent, questionsOf } from "../quizzes/quiz.ts";
import {
	SEARCH_BLOCKS_MAX,
	SEARCH_BLOCKS_MIN,
	SEARCH_INDEX_WORDS_MAX,
	SEARCH_PREFIX_CHARS_MAX,
	SEARCH_PREFIX_CHARS_MIN,
	SEARCH_QUERY_CHARS_MAX,
	SEARCH_RARE_WORDS_MAX,
	SEARCH_TEXT_BYTES_MAX,
	SEARCH_WORDS_MAX,
	TITLE_KEY_CHARS_MAX,
} from "./limits.ts";
import { folded, wordsOf } from "./words.ts";

/**
 * What people search with: words, "phrases" and -exclusions, and how that becomes expressions of FTS5. Nothing of the
 * input reaches an expression except words, and each of them quoted, so that no input is ever an operator.
 */

/** One condition: words that follow one another. */
interface Term {
	words: string[];
	excluded: boolean;
	/** The last word is only the beginning of one. */
	prefix: boolean;
}

export type Search = readonly Term[];

/** A phrase, closed or not, or what stands up to the next space or quote; either may be excluded. */
const PART = /(-?)(?:"([^"]*)"?|([^\s"]+))/g;

/**
 * Reads a query. At most one word is the beginning of one: the first that has a `*`, or else the last word, unless its phrase is closed,
 * as while somebody types. What has no word in it is left out, and so is what the query says twice.
 * @returns the terms, or what is wrong with the query
 */
export function parseSearch(query: string): { ok: true; search: Search } | { ok: false; detail: string } {
	if (query.length > SEARCH_QUERY_CHARS_MAX) {
		return { ok: false, detail: `A query has at most ${SEARCH_QUERY_CHARS_MAX} characters.` };
	}
	const terms = [...query.matchAll(PART)].map(termOf).filter(({ words }) => words.length > 0);
	const count = terms.reduce((sum, { words }) => sum + words.length, 0);
	if (count > SEARCH_WORDS_MAX) {
		return { ok: false, detail: `A query has at most ${SEARCH_WORDS_MAX} words; this one has ${count}.` };
	}
	const beginning = terms.find(({ prefix }) => prefix);
	const last = terms.at(-1);
	if (!beginning && last && !last.excluded && WORD_AT_END.test(query)) last.prefix = isLongEnough(last);
	for (const term of terms) term.prefix &&= !beginning || isSame(term, beginning);
	return { ok: true, search: withoutRepeats(terms) };
}

const WORD_AT_END = /[\p{L}\p{N}\p{M}\p{Co}]$/u;

function termOf([, minus = "", phrase, chunk = ""]: RegExpMatchArray): Term {
	const excluded = minus === "-";
	if (phrase !== undefined) return { words: wordsOf(phrase), excluded, prefix: false };
	const term = { words: wordsOf(chunk), excluded, prefix: false };
	return { ...term, prefix: !excluded && chunk.endsWith("*") && isLongEnough(term) };
}

const isLongEnough = ({ words }: Term) => [...(words.at(-1) ?? "")].length >= SEARCH_PREFIX_CHARS_MIN;

/** What two terms have in common that say the same, but for what may follow. */
const keyOf = ({ words, excluded }: Term) => `${excluded}${words.map(folded).join(" ")}`;
const isSame = (a: Term, b: Term) => keyOf(a) === keyOf(b);

/** Each condition once; a whole word says more than its own beginning. */
function withoutRepeats(terms: readonly Term[]): Term[] {
	const whole = new Set(terms.filter(({ prefix }) => !prefix).map(keyOf));
	const kept = new Map<string, Term>();
	for (const term of terms) {
		const key = keyOf(term);
		if (!kept.has(key) && !(term.prefix && whole.has(key))) kept.set(key, term);
	}
	return [...kept.values()];
}

/** The query has words to be found, not only such that must not be there. */
export const isRankable = (search: Search): boolean => search.some(({ excluded }) => !excluded);

const hex = (text: string) => Buffer.from(text).toString("hex");

/** Words of the column `labels`, one for each thing that can be filtered by. Hexadecimal, so that a value is one word, exactly. */
export const LABELS = {
	audience: (audience: string) => `a${hex(audience)}`,
	author: (user: string) => `o${hex(user)}`,
	difficulty: (difficulty: string) => `d${difficulty}`,
	source: (source: string) => `s${source}`,
	tag: (tag: string) => `t${hex(tag)}`,
};

export type Filters = Partial<Record<Exclude<keyof typeof LABELS, "audience">, string | undefined>>;

/** Begins each label in the index: a character that the index frees texts of, so that no text can pretend to have a label. */
const LABEL = "\ue002";
const labelled = (label: string) => `"${LABEL}${label}"`;

/**
 * What must be there, as pieces of expressions of FTS5 that the catalog joins for each audience with what keeps the search to a
 * bounded part of the index. It is exact except where {@link mustBeRead} says otherwise: then it finds more.
 */
export interface Expression {
	/** Begins with " AND ", or is empty; one for each of {@link TIERS}. */
	wanted: string[];
	/** Begins with " NOT ", or is empty. */
	unwanted: string;
	/** The words and labels that may be rare, the likeliest first. If one is, nothing else need keep the search small. */
	tokens: string[];
	/** How many blocks of the newest quizzes are searched where none of these is rare. */
	blocks: number;
}

/** Columns by which what is found is ranked: all words in the title, in title and tags, also in the description, anywhere. */
const TIERS = ["{title} : ", "{title tags} : ", "{title tags description} : ", ""] as const;
/** The tier that everything found is in. */
export const ANYWHERE = TIERS.length - 1;

const wordOf = (word: string) => `"${word}"`;
const beginningOf = (word: string) => `"${[...word].slice(0, SEARCH_PREFIX_CHARS_MAX).join("")}" *`;
const longestFirst = (words: readonly string[]) => words.toSorted((a, b) => b.length - a.length);

/** Whole words that are wanted, those of phrases one by one, and the beginning of one. */
function wantedOf(search: Search) {
	const wanted = search.filter(({ excluded }) => !excluded);
	const words = wanted.flatMap(({ words, prefix }) => (prefix ? words.slice(0, -1) : words));
	const beginning = wanted.find(({ prefix }) => prefix)?.words.at(-1);
	return { words: [...new Map(words.map((word) => [folded(word), word])).values()], beginning };
}

const unwantedOf = (search: Search) =>
	search.flatMap(({ excluded, words }) => (excluded && words.length === 1 ? words.map(wordOf) : []));

export function expressionOf(filters: Filters, search: Search): Expression {
	const { words, beginning } = wantedOf(search);
	const whole = longestFirst(words).slice(0, SEARCH_INDEX_WORDS_MAX).map(wordOf);
	const begun = beginning === undefined ? [] : [beginningOf(beginning)];
	const unwanted = unwantedOf(search).slice(0, SEARCH_INDEX_WORDS_MAX);
	const { author, tag, difficulty, source } = filters;
	const exact = [
		...(author === undefined ? [] : [labelled(LABELS.author(author))]),
		...(tag === undefined ? [] : [labelled(LABELS.tag(tag))]),
	];
	const coarse = [
		...(difficulty === undefined ? [] : [labelled(LABELS.difficulty(difficulty))]),
		...(source === undefined ? [] : [labelled(LABELS.source(source))]),
	];
	const all = [...exact, ...whole, ...begun, ...coarse];
	const labels = [...exact, ...coarse].map((label) => ` AND ${label}`).join("");
	const inColumns = (columns: string) => [...whole, ...begun].map((word) => ` AND ${columns}${word}`).join("") + labels;
	return {
		wanted: TIERS.map(inColumns),
		unwanted: unwanted.length === 0 ? "" : ` NOT (${unwanted.join(" OR ")})`,
		tokens: all.slice(0, SEARCH_RARE_WORDS_MAX),
		blocks: blocksFor(all.length + unwanted.length),
	};
}

/** So many that about as much is compared, however many words there are. */
function blocksFor(words: number): number {
	const share = Math.floor(SEARCH_BLOCKS_MAX / Math.max(1, words));
	return Math.max(SEARCH_BLOCKS_MIN, share);
}

/**
 * The index is not asked for all that the query says: it knows neither which words follow one another nor long beginnings, and of very many words
 * it is asked for the longest. What it finds has to be read to know whether it is meant.
 */
export function mustBeRead(search: Search): boolean {
	const { words, beginning = "" } = wantedOf(search);
	return (
		search.some(({ words }) => words.length > 1) ||
		[...beginning].length > SEARCH_PREFIX_CHARS_MAX ||
		Math.max(words.length, unwantedOf(search).length) > SEARCH_INDEX_WORDS_MAX
	);
}

/** What quizzes like this one have, one for each: a word of its title in theirs, or one of its tags. */
export function likenessOf({ tags, title }: { tags: readonly string[]; title: string }): string[] {
	const words = [...new Map(wordsOf(title).map((word) => [folded(word), word])).values()];
	const longest = longestFirst(words).slice(0, SEARCH_RARE_WORDS_MAX);
	return [
		...tags.slice(0, SEARCH_RARE_WORDS_MAX).map((tag) => labelled(LABELS.tag(tag))),
		...longest.map((word) => `title : ${wordOf(word)}`),
	];
}

/** The labels of a published quiz, without its audience, which the catalog knows. */
export const labelsOf = (quiz: {
	owner: string;
	difficulty: string;
	source: string;
	tags: readonly string[];
}): string =>
	[
		LABELS.author(quiz.owner),
		LABELS.difficulty(quiz.difficulty),
		LABELS.source(quiz.source),
		...quiz.tags.map(LABELS.tag),
	].join(" ");

/**
 * What of a content the catalog searches beside title, tags and description: the texts of the questions, each once, as many of them
 * as fit. No options, no key, no explanation, no hint: nothing that a reader of the quiz without its key does not see.
 */
export function searchText(content: QuizContent): string {
	const texts = new Set(questionsOf(content).map(({ question }) => question.replace(/[\s\p{Cc}]+/gu, " ").trim()));
	let kept = "";
	for (const text of texts) {
		const longer = kept === "" ? text : `${kept}\n${text}`;
		if (utf8Bytes(longer) > SEARCH_TEXT_BYTES_MAX) break;
		kept = longer;
	}
	return kept;
}

/** A title as titles are put in order: whatever its case and accents. */
export const titleKey = (title: string): string =>
	title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().normalize("NFC").slice(0, TITLE_KEY_CHARS_MAX);
