import { parseCommandLine } from "../../dev/command-line.ts";
import { run } from "../../dev/failure.ts";
import { D1_GB_MAX } from "../cost/prices.ts";
import { writeResults } from "../lib/results.ts";
import { shown } from "../lib/statistics.ts";
import {
	type Figures,
	measuredFigures,
	OUTAGE_S,
	PEOPLE,
	peakEvents,
	QUERIES_OF_ALL_D1,
	READS_PER_EVENT,
	STALL_ASSUMPTIONS,
	STALL_RATES,
	STALLS_S,
	storageDollars,
	YEARS_KEPT,
} from "./model.ts";
import { BEFORE, NOW } from "./rules.ts";
import { QUEUE_PER_S_MAX, type Simulated, simulate } from "./simulation.ts";
import { simulateSingle } from "./single.ts";
import { partOf, simulateStall } from "./stall.ts";
import {
	assumptions,
	type Rate,
	type SingleRate,
	type Sized,
	type StallRate,
	singleTable,
	sizeTable,
	stallTable,
	sweepTable,
} from "./tables.ts";

/**
 * How far one catalog goes, how many are needed for how many users, and what becomes of one that stood still: by arithmetic
 * and by simulation. The last of these is of a tenth of the size, unless `--whole` is given, which takes an hour.
 */

/** Of the size, in the simulation of stalls: the same answers as the whole one gives, where that was run. */
const PART = 0.1;

const RATES = [10, 100, 300, 500, 700, 1_000, 2_000, 4_000];
/** Of attempts, where all is in one database. */
const SINGLE_RATES = [100, 400, 600, 900, 1_000, 2_000];
const USERS = [1e4, 1e5, 1e6, 1e7, 1e8];
const SECONDS = 120;
/** Of D1's time, at the peak; beyond it lag grows and nothing is left for catching up. */
const BUSY_MAX = 0.6;

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run bench:scale [-- OPTIONS]",
		about:
			"How far one catalog goes, how many are needed for how many users, and what becomes of one that stood still.",
		options: { whole: { type: "boolean", default: false, about: "the last of these in full size: an hour" } },
	});
	const isWhole = values.whole;
	const figures = measuredFigures();
	const { times } = figures;
	const fit = `D1's time for a batch: ${shown(times.batch_ms)} ms and ${shown(times.event_ms)} ms for each event`;
	console.log(
		`${fit} (measured); for a query of one row: ${times.read_ms} ms; round trip: ${times.round_trip_ms} ms (assumed).\n`,
	);
	const sweeps = Object.entries(READS_PER_EVENT).map(([name, reads_per_event]) => ({
		name,
		reads_per_event,
		rates: RATES.map((events_per_s): Rate => ({ events_per_s, ...simulated(figures, events_per_s, reads_per_event) })),
	}));
	for (const { reads_per_event, rates } of sweeps) console.log(`${sweepTable(reads_per_event, rates)}\n`);
	const single = Object.entries(QUERIES_OF_ALL_D1).flatMap(([form, queries]) =>
		SINGLE_RATES.map((rate) => singleRate(figures, form, queries, rate)),
	);
	console.log(`${singleTable(single)}\n`);
	const stalls = stalled(figures, isWhole ? 1 : PART);
	console.log(`${stallTable(stalls)}\n`);
	const sizes = USERS.map((users) => sized(figures, users));
	console.log(sizeTable(sizes));
	console.log(`\n${assumptions}`);
	writeResults("scale", { people: PEOPLE, figures, sweeps, single, stalls, sizes });
});

function stalled({ times }: Figures, part: number): StallRate[] {
	const cells = [true, false].flatMap((hasReplica) =>
		STALLS_S.flatMap((stall_s) => STALL_RATES.map((events_per_s) => ({ hasReplica, stall_s, events_per_s }))),
	);
	return cells.map((cell) => {
		const setting = partOf({ ...STALL_ASSUMPTIONS, ...times, ...cell }, part);
		return { ...cell, before: simulateStall(setting, BEFORE), now: simulateStall(setting, NOW) };
	});
}

function simulated({ times }: Figures, events_per_s: number, reads_per_event: number, outage_s = 0): Simulated {
	return simulate({ ...times, events_per_s, reads_per_event, seconds: SECONDS, outage_s });
}

function singleRate({ times }: Figures, form: string, queries: number, attempts_per_s: number): SingleRate {
	const { read_ms: query_ms, round_trip_ms } = times;
	const setting = { attempts_per_s, queries, query_ms, round_trip_ms, seconds: SECONDS };
	return { form, attempts_per_s, ...simulateSingle(setting) };
}

/** As many catalogs as D1's time and its size ask for, and how each of them then does. */
function sized(figures: Figures, users: number): Sized {
	const peak = peakEvents(users);
	// More than there are with replicas, as if all quizzes were taken by shares: a margin.
	const reads = READS_PER_EVENT.one;
	const catalogs_for_load = smallest((count) => {
		const each = peak / count;
		return each <= QUEUE_PER_S_MAX && busy(figures, each, reads) <= BUSY_MAX;
	});
	const attempts_per_year = users * PEOPLE.daily_share * PEOPLE.attempts_per_day * 365;
	const catalogs_for_storage = Math.ceil((attempts_per_year * YEARS_KEPT * figures.d1_bytes) / (D1_GB_MAX * 1e9));
	const catalogs = Math.max(catalogs_for_load, catalogs_for_storage);
	return {
		users,
		peak_events_per_s: peak,
		catalogs_for_load,
		catalogs_for_storage,
		catalogs,
		dollars_per_month: (attempts_per_year / 12 / 1e6) * figures.dollars_per_million,
		storage_dollars_per_month: storageDollars(attempts_per_year * YEARS_KEPT, figures),
		at_peak: simulated(figures, peak / catalogs, reads),
		after_outage: simulated(figures, peak / catalogs, reads, OUTAGE_S),
	};
}

/** Share of D1's time at this rate, with full batches; where batches are not full there is time enough anyway. */
function busy({ times }: Figures, events_per_s: number, reads_per_event: number): number {
	const batches_per_s = Math.max(1, events_per_s / 100);
	const work =
		batches_per_s * (times.batch_ms + times.read_ms) +
		events_per_s * (times.event_ms + reads_per_event * times.read_ms);
	return work / 1_000;
}

function smallest(enough: (count: number) => boolean): number {
	let count = 1;
	while (!enough(count)) count++;
	return count;
}
