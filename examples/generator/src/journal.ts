import { z } from "zod";
import { quizContentSchema } from "../../../src/domain/quizzes/quiz.ts";
import { FAILURE_CODES } from "./problem.ts";
import { USAGE_NOTES } from "./provider.ts";

/** How the work on a generation came out. All that follows from it is idempotent. */
const outcomeSchema = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("answered"),
		content: quizContentSchema,
		dropped: z.int(),
		tokens_used: z.int().nullable(),
		usage: z.enum(USAGE_NOTES),
	}),
	z.object({ kind: z.literal("failed"), code: z.enum(FAILURE_CODES), detail: z.string() }),
]);
export type Outcome = z.output<typeof outcomeSchema>;
export type Answered = Extract<Outcome, { kind: "answered" }>;
export type Failed = Extract<Outcome, { kind: "failed" }>;

/** A call that asks the provider, and another one if that broke off. */
export const TRIES_MAX = 2;
const claimSchema = z.object({ tries: z.int(), until: z.int() });

/**
 * The outcome of each generation, by its hold, written down before anyone acts on it. A provider never says the same
 * twice; so a retry after a crash must find what was said, and two callers with one key must go by the same outcome,
 * else one would settle what the other releases. R2 is strongly consistent, so of two writers exactly one is first.
 */
export class Journal {
	readonly #bucket: R2Bucket;

	constructor(bucket: R2Bucket) {
		this.#bucket = bucket;
	}

	async read(hold: string): Promise<Outcome | null> {
		const object = await this.#bucket.get(hold);
		return object ? outcomeSchema.parse(await object.json()) : null;
	}

	/**
	 * Whether this call may ask the provider: one at a time, and no more than TRIES_MAX in all.
	 * @param life_ms after which a call that did not come back has broken off
	 */
	async claim(hold: string, now: number, life_ms: number): Promise<"mine" | "others" | "exhausted"> {
		const name = `${hold}.claim`;
		const object = await this.#bucket.get(name);
		const earlier = object ? claimSchema.parse(await object.json()) : { tries: 0, until: 0 };
		if (earlier.until > now) return "others";
		if (earlier.tries >= TRIES_MAX) return "exhausted";
		const onlyIf = object ? { etagMatches: object.etag } : new Headers({ "If-None-Match": "*" });
		const claim = JSON.stringify({ tries: earlier.tries + 1, until: now + life_ms });
		return (await this.#bucket.put(name, claim, { onlyIf })) ? "mine" : "others";
	}

	/** Writes the outcome unless there is one. @returns the one that holds */
	async decide(hold: string, outcome: Outcome): Promise<Outcome> {
		const onlyIf = new Headers({ "If-None-Match": "*" });
		const isFirst = await this.#bucket.put(hold, JSON.stringify(outcome), { onlyIf });
		if (isFirst) return outcome;
		const earlier = await this.read(hold);
		if (!earlier) throw new Error(`the outcome of ${hold} was deleted`);
		return earlier;
	}

	/** An answer that Marksheet refused for good is a failure from then on. */
	async overrule(hold: string, outcome: Failed): Promise<void> {
		await this.#bucket.put(hold, JSON.stringify(outcome));
	}
}
