/** The directory of shards and their cursors. */

/** True of a shard that a rebuild is just wiping: nothing may be applied to it until that is done. */
export const HELD = `EXISTS (SELECT 1 FROM rebuilds WHERE finished_at IS NULL AND phase = 'wipe'
	AND (rebuilds.user_id IS NULL OR rebuilds.user_id = shards.user_id))`;

/** The last row of the user's log that the catalog has applied; 0 if it knows nothing of the user. Reads the primary. */
export async function readCursor(db: D1Database, user: string): Promise<number> {
	return (await readCursorAt(db, user)).seq;
}

/**
 * The same for a shard's alarm: of the nearest replica, if that says that the log is applied up to row `head`, or else of the
 * primary. A replica can only be behind, so one that says so is right.
 */
export async function readCursorUpTo(db: D1Database, user: string, head: number): Promise<number> {
	const query = "SELECT applied_seq FROM shards WHERE user_id = ?";
	const session = db.withSession("first-unconstrained");
	const near = (await session.prepare(query).bind(user).first<number>("applied_seq")) ?? 0;
	return near >= head ? near : readCursor(db, user);
}

/** The same, and the bookmark from which on a read sees what was applied. */
export async function readCursorAt(db: D1Database, user: string): Promise<{ seq: number; bookmark: string | null }> {
	const query = "SELECT applied_seq FROM shards WHERE user_id = ?";
	const session = db.withSession("first-primary");
	const seq = (await session.prepare(query).bind(user).first<number>("applied_seq")) ?? 0;
	return { seq, bookmark: session.getBookmark() };
}

/** What the catalog has of a shard's hash chain; null if it has applied nothing. */
export async function readAnchor(db: D1Database, user: string): Promise<{ seq: number; hash: string } | null> {
	const query = "SELECT applied_seq AS seq, head_hash AS hash FROM shards WHERE user_id = ? AND applied_seq > 0";
	return db.withSession("first-primary").prepare(query).bind(user).first<{ seq: number; hash: string }>();
}

/** Cursors of many shards, and whether a rebuild holds them; those that the catalog does not know are absent. */
export async function readCursors(db: D1Database, users: readonly string[]) {
	const query = `SELECT user_id, applied_seq, ${HELD} AS held FROM shards
		WHERE user_id IN (SELECT value FROM json_each(?1))`;
	const { results } = await db
		.prepare(query)
		.bind(JSON.stringify(users))
		.all<{ user_id: string; applied_seq: number; held: number }>();
	return new Map(results.map((row) => [row.user_id, { seq: row.applied_seq, held: row.held === 1 }]));
}

/** Of whom the catalog knows; empty where the first row of the log could not be read. */
export async function tenantOf(db: Pick<D1Database, "prepare">, user: string): Promise<string | null> {
	return db.prepare("SELECT tenant_id FROM shards WHERE user_id = ?").bind(user).first<string>("tenant_id");
}
