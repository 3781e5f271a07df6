import { afterEach, expect, test, vi } from "vitest";
import { Meter } from "../../bench/cost/meter.ts";
import { dollarsPerMillion, noUsage } from "../../bench/cost/prices.ts";
import { arrivals, openLoop, runAll } from "../../bench/lib/load.ts";
import { quantile, shown, spread } from "../../bench/lib/statistics.ts";
import { mark } from "../../bench/peers/marking.ts";
import { peakEvents, storageDollars } from "../../bench/scale/model.ts";
import { type Setting, simulate } from "../../bench/scale/simulation.ts";
import { simulateSingle } from "../../bench/scale/single.ts";
import { decideSubmission } from "../../src/domain/attempts/attempts.ts";
import { MARK_PARTS } from "../../src/domain/quizzes/limits.ts";

/** The instruments of bench/: what they say of things whose answer is known. */

afterEach(() => {
	vi.useRealTimers();
});

test("quantiles are values that were measured, and the median of an even number lies between two", () => {
	const values = Array.from({ length: 1_000 }, (_, index) => index + 1);
	expect(quantile(values, 0.5)).toBe(500.5);
	expect(quantile(values, 0.99)).toBe(990);
	expect(quantile(values, 0.999)).toBe(999);
	expect(quantile([7], 0.999)).toBe(7);
	expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
	expect(() => spread([])).toThrow("no values");
});

test("figures have three digits", () => {
	expect([0.012345, 1.5, 12.3456, 123.456, 12_345.6, Number.NaN].map(shown)).toEqual([
		"0.0123",
		"1.5",
		"12.3",
		"123",
		"12,346",
		"–",
	]);
});

test("arrivals have their rate, exponential gaps, and are the same in every run", () => {
	const times = arrivals(1_000, 100);
	expect(times.length).toBeGreaterThan(98_000);
	expect(times.length).toBeLessThan(102_000);
	const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
	// Of exponential gaps with mean 1 ms the share e^-2 is longer than 2 ms.
	expect(gaps.filter((gap) => gap > 2).length / gaps.length).toBeCloseTo(Math.exp(-2), 2);
	expect(arrivals(1_000, 1)).toEqual(arrivals(1_000, 1));
});

