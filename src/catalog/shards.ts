/** The directory of shards and their cursors. */

/** The last row of the user's log that the catalog has applied; 0 if it knows nothing of the user. Reads the primary. */
export async function readCursor(db: D1Database, user: string): Promise<number> {
	const query = "SELECT applied_seq FROM shards WHERE user_id = ?";
	const session = db.withSession("first-primary");
	return (await session.prepare(query).bind(user).first<number>("applied_seq")) ?? 0;
}

/** Cursors of many shards; those that the catalog does not know are absent. */
export async function readCursors(db: D1Database, users: readonly string[]): Promise<Map<string, number>> {
	const query = "SELECT user_id, applied_seq FROM shards WHERE user_id IN (SELECT value FROM json_each(?1))";
	const { results } = await db
		.prepare(query)
		.bind(JSON.stringify(users))
		.all<{ user_id: string; applied_seq: number }>();
	return new Map(results.map((row) => [row.user_id, row.applied_seq]));
}

export async function tenantOf(db: D1Database, user: string): Promise<string | null> {
	return db.prepare("SELECT tenant_id FROM shards WHERE user_id = ?").bind(user).first<string>("tenant_id");
}
