/** Rounds over the users of tenants that keep something for some time only. */
export interface RetentionRound {
	tenant_id: string;
	due_at: number;
	/** When the round began that is under way; null where none is. */
	began_at: number | null;
	/** The last user who was looked after. */
	after_user: string;
}

/** Has a round over the tenant's users begin now: what the tenant keeps has changed. */
export const beginRound = (db: D1Database, tenant: string, now: number): D1PreparedStatement =>
	db
		.prepare(
			`INSERT INTO retention_rounds (tenant_id, due_at, began_at, after_user) VALUES (?1, ?2, NULL, '')
			ON CONFLICT (tenant_id) DO UPDATE SET due_at = ?2, began_at = NULL, after_user = ''`,
		)
		.bind(tenant, now);

/** Those that are due, the one that has waited longest first. */
export async function dueRounds(db: D1Database, now: number, limit: number): Promise<RetentionRound[]> {
	const query = `SELECT tenant_id, due_at, began_at, after_user FROM retention_rounds WHERE due_at <= ? ORDER BY due_at LIMIT ?`;
	return (await db.prepare(query).bind(now, limit).all<RetentionRound>()).results;
}

/** Writes down how far a round is, unless it was begun anew meanwhile or somebody else has gone on with it. */
export async function moveRound(db: D1Database, before: RetentionRound, after: RetentionRound): Promise<boolean> {
	const query = `UPDATE retention_rounds SET due_at = ?4, began_at = ?5, after_user = ?6
		WHERE tenant_id = ?1 AND due_at = ?2 AND after_user = ?3`;
	const { meta } = await db
		.prepare(query)
		.bind(before.tenant_id, before.due_at, before.after_user, after.due_at, after.began_at, after.after_user)
		.run();
	return meta.changes > 0;
}

/** The tenant keeps everything, or is gone. */
export async function endRounds(db: D1Database, { tenant_id, due_at }: RetentionRound): Promise<void> {
	await db.prepare("DELETE FROM retention_rounds WHERE tenant_id = ? AND due_at = ?").bind(tenant_id, due_at).run();
}
