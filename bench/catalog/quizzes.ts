import { mintId } from "../../src/domain/ids.ts";
import { MESSAGE_VERSION, type Message } from "../../src/domain/log/events.ts";
import { DIFFICULTIES, SOURCES } from "../../src/domain/quizzes/quiz.ts";
import { VOCABULARY, Words, wordOf } from "../lib/vocabulary.ts";

/** Publications as shards send them, the same in every run. */

const TAGS = 200;
const HASH = "0".repeat(64);
const FIRST_DAY = Date.UTC(2026, 0, 1);

/** The word in every quiz's questions, the worst that can be searched for. */
export const EVERYWHERE = "everywhere";
/** The most frequent word of the others. */
export const FREQUENT = wordOf(0);
export const RARE = wordOf(VOCABULARY / 2);
export const TAG = tagOf(0);

function tagOf(number: number): string {
	return `tag ${wordOf(number)}`;
}

/** Adds words to title and description of the quiz with this number, from 0. */
export type Added = (number: number) => { title?: string; description?: string };

export class Publications {
	readonly #words: Words;
	readonly #added: Added;
	#made = 0;

	constructor(seed: number, added: Added = () => ({})) {
		this.#words = new Words(seed);
		this.#added = added;
	}

	/** One message: a new shard of a user with so many published quizzes. The last of the audiences is the author's tenant. */
	message(user: string, quizzes: number): Message {
		const opened = { seq: 1, at: FIRST_DAY, actor: user, kind: "shard.opened", subject: user };
		const rows: unknown[] = [{ ...opened, body: { user, tenant: `ten_${user.slice(-1)}` } }];
		for (let seq = 2; seq <= quizzes + 1; seq++) rows.push(this.#publication(user, seq));
		return { v: MESSAGE_VERSION, shard: user, first: 1, last: rows.length, hash: HASH, rows };
	}

	#publication(user: string, seq: number) {
		const random = new Uint8Array(10).map(() => this.#words.below(256));
		const quiz = mintId("quiz", seq, random);
		const at = FIRST_DAY + this.#words.below(300 * 86_400_000);
		const roll = this.#words.share();
		const { title = "", description = "" } = this.#added(this.#made++);
		const body = {
			quiz,
			version: HASH,
			version_number: 1,
			bytes: 4_000,
			questions: 10,
			max_score: 10,
			published_at: at,
			visibility: roll < 0.8 ? "public" : roll < 0.9 ? "tenant" : "private",
			title: `${this.#words.text(4)}${title}`,
			description: `${this.#words.text(12)}${description}`,
			tags: [...new Set([tagOf(this.#words.zipf(TAGS)), tagOf(this.#words.zipf(TAGS))])],
			difficulty: DIFFICULTIES[this.#words.below(DIFFICULTIES.length)],
			source: SOURCES[this.#words.below(SOURCES.length)],
			search_text: [EVERYWHERE, ...Array.from({ length: 10 }, () => `${this.#words.text(9)}?`)].join("\n"),
		};
		return { seq, at, actor: user, kind: "quiz.published", subject: quiz, body };
	}
}
