import { expect, test } from "vitest";
import {
	COMMON_EVERY,
	questionTexts,
	RARE_QUIZZES,
	SEARCHED,
	SEEDED_MIN,
	seededQuiz,
} from "../../bench/lib/seeded-quizzes.ts";
import { VOCABULARY, Words, wordOf } from "../../bench/lib/vocabulary.ts";

/** What bench/ fills catalogs with: as many quizzes have a searched word as is said, and no others. */

const seeded = (quizzes: number) => Array.from({ length: quizzes }, (_, n) => seededQuiz(n));
/** How many have the word in the title, and how many in the description. */
const having = (quizzes: ReturnType<typeof seeded>, word: string) => ({
	title: quizzes.filter(({ title }) => title.includes(word)).length,
	description: quizzes.filter(({ description }) => description.includes(word)).length,
});

test("a rare word is in as many quizzes however many there are, a common one in a share of them", () => {
	const half = RARE_QUIZZES / 2;
	for (const size of [SEEDED_MIN, 1_000, 20_000]) {
		const quizzes = seeded(size);
		expect(having(quizzes, SEARCHED.rare)).toEqual({ title: half, description: half });
		const common = having(quizzes, SEARCHED.common);
		expect(common).toEqual({ title: size / COMMON_EVERY / 2, description: size / COMMON_EVERY / 2 });
	}
});

test("a searched word ends its field as a word of its own, and is in no question", () => {
	for (let n = 0; n < 1_000; n++) {
		const { title, description } = seededQuiz(n);
		const texts = [title, description, ...questionTexts(n)];
		for (const word of Object.values(SEARCHED)) {
			expect(questionTexts(n).filter((text) => text.includes(word))).toEqual([]);
			for (const text of texts.filter((each) => each.includes(word))) expect(text.split(" ").at(-1)).toBe(word);
		}
	}
});

test("seeded quizzes are the same in every run, and not the same as one another", () => {
	expect(seededQuiz(45)).toEqual(seededQuiz(45));
	expect(questionTexts(45)).toEqual(questionTexts(45));
	expect(new Set(seeded(1_000).map(({ description }) => description)).size).toBe(1_000);
	expect(new Set(Array.from({ length: 100 }, (_, n) => questionTexts(n).join())).size).toBe(100);
});

test("each word of the vocabulary is another, and the first is the most frequent", () => {
	const words = Array.from({ length: VOCABULARY }, (_, number) => wordOf(number));
	expect(new Set(words).size).toBe(VOCABULARY);
	const counts = new Map<string, number>();
	for (const word of new Words(1).text(50_000).split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
	const [first = 0, tenth = 0] = [0, 9].map((number) => counts.get(wordOf(number)) ?? 0);
	expect(Math.max(...counts.values())).toBe(first);
	// Word n comes with a probability of ln((n + 2) / (n + 1)) / ln(20,000).
	expect(first / 50_000).toBeCloseTo(Math.log(2) / Math.log(VOCABULARY), 2);
	expect(tenth / 50_000).toBeCloseTo(Math.log(11 / 10) / Math.log(VOCABULARY), 2);
});
