import { MESSAGE_VERSION, type Message } from "../../src/domain/events.ts";
import { mintId } from "../../src/domain/ids.ts";
import { DIFFICULTIES, SOURCES } from "../../src/domain/quiz.ts";

/** Publications as shards send them, the same in every run: words are as frequent as words are (Zipf). */

const VOCABULARY = 20_000;
const TAGS = 200;
const HASH = "0".repeat(64);
const FIRST_DAY = Date.UTC(2026, 0, 1);

/** The word in every quiz's questions, the worst that can be searched for. */
export const EVERYWHERE = "everywhere";
/** The most frequent word of the others. */
export const FREQUENT = wordOf(0);
export const RARE = wordOf(VOCABULARY / 2);
export const TAG = tagOf(0);

/** Numbers from 0 to below 1 (mulberry32). */
function uniform(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** Pronounceable, each another: digits of the number as syllables. */
function wordOf(number: number): string {
	const syllables = ["ba", "de", "fi", "go", "lu", "ma", "ne", "ri", "so", "tu"];
	return [...String(number + 1_000)].map((digit) => syllables[Number(digit)] ?? "").join("");
}

function tagOf(number: number): string {
	return `tag ${wordOf(number)}`;
}

export class Publications {
	readonly #random: () => number;

	constructor(seed: number) {
		this.#random = uniform(seed);
	}

	/** One message: a new shard of a user with so many published quizzes. The last of the audiences is the author's tenant. */
	message(user: string, quizzes: number): Message {
		const opened = { seq: 1, at: FIRST_DAY, actor: user, kind: "shard.opened", subject: user };
		const rows: unknown[] = [{ ...opened, body: { user, tenant: `ten_${user.slice(-1)}` } }];
		for (let seq = 2; seq <= quizzes + 1; seq++) rows.push(this.#publication(user, seq));
		return { v: MESSAGE_VERSION, shard: user, first: 1, last: rows.length, hash: HASH, rows };
	}

	#publication(user: string, seq: number) {
		const random = new Uint8Array(10).map(() => this.#below(256));
		const quiz = mintId("quiz", seq, random);
		const at = FIRST_DAY + this.#below(300 * 86_400_000);
		const roll = this.#random();
		const body = {
			...{ quiz, version: HASH, version_number: 1, bytes: 4_000, questions: 10, max_score: 10, published_at: at },
			...{ visibility: roll < 0.8 ? "public" : roll < 0.9 ? "tenant" : "private" },
			...{ title: this.#text(4), description: this.#text(12) },
			tags: [...new Set([tagOf(this.#zipf(TAGS)), tagOf(this.#zipf(TAGS))])],
			...{ difficulty: DIFFICULTIES[this.#below(DIFFICULTIES.length)], source: SOURCES[this.#below(SOURCES.length)] },
			search_text: [EVERYWHERE, ...Array.from({ length: 10 }, () => `${this.#text(9)}?`)].join("\n"),
		};
		return { seq, at, actor: user, kind: "quiz.published", subject: quiz, body };
	}

	#below(limit: number): number {
		return Math.floor(this.#random() * limit);
	}

	/** The number n is about n times less frequent than 0. */
	#zipf(limit: number): number {
		return Math.floor(limit ** this.#random()) - 1;
	}

	#text(words: number): string {
		return Array.from({ length: words }, () => wordOf(this.#zipf(VOCABULARY))).join(" ");
	}
}
