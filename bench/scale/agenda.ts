/** What is to happen when: a binary heap by time. */
export class Agenda {
	now = 0;
	readonly #heap: { at: number; happen: () => void }[] = [];

	at(at: number, happen: () => void): void {
		const heap = this.#heap;
		let index = heap.push({ at, happen }) - 1;
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (this.#time(parent) <= at) break;
			this.#swap(index, parent);
			index = parent;
		}
	}

	runUntil(end: number): void {
		for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
			this.#removeFirst();
			this.now = next.at;
			next.happen();
		}
	}

	#removeFirst(): void {
		const last = this.#heap.pop();
		if (!last || this.#heap.length === 0) return;
		this.#heap[0] = last;
		for (let index = 0; ; ) {
			const left = 2 * index + 1;
			const least = this.#time(left + 1) < this.#time(left) ? left + 1 : left;
			if (this.#time(least) >= last.at) return;
			this.#swap(index, least);
			index = least;
		}
	}

	#time(index: number): number {
		return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
	}

	#swap(a: number, b: number): void {
		const [first, second] = [this.#heap[a], this.#heap[b]];
		if (first && second) [this.#heap[a], this.#heap[b]] = [second, first];
	}
}
