import { REPLICATION_MINUTES_KEPT_MS, TALLY_FLUSH_MS } from "../../domain/log/limits.ts";
import { logLine, reason } from "../../log-line.ts";
import type { BatchReport } from "./consumer.ts";

const MINUTE_MS = 60_000;

const COUNTED = ["messages", "duplicates", "gaps", "poisoned", "unreadable", "failed", "ahead", "deferred"] as const;

/** What consumers did, by the minute. */
export interface Minute extends Record<(typeof COUNTED)[number], number> {
	minute: number;
	batches: number;
	events: number;
}

const COLUMNS = ["batches", "events", ...COUNTED] as const;

const ADD = `INSERT INTO replication_minutes (minute, ${COLUMNS.join(", ")})
	SELECT value ->> 'minute', ${COLUMNS.map((name) => `value ->> '${name}'`).join(", ")} FROM json_each(?1) WHERE true
	ON CONFLICT (minute) DO UPDATE SET ${COLUMNS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;

/**
 * Counts what this isolate's consumer does and writes it down once in a while: a row for each batch would cost more than the
 * batch. What was not written yet is lost with the isolate, so these are figures for the eye, not accounts.
 */
export class Tally {
	#minutes = new Map<number, Minute>();
	#flushedAt = 0;

	/** Never throws: what cannot be written is kept for the next time. */
	async add(db: D1Database, report: BatchReport, now: number): Promise<void> {
		const minute = Math.floor(now / MINUTE_MS);
		const sum = this.#minutes.get(minute) ?? emptyMinute(minute);
		for (const name of COUNTED) sum[name] += report[name];
		sum.batches++;
		sum.events += report.applied;
		this.#minutes.set(minute, sum);
		if (now - this.#flushedAt < TALLY_FLUSH_MS) return;
		this.#flushedAt = now;
		const minutes = [...this.#minutes.values()].filter(
			(each) => each.minute * MINUTE_MS > now - REPLICATION_MINUTES_KEPT_MS,
		);
		this.#minutes = new Map();
		try {
			await db.prepare(ADD).bind(JSON.stringify(minutes)).run();
		} catch (error) {
			logLine("error", { at: "tally", error: reason(error) });
			for (const each of minutes) this.#keep(each);
		}
	}

	#keep(minute: Minute): void {
		const sum = this.#minutes.get(minute.minute) ?? emptyMinute(minute.minute);
		for (const name of COLUMNS) sum[name] += minute[name];
		this.#minutes.set(minute.minute, sum);
	}
}

const emptyMinute = (minute: number): Minute => ({
	minute,
	batches: 0,
	messages: 0,
	events: 0,
	duplicates: 0,
	gaps: 0,
	poisoned: 0,
	unreadable: 0,
	failed: 0,
	ahead: 0,
	deferred: 0,
});

/** Sums over the minutes after `since`, an instant in milliseconds since the epoch. */
export async function countsSince(db: D1Database, since: number): Promise<Omit<Minute, "minute">> {
	const sums = COLUMNS.map((name) => `coalesce(sum(${name}), 0) AS ${name}`).join(", ");
	const query = `SELECT ${sums} FROM replication_minutes WHERE minute > ?`;
	const row = await db
		.prepare(query)
		.bind(Math.floor(since / MINUTE_MS))
		.first<Omit<Minute, "minute">>();
	return row ?? emptyMinute(0);
}

export async function purgeMinutes(db: D1Database, now: number): Promise<void> {
	const before = Math.floor((now - REPLICATION_MINUTES_KEPT_MS) / MINUTE_MS);
	await db.prepare("DELETE FROM replication_minutes WHERE minute < ?").bind(before).run();
}
