import { uniform } from "./load.ts";

/** Texts that are the same in every run, of a fixed vocabulary whose words are as frequent as words are (Zipf). */

export const VOCABULARY = 20_000;
const SYLLABLES = ["ba", "de", "fi", "go", "lu", "ma", "ne", "ri", "so", "tu"];

/** Pronounceable, each another: digits of the number as syllables. */
export function wordOf(number: number): string {
	return [...String(number + 1_000)].map((digit) => SYLLABLES[Number(digit)] ?? "").join("");
}

/** What is drawn with one seed, one after another. */
export class Words {
	readonly #random: () => number;

	constructor(seed: number) {
		this.#random = uniform(seed);
	}

	/** From 0 to below 1. */
	share(): number {
		return this.#random();
	}

	/** A whole number from 0 to below `limit`, each as likely as any other. */
	below(limit: number): number {
		return Math.floor(this.#random() * limit);
	}

	/** The same, but n is about n times less frequent than 0. */
	zipf(limit: number): number {
		return Math.floor(limit ** this.#random()) - 1;
	}

	text(words: number): string {
		return Array.from({ length: words }, () => wordOf(this.zipf(VOCABULARY))).join(" ");
	}
}
