/** What a closed loop did: as many callers as there are clients, each with one request under way at any time. */
export interface ClosedLoop {
	operations: number;
	seconds: number;
	per_second: number;
	/** Milliseconds, ascending. */
	latencies_ms: number[];
}

/** Runs operations 0 to `operations - 1`, `clients` at a time. */
export async function runAll(
	clients: number,
	operations: number,
	operation: (index: number) => Promise<void>,
): Promise<ClosedLoop> {
	let next = 0;
	return loop(clients, () => (next < operations ? next++ : null), operation);
}

/** Runs operations for `seconds`; those that are under way then are waited for and counted. */
export async function runFor(
	clients: number,
	seconds: number,
	operation: (index: number) => Promise<void>,
): Promise<ClosedLoop> {
	const end = performance.now() + seconds * 1_000;
	let next = 0;
	return loop(clients, () => (performance.now() < end ? next++ : null), operation);
}

async function loop(
	clients: number,
	next: () => number | null,
	operation: (index: number) => Promise<void>,
): Promise<ClosedLoop> {
	const latencies_ms: number[] = [];
	const started = performance.now();
	const client = async () => {
		for (let index = next(); index !== null; index = next()) {
			const begun = performance.now();
			await operation(index);
			latencies_ms.push(performance.now() - begun);
		}
	};
	await Promise.all(Array.from({ length: clients }, client));
	const seconds = (performance.now() - started) / 1_000;
	const operations = latencies_ms.length;
	return { operations, seconds, per_second: operations / seconds, latencies_ms: latencies_ms.sort((a, b) => a - b) };
}

/** What an open loop did: arrivals at random times that do not wait for answers, as people do not wait for one another. */
export interface OpenLoop {
	offered_per_s: number;
	/**
	 * Milliseconds from when a request should have been sent, not from when it was, ascending: what a system that stalls
	 * keeps from being sent counts against it. (G. Tene's coordinated omission.)
	 */
	latencies_ms: number[];
}

export interface Clock {
	/** Milliseconds. */
	now(): number;
	/** Timers are a millisecond too late at worst, and what is late is counted. */
	until(at: number): Promise<unknown>;
}

const CLOCK: Clock = {
	now: () => performance.now(),
	until: (at) => new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now()))),
};

/** Requests at `per_second` in the mean, with exponential gaps that are the same in every run with the same seed. */
export async function openLoop(
	per_second: number,
	seconds: number,
	operation: (index: number) => Promise<void>,
	{ clock = CLOCK, seed = 1 }: { clock?: Clock; seed?: number } = {},
): Promise<OpenLoop> {
	const due = arrivals(per_second, seconds, seed);
	const latencies_ms: number[] = [];
	const pending: Promise<void>[] = [];
	const started = clock.now();
	for (let index = 0; index < due.length; ) {
		const now = clock.now() - started;
		for (let at = due[index]; at !== undefined && at <= now; at = due[index]) {
			const intended = at;
			pending.push(operation(index++).then(() => void latencies_ms.push(clock.now() - started - intended)));
		}
		const next = due[index];
		if (next !== undefined) await clock.until(started + next);
	}
	await Promise.all(pending);
	return { offered_per_s: due.length / seconds, latencies_ms: latencies_ms.sort((a, b) => a - b) };
}

/** Times of a Poisson process in milliseconds. */
export function arrivals(per_second: number, seconds: number, seed = 1): number[] {
	const times: number[] = [];
	const draw = uniform(seed);
	for (let at = 0; ; ) {
		at += (-Math.log(1 - draw()) * 1_000) / per_second;
		if (at >= seconds * 1_000) return times;
		times.push(at);
	}
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function uniform(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}
