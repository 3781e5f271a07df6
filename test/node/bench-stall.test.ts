import { describe, expect, test } from "vitest";
import { Agenda } from "../../bench/scale/agenda.ts";
import { Database } from "../../bench/scale/database.ts";
import { STALL_ASSUMPTIONS, STALL_RATES, STALLS_S } from "../../bench/scale/model.ts";
import { BEFORE, NOW } from "../../bench/scale/rules.ts";
import { partOf, type StallSetting, simulateStall } from "../../bench/scale/stall.ts";

/** A tenth of the system in a simulation that goes by the product's own rules: a catalog that stood still comes back by itself. */

/** It is the processor that takes long here, and others may want it too. */
const TEST_MS_MAX = 180_000;
const TIMES = { batch_ms: 3, event_ms: 0.1, read_ms: 1, round_trip_ms: 5 };

const tenth = (setting: Pick<StallSetting, "stall_s" | "events_per_s" | "hasReplica">) =>
	partOf({ ...STALL_ASSUMPTIONS, ...TIMES, ...setting }, 0.1);

const CELLS = [true, false].flatMap((hasReplica) =>
	STALLS_S.flatMap((stall_s) => STALL_RATES.map((events_per_s) => ({ hasReplica, stall_s, events_per_s }))),
);

test.each(CELLS)(
	"every shard catches up: $stall_s s, $events_per_s events/s, replica: $hasReplica",
	(cell) => {
		const { recovered_s, dead_letters, d1_busy, waiting } = simulateStall(tenth(cell), NOW);
		expect(recovered_s).not.toBeNull();
		expect(dead_letters).toBe(0);
		// Within five minutes, and with room to spare for D1, where it has a replica, as it should have.
		if (cell.hasReplica) expect(recovered_s).toBeLessThan(300);
		if (cell.hasReplica) expect(d1_busy).toBeLessThan(0.2);
		// Of what is written in the last seconds the consumer has not heard yet.
		expect(waiting).toBeLessThan(cell.events_per_s);
	},
	TEST_MS_MAX,
);

test(
	"with the rules of before, shards that were late together kept D1 from everything else for good",
	() => {
		const { recovered_s, d1_busy, waiting } = simulateStall(
			tenth({ hasReplica: true, stall_s: 80, events_per_s: 500 }),
			BEFORE,
		);
		expect(recovered_s).toBeNull();
		expect(d1_busy).toBeGreaterThan(0.99);
		expect(waiting).toBeGreaterThan(10_000);
	},
	TEST_MS_MAX,
);

test("without a stall hardly a row waits, and each has one message and one look at its cursor", () => {
	const calm = simulateStall({ ...tenth({ hasReplica: true, stall_s: 0, events_per_s: 100 }), waiting_share: 0 }, NOW);
	expect(calm).toMatchObject({ recovered_s: 0, dead_letters: 0, primary_reads_per_event: 0, refused_share: 0 });
	expect(calm.messages_per_event).toBeLessThan(1.01);
	expect(calm.replica_reads_per_event).toBeLessThan(1.01);
	expect(calm.d1_busy).toBeLessThan(0.05);
});

describe("a simulated database", () => {
	/** What became of queries of 100 ms each that came at these times. */
	function answers(at: readonly number[], stall: { from: number; to: number }): [at: number, ok: boolean][] {
		const agenda = new Agenda();
		const database = new Database(agenda, { waiting_max: 3, wait_ms_max: 1_000 }, stall);
		const answered: [number, boolean][] = [];
		for (const time of at) agenda.at(time, () => database.ask(100, (ok) => answered.push([agenda.now, ok])));
		agenda.runUntil(100_000);
		return answered;
	}
	const NEVER = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

	test("does one thing after another, and refuses what finds too many waiting", () => {
		expect(answers([0, 0, 0, 0, 0], NEVER)).toEqual([
			[0, false],
			[100, true],
			[200, true],
			[300, true],
			[400, true],
		]);
	});

	test("refuses what has waited for too long while it stands still, and goes on with the rest", () => {
		expect(answers([0, 500, 900], { from: 0, to: 1_200 })).toEqual([
			[1_000, false],
			[1_300, true],
			[1_400, true],
		]);
	});
});
