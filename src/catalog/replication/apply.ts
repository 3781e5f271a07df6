import { APPLY_BYTES_MAX } from "../../domain/log/limits.ts";
import { logLine, reason, word } from "../../log-line.ts";
import { causeOf, UNDO } from "./causes.ts";
import { fold } from "./fold.ts";
import type { Run } from "./runs.ts";

/** What became of the runs, for the log line, the counters and tests. */
export interface ApplyReport {
	applied: number;
	/** Events that the catalog could not take; they are dead letters now. */
	poisoned: number;
	failed: number;
	transactions: number;
	statements: number;
	rows_read: number;
	rows_written: number;
}

export const newApplyReport = (): ApplyReport => ({
	applied: 0,
	poisoned: 0,
	failed: 0,
	transactions: 0,
	statements: 0,
	rows_read: 0,
	rows_written: 0,
});

/**
 * What became of a run. `moved`: nothing is wrong with it, but another consumer has moved its cursor, or that of a run in the same
 * transaction, or a rebuild holds one: read the cursors again.
 */
export type RunOutcome = "applied" | "moved" | "failed";

/** A run and who waits for it: `done` is called once it is in the catalog, or has failed, never before. */
export interface Work {
	run: Run;
	bytes: number;
	done(outcome: RunOutcome): void;
}

/** Applies the runs, which follow their shards' cursors and one another, in transactions within the platform's bounds. */
export async function applyAll(
	db: D1Database,
	works: readonly Work[],
	now: number,
	report: ApplyReport,
): Promise<void> {
	for (const chunk of chunksOf(works)) await apply(db, chunk, now, report);
}

/** Works in order, cut so that one transaction's parameters stay within the platform's bounds. */
function* chunksOf(works: readonly Work[]): Generator<Work[]> {
	let chunk: Work[] = [];
	let bytes = 0;
	for (const work of works) {
		if (chunk.length > 0 && bytes + work.bytes > APPLY_BYTES_MAX) {
			yield chunk;
			chunk = [];
			bytes = 0;
		}
		chunk.push(work);
		bytes += work.bytes;
	}
	if (chunk.length > 0) yield chunk;
}

/** The runs of one shard as one run, since a cursor moves only once in a transaction. */
function joined(works: readonly Work[]): Run[] {
	const runs = new Map<string, Run>();
	for (const { run } of works) {
		const earlier = runs.get(run.user);
		if (!earlier) runs.set(run.user, run);
		else {
			const events = [...earlier.events, ...run.events];
			runs.set(run.user, { ...run, from: earlier.from, events, poison: [...earlier.poison, ...run.poison] });
		}
	}
	return [...runs.values()];
}

/** One transaction. If something in it is refused, it is tried in halves, so that one run does not stop the others. */
async function apply(db: D1Database, works: Work[], now: number, report: ApplyReport): Promise<void> {
	try {
		await commit(db, joined(works), now, report);
		for (const work of works) work.done("applied");
	} catch (error) {
		const cause = causeOf(error);
		const [only] = works;
		if (works.length > 1 && cause === "refused") {
			const half = Math.ceil(works.length / 2);
			await apply(db, works.slice(0, half), now, report);
			await apply(db, works.slice(half), now, report);
		} else if (only && cause === "refused") await applyWithoutPoison(db, only, now, report);
		else notApplied(works, error, report);
	}
}

async function commit(db: D1Database, runs: readonly Run[], now: number, report: ApplyReport): Promise<void> {
	const statements = fold(db, runs, now);
	report.transactions++;
	report.statements += statements.length;
	for (const { meta } of await db.batch(statements)) {
		report.rows_read += meta.rows_read;
		report.rows_written += meta.rows_written;
	}
	for (const { from, to, poison } of runs) {
		report.applied += to - from;
		report.poisoned += poison.length;
	}
}

function notApplied(works: readonly Work[], error: unknown, report: ApplyReport): void {
	if (causeOf(error) === "moved") {
		for (const work of works) work.done("moved");
		return;
	}
	report.failed += works.length;
	const users = [...new Set(works.map((work) => work.run.user))];
	logLine("error", { at: "apply", users: users.slice(0, 10).map(word), error: reason(error) });
	for (const work of works) work.done("failed");
}

/** Finds the events that the database refuses, and applies the run with them as dead letters. */
async function applyWithoutPoison(db: D1Database, work: Work, now: number, report: ApplyReport): Promise<void> {
	const { run } = work;
	try {
		const refused = await refusedOf(db, run, run.events, now);
		const poison = [...refused].map(([event, error]) => ({ seq: event.seq, error, row: JSON.stringify(event) }));
		const events = run.events.filter((event) => !refused.has(event));
		await commit(db, [{ ...run, events, poison: [...run.poison, ...poison] }], now, report);
		work.done("applied");
	} catch (error) {
		notApplied([work], error, report);
	}
}

type Event = Run["events"][number];

/** Which of the events are refused, each with its error, by bisection: at most twice as many tries as there are events. */
async function refusedOf(db: D1Database, run: Run, events: Event[], now: number): Promise<Map<Event, string>> {
	const [only] = events;
	if (!only) return new Map();
	try {
		await db.batch([...fold(db, [{ ...run, events, poison: [] }], now), db.prepare(UNDO)]);
	} catch (error) {
		const cause = causeOf(error);
		if (cause === "undone") return new Map();
		if (cause !== "refused") throw error;
		if (events.length === 1) return new Map([[only, String(error)]]);
		const half = Math.ceil(events.length / 2);
		const first = await refusedOf(db, run, events.slice(0, half), now);
		return new Map([...first, ...(await refusedOf(db, run, events.slice(half), now))]);
	}
	throw new Error("a transaction that must fail did not");
}
