/** What every isolate must hear of: credentials of a subject that were issued before are good no longer, or its row is another. */
export interface Change {
	number: number;
	subject: string;
	revokes: 0 | 1;
	at: number;
}

/** To be committed with what it tells of. @param revokes credentials that were issued before are good no longer */
export function changed(db: D1Database, subject: string, revokes: boolean, now: number): D1PreparedStatement {
	const query = "INSERT INTO changes (subject, revokes, at) VALUES (?, ?, ?)";
	return db.prepare(query).bind(subject, revokes ? 1 : 0, now);
}

/** Those since a time, for an isolate that begins. */
export const changesSince = (db: D1Database, since: number, limit: number): D1PreparedStatement =>
	db
		.prepare("SELECT number, subject, revokes, at FROM changes WHERE at >= ? ORDER BY at DESC LIMIT ?")
		.bind(since, limit);

/** Those after a number: rows are numbered in the order in which they are committed. */
export const changesAfter = (db: D1Database, number: number, limit: number): D1PreparedStatement =>
	db
		.prepare("SELECT number, subject, revokes, at FROM changes WHERE number > ? ORDER BY number LIMIT ?")
		.bind(number, limit);

/** A bounded number of old ones at a time. The newest stays whatever its age, so that no number is given twice. */
export async function purgeChanges(db: D1Database, before: number, limit: number): Promise<void> {
	const old =
		"SELECT number FROM changes WHERE at < ? AND number < (SELECT max(number) FROM changes) ORDER BY at LIMIT ?";
	await db.prepare(`DELETE FROM changes WHERE number IN (${old})`).bind(before, limit).run();
}