test("a closed loop has as many requests under way as there are clients, and does each once", async () => {
	const done: number[] = [];
	let underWay = 0;
	let most = 0;
	const { operations, latencies_ms } = await runAll(4, 50, async (index) => {
		most = Math.max(most, ++underWay);
		await Promise.resolve();
		underWay--;
		done.push(index);
	});
	expect(most).toBe(4);
	expect(operations).toBe(50);
	expect(latencies_ms).toHaveLength(50);
	expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

test("a stall counts against all requests that it kept waiting, not against one", async () => {
	vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
	// A server that does one thing at a time, in no time, but stalls once for half a second.
	let free = 0;
	const operation = (index: number) => {
		free = Math.max(free, performance.now()) + (index === 100 ? 500 : 0);
		return new Promise<void>((resolve) => setTimeout(resolve, free - performance.now()));
	};
	const loop = openLoop(200, 2, operation);
	await vi.advanceTimersByTimeAsync(5_000);
	const { latencies_ms } = await loop;
	const waited = latencies_ms.filter((ms) => ms > 50).length;
	// About a hundred requests came while it stood still; a closed loop of one client would have seen one.
	expect(waited).toBeGreaterThan(60);
	expect(waited).toBeLessThan(130);
	expect(quantile(latencies_ms, 1)).toBeGreaterThan(490);
});

test("what the generator itself sends late counts from when it was due", async () => {
	let time = 0;
	const until = async (at: number) => {
		time = Math.max(time, at);
	};
	const busyOnce = async (index: number) => {
		// The generator's own thread does something else for half a second; every answer comes at once.
		if (index === 100) time += 500;
	};
	const { latencies_ms } = await openLoop(200, 2, busyOnce, { clock: { now: () => time, until } });
	expect(latencies_ms.filter((ms) => ms > 100).length).toBeGreaterThan(50);
	expect(quantile(latencies_ms, 0.5)).toBeLessThan(50);
});

const SETTING: Setting = {
	events_per_s: 100,
	reads_per_event: 0,
	batch_ms: 3,
	event_ms: 0.1,
	read_ms: 1,
	round_trip_ms: 5,
	seconds: 60,
	outage_s: 0,
};

test("a catalog with little to do applies everything within the queue's second; one with too much falls behind", () => {
	const calm = simulate(SETTING);
	expect(calm.applied + calm.waiting).toBeGreaterThan(5_500);
	expect(calm.lag_p99_s).toBeLessThan(1.1);
	expect(calm.d1_busy).toBeLessThan(0.05);
	// 600 events with two queries of a millisecond each are 1.2 s of work in each second.
	const drowned = simulate({ ...SETTING, events_per_s: 600, reads_per_event: 2 });
	expect(drowned.d1_busy).toBeGreaterThan(0.99);
	expect(drowned.waiting).toBeGreaterThan(10_000);
	expect(drowned.lag_p50_s).toBeGreaterThan(10);
});

test("after an outage the simulated catalog catches up as fast as D1 allows", () => {
	const { recovered_s, applied, waiting } = simulate({ ...SETTING, outage_s: 10 });
	// A thousand events in ten batches are waiting then, each of which takes some 20 ms.
	expect(recovered_s).toBeGreaterThan(0);
	expect(recovered_s).toBeLessThan(2);
	expect(waiting).toBeLessThan(applied / 10);
});

test("one database for everything answers a thousand queries of a millisecond in a second at most", () => {
	const at = (attempts_per_s: number, queries: number) =>
		simulateSingle({ attempts_per_s, queries, query_ms: 1, round_trip_ms: 5, seconds: 30 });
	const calm = at(100, 2);
	expect(calm.d1_busy).toBeCloseTo(0.2, 1);
	// Two round trips and two queries, and hardly a wait.
	expect(calm.p50_s).toBeGreaterThan(0.0119);
	expect(calm.p50_s).toBeLessThan(0.013);
	// Half of what comes is answered, and nobody is forgotten: the other half waits.
	for (const [queries, answered] of [
		[1, 1_000],
		[2, 500],
	] as const) {
		const drowned = at(2 * answered, queries);
		expect(drowned.d1_busy).toBeGreaterThan(0.99);
		expect(drowned.answered_per_s + drowned.waiting / 30).toBeGreaterThan(1.95 * answered);
		expect(drowned.answered_per_s).toBeLessThanOrEqual(answered);
		expect(drowned.p99_s).toBeGreaterThan(5);
	}
});

test("a million users who keep a billion attempts: so many at the peak, and so many dollars", () => {
	// 300,000 attempts a day, five times as many in the busiest second.
	expect(peakEvents(1_000_000)).toBeCloseTo((5 * 300_000) / 86_400);
	// Two terabytes in shards at $0.20 and a hundred gigabytes in catalogs at $0.75 per gigabyte.
	expect(storageDollars(1e9, { object_bytes: 2_000, d1_bytes: 100 })).toBeCloseTo(475);
});

test("a price is per million", () => {
	expect(dollarsPerMillion({ ...noUsage(), d1_rows_written: 3, worker_requests: 1 })).toBeCloseTo(3.3);
});

test("calls of a store are counted and answered as before", () => {
	class Store {
		#kept = "content";
		get(key: string) {
			return `${this.#kept} of ${key}`;
		}
		put(text: string) {
			this.#kept = text;
		}
	}
	const meter = new Meter();
	const store = meter.meterCalls(new Store(), { get: "kv_reads" });
	store.put("text");
	expect([store.get("a"), store.get("b")]).toEqual(["text of a", "text of b"]);
	expect(meter.take()).toEqual({ ...noUsage(), kv_reads: 2 });
	store.get("c");
	expect(meter.take().kv_reads).toBe(1);
});

test("the peers give the marks that Marksheet gives", () => {
	const questions = ["a", "b", "c"].map((id, index) => ({ id, options: 4, correct: index, marks: 1 }));
	const key = { quiz: "q", version: "v", version_number: 1, pass_percentage: 50, questions };
	const answers = { a: 0, b: 0, c: 2 };
	const own = decideSubmission(key, { quiz: "q", answers }, 0);
	const peers = mark(new Map(questions.map(({ id, correct }) => [id, correct])), answers);
	expect(own).toMatchObject({
		ok: true,
		// Ours are in hundredths.
		value: { score: peers.score * MARK_PARTS, max_score: peers.max_score * MARK_PARTS, passed: peers.passed },
	});
	expect(own.ok && own.value.percentage_bp / 100).toBe(peers.percentage);
});
