/** What every isolate must hear of: credentials of a subject that were issued before are good no longer, or its row is another. */
export interface Change {
	number: number;
	subject: string;
	revokes: 0 | 1;
	at: number;
}

/** In SQL, the time of the commit, milliseconds since the epoch. */
export const COMMIT_MS = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/**
 * To be committed with what it tells of. Its time is that of the commit: a token that is bought while the change is under way says what was
 * before it, and must not outlive it.
 * @param revokes credentials that were issued before are good no longer
 */
export function changed(db: D1Database, subject: string, revokes: boolean, now: number): D1PreparedStatement {
	const query =
		"INSERT INTO changes (subject, revokes, at) VALUES (?, ?, max(?, CAST(unixepoch('subsec') * 1000 AS INTEGER)))";
	return db.prepare(query).bind(subject, revokes ? 1 : 0, now);
}

/** Revocations since a time, for an isolate that begins: it remembers nothing that other changes could make untrue. */
export const changesSince = (db: D1Database, since: number, limit: number): D1PreparedStatement =>
	db
		.prepare("SELECT number, subject, revokes, at FROM changes WHERE at >= ? AND revokes = 1 ORDER BY at DESC LIMIT ?")
		.bind(since, limit);

/** Those after a number: rows are numbered in the order in which they are committed. */
export const changesAfter = (db: D1Database, number: number, limit: number): D1PreparedStatement =>
	db
		.prepare("SELECT number, subject, revokes, at FROM changes WHERE number > ? ORDER BY number LIMIT ?")
		.bind(number, limit);

export interface NewestChange {
	number: number | null;
}

/** From which on such an isolate looks for others. */
export const newestChange = (db: D1Database): D1PreparedStatement =>
	db.prepare("SELECT max(number) AS number FROM changes");

/** A bounded number of old ones at a time. The newest stays whatever its age, so that no number is given twice. */
export async function purgeChanges(db: D1Database, before: number, limit: number): Promise<void> {
	const old =
		"SELECT number FROM changes WHERE at < ? AND number < (SELECT max(number) FROM changes) ORDER BY at LIMIT ?";
	await db.prepare(`DELETE FROM changes WHERE number IN (${old})`).bind(before, limit).run();
}
