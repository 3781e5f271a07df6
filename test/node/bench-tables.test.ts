import { expect, test } from "vitest";
import { goalsOf, goalsTable, isReached } from "../../bench/goals.ts";
import { type Circumstances, circumstancesLine } from "../../bench/lib/results.ts";
import { spread } from "../../bench/lib/statistics.ts";
import { latencyRow, latencyTable } from "../../bench/workloads/latency.ts";
import { type RowsRow, rowShare, rowsTable } from "../../bench/workloads/rows.ts";

/** What bench/ makes of its measurements. */

test("latency is of rounds, and the last thousandth only of requests enough to have one", () => {
	const round = (ms: number, requests: number) => ({
		offered_per_s: 100,
		latencies_ms: Array.from({ length: requests }, () => ms),
	});
	const few = latencyRow("x", 0.5, [round(1, 400), round(3, 400), round(2, 199)]);
	expect(few).toMatchObject({ requests: 999, p50_ms: { median: 2, min: 1, max: 3 }, p999_ms: null });
	const enough = latencyRow("x", 0.5, [round(1, 500), round(3, 500)]);
	expect(enough).toMatchObject({ p99_ms: { median: 2, min: 1, max: 3 }, p999_ms: 3 });
	expect(latencyTable([few, enough])).toMatch(/ –\n.* 3\s*$/);
});

test("the share of a row is the slope of the processor time", () => {
	const row = (rows: number, us: number): RowsRow => ({
		rows,
		per_second: spread([1_000 / rows]),
		processor_us: spread([us]),
	});
	const rows = [row(1, 300), row(2, 340), row(3, 380), row(9, 620)];
	expect(rowShare(rows)).toBeCloseTo(40);
	expect(rowsTable(rows)).toContain("Each further row: 40 µs");
	expect(rowShare([{ ...row(1, 300), processor_us: null }])).toBeNaN();
});

test("a goal compares Marksheet with its peer, and the largest size with the smallest", () => {
	const one = { users: 1, processor_us: null, p50_ms: spread([1]) };
	const hot = (system: string, per_s: number) => ({
		...one,
		workload: "submit, one hot user",
		system,
		per_second: spread([per_s]),
	});
	const read = (size: number, ms: number, rows_read: number) => ({
		read: "list",
		system: "Marksheet",
		size,
		latency_ms: spread([ms]),
		rows_read,
	});
	const grown = (rows: number, ms: number) => ({
		rows,
		command_ms: spread([ms]),
		command_processor_us: null,
		cold_ms: spread([1]),
	});
	const goals = goalsOf({
		throughput: [hot("Marksheet", 80), hot("floor", 100), hot("all-D1, lean", 60), hot("Hono + PostgreSQL", 80)],
		reads: [read(100_000, 1.2, 44), read(1_000, 1, 20), { ...read(1_000, 1, 20), read: "search of a word" }],
		growth: [grown(1_000_000, 3), grown(100, 2)],
		replays: [],
		cost: [],
	});
	expect(goals.map((goal) => [goal.measured.toFixed(2), goal.bound, isReached(goal)])).toEqual([
		["0.80", 0.7, true],
		["1.33", 1.5, false],
		["1.00", 1, true],
		["2.20", 1, false],
		["1.20", 1.3, true],
		["1.50", 1.2, false],
	]);
	expect(goalsTable(goals).match(/missed/g)).toHaveLength(3);
});

test("a run says of what it is, and whether anything waited for a disk", () => {
	const clean: Circumstances = {
		measured_at: "2026-11-21T02:09:13.764Z",
		commit: "abc",
		changed_sources: 0,
		node: "v24",
		note: "Note.",
		machine: { processors: 2, model: "X", memory_gb: 25 },
		state_in_memory: false,
		fsync_us: 90,
	};
	const line =
		"latest: 2026-11-21T02:09Z, commit abc, 2 × X, 25 GB, Node v24, state on disk, an fsync takes 90 µs. Note.";
	expect(circumstancesLine("latest", clean)).toBe(line);
	const changed = circumstancesLine("latest", { ...clean, changed_sources: 3, state_in_memory: true });
	expect(changed).toContain("commit abc, with 3 changed files, ");
	expect(changed).toContain("STATE IN MEMORY");
});
