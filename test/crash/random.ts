/** Small, seeded and the same on Node and in the Worker, so that what it decides can be decided again (mulberry32). */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed | 0;
	}

	/** Another generator, whose numbers do not depend on how many were drawn from this one. */
	static of(seed: number, ...path: readonly (number | string)[]): Random {
		let hash = seed ^ 0x811c9dc5;
		for (const character of path.join("/")) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
		return new Random(hash);
	}

	/** A whole number from 0 to `n` - 1. */
	below(n: number): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % n;
	}

	/** A whole number, both bounds included. */
	between(min: number, max: number): number {
		return min + this.below(max - min + 1);
	}

	/** @param permille how often of a thousand times */
	chance(permille: number): boolean {
		return this.below(1_000) < permille;
	}

	pick<T>(items: readonly [T, ...T[]]): T {
		return items[this.below(items.length)] ?? items[0];
	}

	/** One of the names, as often as its weight says. */
	weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
		// The entries of a record of numbers by K are just that.
		const entries = Object.entries(weights) as [K, number][];
		let rest = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
		for (const [name, weight] of entries) {
			if (rest < weight) return name;
			rest -= weight;
		}
		throw new Error("there are no weights");
	}
}
