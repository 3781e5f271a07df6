import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../../dev/failure.ts";
import { ROOT } from "../../dev/settings.ts";
import { STORAGE_PER_GB_MONTH } from "../cost/prices.ts";
import type { Setting } from "./simulation.ts";

/** What the simulation stands on: figures that were measured, and assumptions on how people use the product. */

/** Assumptions; change them and run again. */
export const PEOPLE = {
	/** Share of the users who come on a day. */
	daily_share: 0.1,
	/** Of each who comes. */
	attempts_per_day: 3,
	/** The busiest second against the mean one. */
	peak_factor: 5,
};

/** For how long facts of attempts stay in the catalog. */
export const YEARS_KEPT = 3;
/** Of D1, in the simulation of one. */
export const OUTAGE_S = 30;

/**
 * Queries at the catalog's primary for each event, beside the consumer's own. With read replication none, but for who takes a quiz by
 * a share: the grant is read at the primary. Without it the alarm's look at the cursor, one for a burst, is there too, and
 * the submission's look at the quiz, one per second, quiz and isolate: so two at worst, where everybody comes alone.
 */
export const READS_PER_EVENT = { worst: 2, one: 1, none: 0 };

/** Of D1, in the simulation of what comes after it, and at how many events a second. */
export const STALLS_S = [80, 600];
export const STALL_RATES = [17, 100, 500];

/** What that simulation takes for given; nothing of it is documented or was measured. */
export const STALL_ASSUMPTIONS = {
	waiting_share: 0.05,
	wait_s: 10,
	isolates: 100,
	/** Consumers take so many messages at once; wrangler.toml. */
	batch_max: 100,
	waiting_max: 1_000,
	after_s: 800,
};

/** Queries of an attempt where all is in one D1, one after the other (bench/peers/all-d1): quiz and insert, or the insert alone. */
export const QUERIES_OF_ALL_D1 = { "all-D1, naive": 2, "all-D1, lean": 1 };

/** Between a Worker and a D1 in the same region. An assumption: here there is no network. */
const ROUND_TRIP_MS = 5;

const replicationSchema = z.object({
	replays: z.array(z.object({ batch_size: z.int(), batches: z.int(), applied: z.int(), applied_per_s: z.number() })),
});

const costSchema = z.object({
	rows: z.array(
		z.object({
			kind: z.string(),
			system: z.string(),
			dollars_per_million: z.number(),
			object_bytes: z.number(),
			d1_bytes: z.number(),
		}),
	),
});

export interface Figures {
	times: Pick<Setting, "batch_ms" | "event_ms" | "read_ms" | "round_trip_ms">;
	/** Of a million attempts, when many come at once. */
	dollars_per_million: number;
	/** That an attempt leaves in its shard and in the catalog, the mean of many of each user. */
	object_bytes: number;
	d1_bytes: number;
}

/** From bench/results, where the last runs put them. */
export function measuredFigures(): Figures {
	const { replays } = replicationSchema.parse(resultsOf("replication", "bench:replication"));
	const costs = costSchema.parse(resultsOf("cost", "bench:cost")).rows;
	const perBatch = replays.map(({ batches, applied, applied_per_s }) => ({
		events: applied / batches,
		ms: (1_000 * applied) / batches / applied_per_s,
	}));
	const [smallest, largest] = [perBatch.at(0), perBatch.at(-1)];
	const costOf = (scenario: string) =>
		costs.find(({ kind, system }) => kind === "attempt" && system.startsWith(`Marksheet, ${scenario}`));
	const [busy, exam] = [costOf("busy"), costOf("exam")];
	if (!smallest || !largest || !busy || !exam)
		throw new Failure("The results in bench/results are not whole; run them again.");
	const event_ms = (largest.ms - smallest.ms) / (largest.events - smallest.events);
	return {
		times: {
			batch_ms: smallest.ms - event_ms * smallest.events,
			event_ms,
			read_ms: READ_MS,
			round_trip_ms: ROUND_TRIP_MS,
		},
		dollars_per_million: busy.dollars_per_million,
		object_bytes: exam.object_bytes,
		d1_bytes: exam.d1_bytes,
	};
}

/** For one row by its key. D1's documentation reckons with a thousand such queries per second. */
const READ_MS = 1;

function resultsOf(name: string, command: string): unknown {
	const file = join(ROOT, "bench/results", `${name}.json`);
	if (!existsSync(file)) throw new Failure(`There is no ${file}; run npm run ${command} first.`);
	return JSON.parse(readFileSync(file, "utf8"));
}

/** Dollars for a month of keeping so many attempts. */
export function storageDollars(
	attempts: number,
	{ object_bytes, d1_bytes }: Pick<Figures, "object_bytes" | "d1_bytes">,
): number {
	return (attempts * (object_bytes * STORAGE_PER_GB_MONTH.object + d1_bytes * STORAGE_PER_GB_MONTH.d1)) / 1e9;
}

/** Events per second in the busiest second. */
export function peakEvents(users: number): number {
	const { daily_share, attempts_per_day, peak_factor } = PEOPLE;
	return (users * daily_share * attempts_per_day * peak_factor) / (24 * 60 * 60);
}
