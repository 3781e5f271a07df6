import { utf8Bytes } from "./canonical.ts";
import {
	INDEXED_PREFIX_CHARS_MAX,
	RELATED_WORDS_MAX,
	SEARCH_PREFIX_CHARS_MIN,
	SEARCH_QUERY_CHARS_MAX,
	SEARCH_TEXT_BYTES_MAX,
	SEARCH_WORDS_MAX,
	TITLE_KEY_CHARS_MAX,
} from "./limits.ts";
import { type QuizContent, questionsOf } from "./quiz.ts";

/**
 * What people search with: words, "phrases" and -exclusions, and how that becomes an expression of FTS5. Nothing of the
 * input reaches the expression except words, and each of them quoted, so that no input is ever an operator.
 */

/** One condition: words that follow one another. */
interface Term {
	words: string[];
	excluded: boolean;
	/** The last word is only the beginning of one. */
	prefix: boolean;
}

export type Search = readonly Term[];

/** What the index takes for a word: letters, digits and what belongs to them. Everything else separates. */
const WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{M}\p{Co}]*/gu;
const wordsOf = (text: string): string[] => text.match(WORD) ?? [];

/** A phrase, closed or not, or what stands up to the next space or quote; either may be excluded. */
const PART = /(-?)(?:"([^"]*)"?|([^\s"]+))/g;

/**
 * Reads a query. The last word, unless its phrase is closed, may be the beginning of one, as while somebody types; any other word
 * may with a `*`. What has no word in it is left out.
 * @returns the terms, or what is wrong with the query
 */
export function parseSearch(query: string): { ok: true; search: Search } | { ok: false; detail: string } {
	if (query.length > SEARCH_QUERY_CHARS_MAX) {
		return { ok: false, detail: `A query has at most ${SEARCH_QUERY_CHARS_MAX} characters.` };
	}
	const search = [...query.matchAll(PART)].map(termOf).filter(({ words }) => words.length > 0);
	const last = search.at(-1);
	if (last && !last.excluded && /[\p{L}\p{N}\p{M}\p{Co}]$/u.test(query)) last.prefix = isLongEnough(last);
	const count = search.reduce((sum, { words }) => sum + words.length, 0);
	if (count <= SEARCH_WORDS_MAX) return { ok: true, search };
	return { ok: false, detail: `A query has at most ${SEARCH_WORDS_MAX} words; this one has ${count}.` };
}

function termOf([, minus = "", phrase, chunk = ""]: RegExpMatchArray): Term {
	const excluded = minus === "-";
	if (phrase !== undefined) return { words: wordsOf(phrase), excluded, prefix: false };
	const term = { words: wordsOf(chunk), excluded, prefix: false };
	return { ...term, prefix: chunk.endsWith("*") && isLongEnough(term) };
}

const isLongEnough = ({ words }: Term) => [...(words.at(-1) ?? "")].length >= SEARCH_PREFIX_CHARS_MIN;

/** The query has words to be found, not only such that must not be there. */
export const isRankable = (search: Search): boolean => search.some(({ excluded }) => !excluded);

const quoted = ({ words, prefix }: Term) => `"${words.join(" ")}"${prefix ? " *" : ""}`;

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

const labelled = (labels: readonly string[]) => `labels : (${labels.map((label) => `"${label}"`).join(" OR ")})`;

/** Whom what is found is for: one of these, or anyone, where each match that is shown is looked at by itself. */
type Readers = readonly string[] | "anyone";

/** What a reader may find: an expression that everything found must satisfy. */
function conditions(readers: Readers, filters: Filters): string[] {
	const { author, difficulty, source, tag } = filters;
	return [
		...(readers === "anyone" ? [] : [labelled(readers.map(LABELS.audience))]),
		...(author === undefined ? [] : [labelled([LABELS.author(author)])]),
		...(difficulty === undefined ? [] : [labelled([LABELS.difficulty(difficulty)])]),
		...(source === undefined ? [] : [labelled([LABELS.source(source)])]),
		...(tag === undefined ? [] : [labelled([LABELS.tag(tag)])]),
	];
}

const ANYWHERE = "{title tags description questions}";
type Columns = typeof ANYWHERE | "title";

/** The FTS5 expression of a search with filters, in the columns named. */
export function matchOf(readers: Readers, filters: Filters, search: Search, columns: Columns = ANYWHERE): string {
	const wanted = wantedOf(search).map((term) => `${columns} : ${quoted(term)}`);
	const unwanted = search.filter(({ excluded }) => excluded).map(quoted);
	const all = [...conditions(readers, filters), ...wanted].join(" AND ");
	return unwanted.length === 0 ? all : `(${all}) NOT ${ANYWHERE} : (${unwanted.join(" OR ")})`;
}

const wantedOf = (search: Search) => search.filter(({ excluded }) => !excluded);

/** A beginning of a word is wanted that is longer than those in the index. */
export const hasLongBeginning = (search: Search): boolean =>
	wantedOf(search).some(({ words, prefix }) => prefix && [...(words.at(-1) ?? "")].length > INDEXED_PREFIX_CHARS_MAX);

/** The words that are wanted, without any condition on who may see them: to mark them in quizzes that were found already. */
export const markMatch = (search: Search): string => `${ANYWHERE} : (${wantedOf(search).map(quoted).join(" OR ")})`;

/** What quizzes like this one have: one of its tags, or a word of its title in theirs. */
export function relatedMatch(readers: Readers, { tags, title }: { tags: readonly string[]; title: string }): string {
	const words = [...new Set(wordsOf(title.toLowerCase()))].slice(0, RELATED_WORDS_MAX);
	const likeness = [
		...(tags.length === 0 ? [] : [labelled(tags.map(LABELS.tag))]),
		...(words.length === 0 ? [] : [`title : (${words.map((word) => `"${word}"`).join(" OR ")})`]),
	];
	return [...conditions(readers, {}), `(${likeness.join(" OR ") || '""'})`].join(" AND ");
}

/** The labels of a published quiz, without its audience, which the catalog knows. */
export const labelsOf = (quiz: {
	owner: string;
	difficulty: string;
	source: string;
	tags: readonly string[];
}): string =>
	[
		...[LABELS.author(quiz.owner), LABELS.difficulty(quiz.difficulty), LABELS.source(quiz.source)],
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
