import { SWEEP_LAGGING_MAX, SWEEP_ROTATION_SHARDS, SWEEP_STEP_ROWS } from "../../domain/log/limits.ts";
import { DAY_MS } from "../../domain/units.ts";

/** Where the sweep stands; see the table `sweep`. */
export interface SweepState {
	since: number;
	started_at: number;
	day: number;
	shard: number;
	rotation: number;
	lagging_after: string;
	/** Shards that this pass has looked at, and those of them that were behind. */
	looked: number;
	behind: number;
	updated_at: number;
	finished_at: number | null;
}

export async function readSweep(db: D1Database): Promise<SweepState | null> {
	const query = `SELECT since, started_at, day, shard, rotation, lagging_after, looked, behind, updated_at, finished_at
		FROM sweep`;
	return db.prepare(query).first<SweepState>();
}

export async function writeSweep(db: D1Database, state: SweepState): Promise<void> {
	const query = `INSERT OR REPLACE INTO sweep (one, since, started_at, day, shard, rotation, lagging_after, looked, behind,
		updated_at, finished_at) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
	const { since, started_at, day, shard, rotation, lagging_after, looked, behind, updated_at, finished_at } = state;
	await db
		.prepare(query)
		.bind(since, started_at, day, shard, rotation, lagging_after, looked, behind, updated_at, finished_at)
		.run();
}

/** A shard as the directory has it. */
export interface DirectoryEntry {
	user_id: string;
	applied_seq: number;
	head_hash: string;
}

/** What one step of the sweep may look at. */
export interface SweepPage {
	/** Rows of `applied_days`, in its order, with the shards that they name. */
	days: (DirectoryEntry & { day: number; shard: number; applied_at: number })[];
	/** Shards that were behind. Cursor 0 for one that the directory does not know. */
	lagging: DirectoryEntry[];
	/** Shards of the slow round. */
	round: (DirectoryEntry & { number: number })[];
}

const DAYS = `SELECT d.day, d.shard, s.user_id, s.applied_seq, s.head_hash, s.applied_at
	FROM (SELECT day, shard FROM applied_days WHERE (day, shard) > (?1, ?2) ORDER BY day, shard LIMIT ${SWEEP_STEP_ROWS}) AS d
	JOIN shards AS s ON s.number = d.shard ORDER BY d.day, d.shard`;
const LAGGING = `SELECT l.user_id, coalesce(s.applied_seq, 0) AS applied_seq, coalesce(s.head_hash, '') AS head_hash
	FROM lagging AS l LEFT JOIN shards AS s ON s.user_id = l.user_id WHERE l.user_id > ?1
	ORDER BY l.user_id LIMIT ${SWEEP_LAGGING_MAX}`;
const ROUND = `SELECT number, user_id, applied_seq, head_hash FROM shards WHERE number > ?1
	ORDER BY number LIMIT ${SWEEP_ROTATION_SHARDS}`;

export async function readSweepPage(db: D1Database, state: SweepState): Promise<SweepPage> {
	const [days, lagging, round] = await db.batch([
		db.prepare(DAYS).bind(state.day, state.shard),
		db.prepare(LAGGING).bind(state.lagging_after),
		db.prepare(ROUND).bind(state.rotation),
	]);
	// The columns are those that the three queries above select, in this order.
	return { days: days?.results, lagging: lagging?.results, round: round?.results } as SweepPage;
}

/** Removes days that no pass will walk again. */
export async function purgeDays(db: D1Database, before: number): Promise<void> {
	const query = `DELETE FROM applied_days WHERE (day, shard) IN (
		SELECT day, shard FROM applied_days WHERE day < ? ORDER BY day, shard LIMIT ${5 * SWEEP_STEP_ROWS})`;
	await db.prepare(query).bind(before).run();
}

export const dayOf = (at: number): number => Math.floor(at / DAY_MS);
