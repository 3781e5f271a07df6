import { OWNED_ROWS_REMOVED_MAX } from "../../domain/privacy/limits.ts";
import type { AppliedRun } from "./projection.ts";
import { WIPED } from "./shards.ts";
import { FOLDED_TABLES } from "./tables.ts";
import { unfold } from "./unfold.ts";

/**
 * How the catalog forgets a user: the row of the directory becomes a tombstone, so that nothing of the log is applied any more, by message,
 * rebuild or re-drive. Then what was applied is taken out again, row by row of the log, from the last one to the first, and what the user owned is
 * removed. The cursor always says how much of the log is still in the catalog.
 */

const ENTOMB = `INSERT INTO shards (user_id, tenant_id, applied_seq, head_hash, applied_at, erased_at)
	SELECT ?1, ?2, 0, '', ?3, ?3 WHERE NOT EXISTS (SELECT 1 FROM rebuilds WHERE finished_at IS NULL AND user_id = ?1)
	ON CONFLICT (user_id) DO UPDATE SET erased_at = coalesce(erased_at, excluded.erased_at)`;

/** From now on nothing of the user is applied. @returns false while a rebuild of just this user is under way, which must come to its end */
export async function entomb(db: D1Database, user: string, tenant: string, now: number): Promise<boolean> {
	const { meta } = await db.prepare(ENTOMB).bind(user, tenant, now).run();
	return meta.changes > 0;
}

/** How much of an erased user's log is still in the catalog, and the chain's hash at the last row; null where there is no tombstone. */
export async function readTomb(
	db: D1Database,
	user: string,
): Promise<{ applied_seq: number; head_hash: string } | null> {
	const query = "SELECT applied_seq, head_hash FROM shards WHERE user_id = ? AND erased_at IS NOT NULL";
	return db.withSession("first-primary").prepare(query).bind(user).first<{ applied_seq: number; head_hash: string }>();
}

/** Compare-and-set. While a rebuild of everything empties the tables, it takes this out too, and sets the cursor back itself. */
const LOWER = `UPDATE shards SET applied_seq = CASE WHEN applied_seq = ?3 AND erased_at IS NOT NULL AND NOT ${WIPED} THEN ?2 END, head_hash = ''
	WHERE user_id = ?1`;

/** Takes the effects of the last run of an erased user's log out. */
export async function unfoldLast(db: D1Database, run: AppliedRun): Promise<void> {
	await db.batch([db.prepare(LOWER).bind(run.user, run.from, run.to), ...unfold(db, run)]);
}

const OWNED = FOLDED_TABLES.filter(({ kind }) => kind === "owned");

/** Removes some of what the user owned in each table: those rows are what others see. @returns whether there may be more */
export async function removeOwned(db: D1Database, user: string): Promise<boolean> {
	const removals = OWNED.map(({ name, key }) => {
		const keys = key.join(", ");
		const own = `SELECT ${keys} FROM ${name} WHERE owner = ? LIMIT ${OWNED_ROWS_REMOVED_MAX}`;
		return db.prepare(`DELETE FROM ${name} WHERE (${keys}) IN (${own})`).bind(user);
	});
	const results = await db.batch(removals);
	return results.some(({ meta }) => meta.changes > 0);
}

/** What replication remembers of the user beside the fold. */
const TRACES = [
	"DELETE FROM dead_letters WHERE user_id = ?1",
	"DELETE FROM lagging WHERE user_id = ?1",
	"DELETE FROM rows_ahead WHERE user_id = ?1",
	"UPDATE shards SET tenant_id = '', head_hash = '' WHERE user_id = ?1 AND erased_at IS NOT NULL",
];

export async function removeTraces(db: D1Database, user: string): Promise<void> {
	await db.batch(TRACES.map((query) => db.prepare(query).bind(user)));
}

/** Counts of who looked at quizzes that are gone. */
export async function removeViews(db: D1Database, quizzes: readonly string[]): Promise<void> {
	const query = "DELETE FROM quiz_views WHERE quiz IN (SELECT value FROM json_each(?))";
	await db.prepare(query).bind(JSON.stringify(quizzes)).run();
}

const MESSAGES = `SELECT at, id FROM dead_messages WHERE (at, id) > (?1, ?2) ORDER BY at, id LIMIT ${OWNED_ROWS_REMOVED_MAX}`;

/**
 * Removes messages that were given up and name the user, among the next ones after the position, by whatever is left of an unreadable one.
 * @returns where to go on; null at the end
 */
export async function removeMessages(
	db: D1Database,
	user: string,
	after: readonly [at: number, id: string],
): Promise<[number, string] | null> {
	const [page] = await db.batch<{ at: number; id: string }>([
		db.prepare(MESSAGES).bind(...after),
		db
			.prepare(`DELETE FROM dead_messages WHERE (at, id) IN (${MESSAGES}) AND (user_id = ?3 OR instr(body, ?4) > 0)`)
			.bind(...after, user, JSON.stringify(user)),
	]);
	const { results } = page ?? { results: [] };
	const last = results.length === OWNED_ROWS_REMOVED_MAX ? results.at(-1) : undefined;
	return last ? [last.at, last.id] : null;
}

/** Those of the hashes under which a quiz has a version that is in the catalog. */
export async function versionsAmong(db: D1Database, hashes: readonly string[]): Promise<Set<string>> {
	const query =
		"SELECT DISTINCT v.version FROM json_each(?) AS hash CROSS JOIN quiz_versions AS v ON v.version = hash.value";
	const { results } = await db.prepare(query).bind(JSON.stringify(hashes)).all<{ version: string }>();
	return new Set(results.map(({ version }) => version));
}
