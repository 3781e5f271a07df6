import { COUNTED_MAX, LAGGING_ROWS_READ_MAX } from "../../domain/log/limits.ts";
import { STILL_AHEAD } from "./ahead.ts";

/** Shards that were found, or are suspected to be, behind their log. */

const SUSPECT = `INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at)
	SELECT value ->> 'user', value ->> 'last', value ->> 'since', 'same', ?2 FROM json_each(?1)
	LEFT JOIN shards ON shards.user_id = value ->> 'user' WHERE coalesce(shards.applied_seq, 0) < value ->> 'last'
		AND shards.erased_at IS NULL
	ON CONFLICT (user_id) DO UPDATE SET head_seq = max(head_seq, excluded.head_seq)`;

/** Has the sweep look at these shards soon, those whose cursor is not past `last` already. */
export async function suspect(
	db: D1Database,
	suspects: readonly { user: string; last: number; since: number }[],
	now: number,
): Promise<void> {
	if (suspects.length > 0) await db.prepare(SUSPECT).bind(JSON.stringify(suspects), now).run();
}

export interface Finding {
	user: string;
	head_seq: number;
	waiting_since: number;
	chain: "same" | "different" | "shorter";
}

const FOUND = `INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at)
	SELECT value ->> 'user', value ->> 'head_seq', value ->> 'waiting_since', value ->> 'chain', ?2 FROM json_each(?1) WHERE true
	ON CONFLICT (user_id) DO UPDATE SET head_seq = excluded.head_seq, waiting_since = excluded.waiting_since,
		chain = excluded.chain, found_at = excluded.found_at`;

/** Writes down what a look at some shards has found, and strikes out those that are well. */
export async function record(
	db: D1Database,
	behind: readonly Finding[],
	well: readonly string[],
	now: number,
): Promise<void> {
	const statements = [];
	if (behind.length > 0) statements.push(db.prepare(FOUND).bind(JSON.stringify(behind), now));
	if (well.length > 0) {
		const query = "DELETE FROM lagging WHERE user_id IN (SELECT value FROM json_each(?1))";
		statements.push(db.prepare(query).bind(JSON.stringify(well)));
	}
	if (statements.length > 0) await db.batch(statements);
}

/** What is known of shards that are behind at this moment: what was found and has not been applied since. */
export interface Lag {
	/** At most COUNTED_MAX, and so with `shards_diverged`. */
	shards_behind: number;
	shards_diverged: number;
	/** Among those that do not wait for another release. */
	oldest: { user: string; waiting_since: number } | null;
}

const LAG = `WITH behind AS MATERIALIZED (
		SELECT l.user_id, l.waiting_since, l.chain, a.seq IS NOT NULL AND ${STILL_AHEAD} AS ahead
		FROM (SELECT user_id, head_seq, waiting_since, chain FROM lagging ORDER BY user_id LIMIT ?2) AS l
		LEFT JOIN shards AS s ON s.user_id = l.user_id LEFT JOIN rows_ahead AS a ON a.user_id = l.user_id
		WHERE coalesce(s.applied_seq, 0) < l.head_seq OR l.chain <> 'same')
	SELECT min(?1, (SELECT count(*) FROM behind WHERE chain = 'same')) AS shards_behind,
		min(?1, (SELECT count(*) FROM behind WHERE chain <> 'same')) AS shards_diverged, oldest.user_id AS user, oldest.waiting_since
	FROM (SELECT 1) LEFT JOIN (SELECT user_id, waiting_since FROM behind WHERE chain = 'same' AND NOT ahead
		ORDER BY waiting_since, user_id LIMIT 1) AS oldest`;

type LagRow = Omit<Lag, "oldest"> & (NonNullable<Lag["oldest"]> | { user: null; waiting_since: null });

/** Looks at the first LAGGING_ROWS_READ_MAX of what was found; the sweep strikes out those that are well again. */
export async function readLag(db: D1Database): Promise<Lag> {
	const row = await db.prepare(LAG).bind(COUNTED_MAX, LAGGING_ROWS_READ_MAX).first<LagRow>();
	if (!row) return { shards_behind: 0, shards_diverged: 0, oldest: null };
	const { user, waiting_since, ...counts } = row;
	return { ...counts, oldest: user === null ? null : { user, waiting_since } };
}

/** Whether more was found than {@link readLag} looks at. */
export async function isMoreLagging(db: D1Database): Promise<boolean> {
	const query = "SELECT 1 AS any FROM lagging LIMIT 1 OFFSET ?";
	return (await db.prepare(query).bind(LAGGING_ROWS_READ_MAX).first()) !== null;
}
