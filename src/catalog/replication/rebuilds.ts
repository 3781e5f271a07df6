import { WIPE_ROWS_MAX } from "../../domain/log/limits.ts";
import type { AppliedRun } from "./projection.ts";
import { FOLDED_TABLES } from "./tables.ts";
import { unfold } from "./unfold.ts";

export const REBUILD_PHASES = ["wipe", "pull", "clean", "finished"] as const;

/** A rebuild, of one user's shard or of all. */
export interface Rebuild {
	number: number;
	user_id: string | null;
	phase: (typeof REBUILD_PHASES)[number];
	position: number;
	/** What it has pulled so far. */
	shards: number;
	events: number;
	started_at: number;
	updated_at: number;
	finished_at: number | null;
}

/** The columns of a Rebuild. */
const COLUMNS = "number, user_id, phase, position, shards, events, started_at, updated_at, finished_at";

/** @param which the one with this number, the one that is under way, or the last one */
export async function readRebuild(db: D1Database, which: number | "under way" | "last"): Promise<Rebuild | null> {
	if (typeof which === "number") {
		return db.prepare(`SELECT ${COLUMNS} FROM rebuilds WHERE number = ?`).bind(which).first<Rebuild>();
	}
	const where = which === "under way" ? "WHERE finished_at IS NULL" : "ORDER BY number DESC LIMIT 1";
	return db.prepare(`SELECT ${COLUMNS} FROM rebuilds ${where}`).first<Rebuild>();
}

/** Begins one, unless one is under way; gives the one that then is. */
export async function beginRebuild(db: D1Database, user: string | null, now: number): Promise<Rebuild> {
	const query = `INSERT INTO rebuilds (user_id, phase, position, shards, events, started_at, updated_at)
		SELECT ?1, 'wipe', 0, 0, 0, ?2, ?2 WHERE NOT EXISTS (SELECT 1 FROM shards WHERE user_id = ?1 AND erased_at IS NOT NULL)
		ON CONFLICT DO NOTHING`;
	await db.prepare(query).bind(user, now).run();
	const rebuild = await readRebuild(db, "under way");
	if (!rebuild) throw new Error("a rebuild that was begun is not there");
	return rebuild;
}

/**
 * Compare-and-set of where a rebuild stands: aborts the transaction where somebody else has moved it, since `position` or
 * `phase` then becomes NULL, which the columns refuse.
 */
function advance(db: D1Database, from: Rebuild, phase: Rebuild["phase"], position: number, now: number) {
	const query = `UPDATE rebuilds SET position = CASE WHEN position = ?2 AND phase = ?3 THEN ?4 END, phase = ?5, updated_at = ?6,
		finished_at = CASE WHEN ?5 = 'finished' THEN ?6 END WHERE number = ?1`;
	return db.prepare(query).bind(from.number, from.position, from.phase, position, phase, now);
}

/** Takes the effects of a run of the user's log out; `position` is how far that has come. */
export async function wipeRun(db: D1Database, rebuild: Rebuild, run: AppliedRun, now: number): Promise<void> {
	await db.batch([advance(db, rebuild, "wipe", run.to, now), ...unfold(db, run)]);
}

const OWNED = FOLDED_TABLES.filter(({ kind }) => kind === "owned");
const REMOVED = FOLDED_TABLES.filter(({ kind }) => kind === "facts" || kind === "sums");

/** Ends the wipe of one user: the cursor goes back, and what the user owns waits to be written anew. */
export async function endWipeOf(db: D1Database, rebuild: Rebuild, user: string, now: number): Promise<void> {
	await db.batch([
		advance(db, rebuild, "pull", 0, now),
		db.prepare("UPDATE shards SET applied_seq = 0, head_hash = '' WHERE user_id = ?").bind(user),
		...OWNED.map(({ name }) => db.prepare(`UPDATE ${name} SET seq = 0 WHERE owner = ?`).bind(user)),
	]);
}

/**
 * Positions of the wipe of everything that are below this belong to the tables. Two releases may have other tables, or the same in another
 * order, and take turns at one rebuild, so that no position says which tables are empty: each piece looks. From here on a position is this and
 * the number of the shard up to which the cursors are back. It never changes: it is how many tables the first releases counted off.
 */
export const TABLES_END = 10;

/** The place among the removed tables of the first that has rows; null if none has any. */
const FIRST_FILLED = `SELECT CASE ${REMOVED.map(
	({ name }, place) => `WHEN EXISTS (SELECT 1 FROM ${name}) THEN ${place}`,
).join(" ")} END AS place`;

