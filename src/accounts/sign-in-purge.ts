/** What is over: removed by the schedule, a bounded number of rows at a time. Whatever reads these tables looks at the times itself. */

export async function purgeSessions(db: D1Database, now: number, limit: number): Promise<number> {
	const over = "SELECT id FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?";
	return (await db.prepare(`DELETE FROM sessions WHERE id IN (${over})`).bind(now, limit).run()).meta.changes;
}

export async function purgeVerifications(db: D1Database, now: number, limit: number): Promise<number> {
	const over = "SELECT id FROM verifications WHERE expires_at <= ? ORDER BY expires_at LIMIT ?";
	return (await db.prepare(`DELETE FROM verifications WHERE id IN (${over})`).bind(now, limit).run()).meta.changes;
}
