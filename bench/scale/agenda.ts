interface Entry {
	at: number;
	happen: () => void;
}

/** What is to happen when: a binary heap by time. */
export class Agenda {
	now = 0;
	readonly #heap: Entry[] = [];

	at(at: number, happen: () => void): void {
		const heap = this.#heap;
		const entry = { at, happen };
		let index = heap.push(entry) - 1;
		while (index > 0) {
			const above = (index - 1) >> 1;
			const parent = heap[above];
			if (!parent || parent.at <= at) break;
			heap[index] = parent;
			index = above;
		}
		heap[index] = entry;
	}

	runUntil(end: number): void {
		for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
			this.#removeFirst();
			this.now = next.at;
			next.happen();
		}
	}

	#removeFirst(): void {
		const heap = this.#heap;
		const last = heap.pop();
		if (!last || heap.length === 0) return;
		let index = 0;
		for (;;) {
			const left = 2 * index + 1;
			const one = heap[left];
			const other = heap[left + 1];
			const least = one && other && other.at < one.at ? other : one;
			if (!least || least.at >= last.at) break;
			heap[index] = least;
			index = least === one ? left : left + 1;
		}
		heap[index] = last;
	}
}
