import { readAgainPause } from "./backoff.ts";
import { CURSOR_READ_SLOW_MS, LAG_KNOWN_MS, LOOK_PAUSE_MS_MIN } from "./limits.ts";

/**
 * What an isolate knows of the catalog from its own reads of cursors and from those who waited for it. In memory only: an
 * isolate that knows nothing asks.
 */
export class Outlook {
	/** While reads fail, since when none was tried, and for how long none will be; null while they are answered. */
	#silence: { since: number; span_ms: number } | null = null;
	readonly #draw: () => number;
	/** The lag is longer than this, as far as is known; 0 where nothing is. */
	#longerThan_ms = 0;
	/** When that was learnt, or last put to the test. */
	#lagAt = 0;
	/** Whose wait ended last without having got there; one shard alone may be held up by something of its own. */
	#lateUser: string | null = null;

	/** @param draw gives random numbers from 0 to below 1 */
	constructor(draw: () => number) {
		this.#draw = draw;
	}

	/** Whether to read at all: while reads fail, one of all that would like to may try once in a while. */
	mayRead(now: number): boolean {
		if (this.#silence === null) return true;
		const mayTry = isPast(this.#silence.since, this.#silence.span_ms, now);
		if (mayTry) this.failed(now);
		return mayTry;
	}

	/** An answer that was long in coming says that others wait too, so it counts as a failure. */
	answered(took_ms: number, now: number): void {
		if (took_ms > CURSOR_READ_SLOW_MS) this.failed(now);
		else this.#silence = null;
	}

	failed(now: number): void {
		this.#silence = { since: now, span_ms: readAgainPause(this.#draw()) };
	}

	/** Whether waiting so long would be in vain. Once in a while one is told that it would not, to see how it fares. */
	isInVain(wait_ms: number, now: number): boolean {
		if (this.#longerThan_ms === 0 || wait_ms > this.#longerThan_ms) return false;
		if (isPast(this.#lagAt, LAG_KNOWN_MS, now)) {
			this.#lagAt = now;
			return false;
		}
		return true;
	}

	/** The catalog has got to where somebody waited for it. */
	reached(): void {
		this.#longerThan_ms = 0;
		this.#lateUser = null;
	}

	/** It has not. What happened to two users, one after the other, is taken to happen to all. */
	late(user: string, waited_ms: number, now: number): void {
		if (waited_ms < LOOK_PAUSE_MS_MIN) return;
		if (this.#lateUser !== null && this.#lateUser !== user && waited_ms >= this.#longerThan_ms) {
			this.#longerThan_ms = waited_ms;
			this.#lagAt = now;
		}
		this.#lateUser = user;
	}
}

/** Clocks may step back; what lies ahead of them then is taken as past. */
const isPast = (since: number, span_ms: number, now: number): boolean => now < since || now - since >= span_ms;