/** One piece of the wipe of everything: some rows of a table, and when none has any, some cursors. */
export async function wipePiece(db: D1Database, rebuild: Rebuild, now: number): Promise<void> {
	if (rebuild.position >= TABLES_END) return wipeCursors(db, rebuild, now);
	const place = await db.prepare(FIRST_FILLED).first<number>("place");
	const table = place === null ? undefined : REMOVED[place];
	if (!table) {
		await advance(db, rebuild, "wipe", TABLES_END, now).run();
		return;
	}
	const keys = table.key.join(", ");
	const query = `DELETE FROM ${table.name} WHERE (${keys}) IN (SELECT ${keys} FROM ${table.name} LIMIT ?)`;
	await db.batch([
		// One that goes on late, when somebody else has ended the wipe, must not remove what was applied anew since.
		advance(db, rebuild, "wipe", rebuild.position, now),
		db.prepare(query).bind(WIPE_ROWS_MAX),
	]);
}

async function wipeCursors(db: D1Database, rebuild: Rebuild, now: number): Promise<void> {
	const chunk = await shardsAfter(db, rebuild.position - TABLES_END, SHARDS_PER_PIECE);
	const last = chunk.at(-1)?.number;
	const users = JSON.stringify(chunk.map(({ user_id }) => user_id));
	await db.batch([
		last === undefined ? advance(db, rebuild, "pull", 0, now) : advance(db, rebuild, "wipe", TABLES_END + last, now),
		db.prepare(`UPDATE shards SET applied_seq = 0, head_hash = '' WHERE ${USER_IS_LISTED}`).bind(users),
		...OWNED.map(({ name }) => db.prepare(`UPDATE ${name} SET seq = 0 WHERE ${OWNER_IS_LISTED}`).bind(users)),
	]);
}

const SHARDS_PER_PIECE = 100;
const USER_IS_LISTED = "user_id IN (SELECT value FROM json_each(?1))";
const OWNER_IS_LISTED = "owner IN (SELECT value FROM json_each(?1))";

/** Entries of the directory in the order of their numbers. */
export async function shardsAfter(db: D1Database, after: number, limit: number) {
	const query = "SELECT number, user_id FROM shards WHERE number > ? ORDER BY number LIMIT ?";
	return (await db.prepare(query).bind(after, limit).all<{ number: number; user_id: string }>()).results;
}

/** Writes down what was pulled. Two that pull at once do no harm: the cursors see to that. */
export async function pulled(
	db: D1Database,
	rebuild: Rebuild,
	done: { position: number; shards: number; events: number },
	now: number,
): Promise<void> {
	const query = `UPDATE rebuilds SET position = max(position, ?2), shards = shards + ?3, events = events + ?4, updated_at = ?5
		WHERE number = ?1 AND phase = 'pull'`;
	await db.prepare(query).bind(rebuild.number, done.position, done.shards, done.events, now).run();
}

/** The next phase; refused where somebody else has moved the rebuild. */
export async function enter(db: D1Database, rebuild: Rebuild, phase: Rebuild["phase"], now: number): Promise<void> {
	await advance(db, rebuild, phase, 0, now).run();
}

/** The sweep strikes out those that have caught up only when it comes by. */
const STILL_BEHIND = `SELECT l.user_id FROM json_each(?1) JOIN lagging AS l ON l.user_id = value
	LEFT JOIN shards AS s ON s.user_id = l.user_id WHERE coalesce(s.applied_seq, 0) < l.head_seq`;

/**
 * Removes what its owner's log did not write anew, of the shards after the position. Shards that are known to be behind keep
 * theirs until they have caught up.
 */
export async function cleanPiece(db: D1Database, rebuild: Rebuild, now: number): Promise<void> {
	const one = rebuild.user_id === null ? null : [{ number: 1, user_id: rebuild.user_id }];
	const chunk = one ?? (await shardsAfter(db, rebuild.position, SHARDS_PER_PIECE));
	const last = chunk.at(-1)?.number;
	const users = JSON.stringify(chunk.map(({ user_id }) => user_id));
	const isOver = one !== null || last === undefined;
	await db.batch([
		advance(db, rebuild, isOver ? "finished" : "clean", last ?? rebuild.position, now),
		...OWNED.map(({ name }) =>
			db
				.prepare(`DELETE FROM ${name} WHERE seq = 0 AND ${OWNER_IS_LISTED} AND owner NOT IN (${STILL_BEHIND})`)
				.bind(users),
		),
	]);
}
