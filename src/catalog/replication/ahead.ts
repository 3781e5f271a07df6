import { COUNTED_MAX } from "../../domain/log/limits.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { Ahead } from "./runs.ts";

/** Shards whose cursors stay before a row that this release cannot read yet, as those of a newer release are after a rollback. */

const HOLD = `INSERT INTO rows_ahead (user_id, seq, needs, since)
	SELECT value ->> 'user', value ->> 'seq', value ->> 'needs', ?2 FROM json_each(?1) WHERE true
	ON CONFLICT (user_id) DO UPDATE SET seq = excluded.seq, needs = excluded.needs, since = excluded.since
	WHERE seq <> excluded.seq OR needs <> excluded.needs`;

/** Says, in the log and for health, before which rows cursors stay. Writes nothing where that is known. Never throws: it is told again. */
export async function holdAt(db: D1Database, holds: readonly (Ahead & { user: string })[], now: number): Promise<void> {
	if (holds.length === 0) return;
	const first = holds
		.slice(0, LOGGED_MAX)
		.map(({ user, seq, needs }) => ({ user: word(user), seq, needs: reason(needs) }));
	logLine("warn", { at: "ahead", holds: first, count: holds.length });
	try {
		await db.prepare(HOLD).bind(JSON.stringify(holds), now).run();
	} catch (error) {
		logLine("error", { at: "ahead", error: reason(error) });
	}
}

const LOGGED_MAX = 10;

/** What the catalog waits for a newer release with. */
export interface RowsAhead {
	/** At most COUNTED_MAX. */
	shards: number;
	/** The one of these that waits for longest. */
	oldest: { user: string; seq: number; needs: string; since: number } | null;
}

/** True of a row of `rows_ahead`, as `a`, whose shard, as `s` where there is one, still stands before it. */
export const STILL_AHEAD = "coalesce(s.applied_seq, 0) < a.seq";

/** After a rollback every shard may be here, so no query looks further than this. */
const FIRST = `(SELECT user_id, seq, needs, since FROM rows_ahead ORDER BY user_id LIMIT ${COUNTED_MAX})`;

const AHEAD = `SELECT a.user_id AS user, a.seq, a.needs, a.since FROM ${FIRST} AS a
	LEFT JOIN shards AS s ON s.user_id = a.user_id WHERE ${STILL_AHEAD}`;

export async function readAhead(db: D1Database): Promise<RowsAhead> {
	const { results } = await db.prepare(AHEAD).all<NonNullable<RowsAhead["oldest"]>>();
	const oldest = results.reduce<RowsAhead["oldest"]>(
		(first, each) => (first && first.since <= each.since ? first : each),
		null,
	);
	return { shards: results.length, oldest };
}

/** Strikes out shards that have gone on, among the first; a bounded number in one call. */
export async function clearAhead(db: D1Database): Promise<void> {
	const query = `DELETE FROM rows_ahead WHERE user_id IN (SELECT a.user_id FROM ${FIRST} AS a
		JOIN shards AS s ON s.user_id = a.user_id WHERE NOT ${STILL_AHEAD})`;
	await db.prepare(query).run();
}
