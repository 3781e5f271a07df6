import { KB } from "../units.ts";

/** The limits of search, each with its unit. */

export const SEARCH_QUERY_CHARS_MAX = 500;
/** Words of a query, those of phrases counted one by one. */
export const SEARCH_WORDS_MAX = 32;
/** A beginning of a word that is shorter is taken as a whole word: it would be the beginning of most of them. */
export const SEARCH_PREFIX_CHARS_MIN = 2;
/** The longest beginning of words that the index of the catalog's texts holds: `prefix` of `search_public` and `search_closed`. */
export const SEARCH_PREFIX_CHARS_MAX = 8;
/** Of the texts of a quiz's questions that are searched. */
export const SEARCH_TEXT_BYTES_MAX = 20 * KB;
/** Matches that are ranked, put in order or counted: the newest ones, where there are more. */
export const SEARCH_CANDIDATES_MAX = 1_000;
/** A word is rare where no more quizzes of an audience have it. A search with a rare word goes by that one through all of them. */
export const SEARCH_RARE_MAX = 500;
/** Words and filters of a search that are looked at whether they are rare; of related quizzes words of the title, and tags. */
export const SEARCH_RARE_WORDS_MAX = 6;
/** Words that the index is asked for, and as many that it is to leave out; further ones are looked for in what it finds. */
export const SEARCH_INDEX_WORDS_MAX = 8;
/** Places of quizzes in a block: 2^12, as the index has them. */
export const SEARCH_BLOCK_QUIZZES = 4_096;
/** Blocks of an audience's newest quizzes that are searched where no word is rare, the one that is being filled included. */
export const SEARCH_BLOCKS_MAX = 8;
export const SEARCH_BLOCKS_MIN = 2;
/** Quizzes that are read at once for what the index cannot tell, and how often for one page, which may then be short. */
export const SEARCH_READ_QUIZZES = 100;
export const SEARCH_READS_MAX = 4;
/** Words of a snippet. */
export const SNIPPET_WORDS = 24;
/** Places of each word or phrase among which the best piece of a text is looked for, the first ones. */
export const SNIPPET_HITS_MAX = 20;
export const FACET_TAGS_MAX = 20;
export const RELATED_MAX = 20;
/** Of a title, for the order of titles. */
export const TITLE_KEY_CHARS_MAX = 100;
