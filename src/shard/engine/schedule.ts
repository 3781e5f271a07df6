/** Something that the clock alone changes. */
export interface Timed {
	/** When it changes something next, null if never. Asked with each command, so it must be cheap. */
	nextDueAt(): number | null;
	/** Does what is due by `now`, or a bounded part of it; within a transaction. */
	advance(user: string, tenant: string, now: number): void;
	/** Called after a transaction was undone. */
	forgetCache(): void;
}

/** Everything in a shard that the clock changes. */
export class Schedule implements Timed {
	readonly #parts: readonly Timed[];

	constructor(parts: readonly Timed[]) {
		this.#parts = parts;
	}

	nextDueAt(): number | null {
		const first = Math.min(...this.#parts.map((part) => part.nextDueAt() ?? Infinity));
		return first === Infinity ? null : first;
	}

	advance(user: string, tenant: string, now: number): void {
		for (const part of this.#parts) part.advance(user, tenant, now);
	}

	forgetCache(): void {
		for (const part of this.#parts) part.forgetCache();
	}
}
