import { QUESTIONS } from "./marksheet.ts";
import { VOCABULARY, Words } from "./vocabulary.ts";

/** What the quizzes say that systems are filled with to be listed and searched: the same for all of them and in every run. */

/** What is searched for: words with letters that no syllable of the vocabulary has, so nothing else matches them, whole or in part. */
export const SEARCHED = {
	/** In as many quizzes however many there are. */
	rare: "axolotl",
	/** In a share of all quizzes. */
	common: "history",
} as const;
export const RARE_QUIZZES = 20;
export const COMMON_EVERY = 10;
/** So many seeded quizzes have all of the rare ones among them. */
export const SEEDED_MIN = 900;
const RARE_EVERY = SEEDED_MIN / RARE_QUIZZES;

export interface SeededQuiz {
	title: string;
	description: string;
}

/** Quiz `n`, from 0. Every other one that has a searched word has it in its title, the rest in their descriptions. */
export function seededQuiz(n: number): SeededQuiz {
	const words = new Words(n);
	const title = words.text(3 + words.below(3));
	const description = words.text(8 + words.below(8));
	const { word, count } = searchedIn(n);
	if (word === null) return { title, description };
	return count % 2 === 0
		? { title: `${title} ${word}`, description }
		: { title, description: `${description} ${word}` };
}

/** The searched word that quiz `n` has, and how many before it have the same. */
function searchedIn(n: number): { word: string | null; count: number } {
	if (n < SEEDED_MIN && n % RARE_EVERY === 0) return { word: SEARCHED.rare, count: n / RARE_EVERY };
	if (n % COMMON_EVERY === 1) return { word: SEARCHED.common, count: Math.floor(n / COMMON_EVERY) };
	return { word: null, count: 0 };
}

/** The texts of its questions, which only Marksheet searches; none has a searched word. */
export function questionTexts(n: number): string[] {
	const words = new Words(VOCABULARY + n);
	return Array.from({ length: QUESTIONS }, () => `${words.text(9)}?`);
}
