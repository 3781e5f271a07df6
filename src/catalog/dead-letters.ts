import type { LogEvent } from "../domain/events.ts";
import { COUNTED_MAX } from "../domain/limits.ts";
import { effects } from "./fold.ts";
import { HELD } from "./shards.ts";

/** Rows of logs that the catalog could not read or take, with the reason. The cursors have moved past them. */
export interface DeadLetter {
	user: string;
	seq: number;
	error: string;
	at: number;
}

type Place = [user: string, seq: number];

/** In the order of user and row, after `after`; those of one user where one is named. */
export async function listDeadLetters(
	db: D1Database,
	{ user, after }: { user?: string | undefined; after: Place | null },
	limit: number,
): Promise<(DeadLetter & { row: string })[]> {
	const own = user === undefined ? "" : "user_id = ?4 AND ";
	const query = `SELECT user_id AS user, seq, error, at, row FROM dead_letters
		WHERE ${own}(user_id, seq) > (?1, ?2) ORDER BY user_id, seq LIMIT ?3`;
	const bindings = [...(after ?? ["", 0]), limit, ...(user === undefined ? [] : [user])];
	return (
		await db
			.prepare(query)
			.bind(...bindings)
			.all<DeadLetter & { row: string }>()
	).results;
}

/** Which rows after `from` up to `to` are dead letters. */
export async function deadSeqs(db: D1Database, user: string, from: number, to: number): Promise<Set<number>> {
	const query = "SELECT seq FROM dead_letters WHERE user_id = ? AND seq > ? AND seq <= ?";
	const { results } = await db.prepare(query).bind(user, from, to).all<{ seq: number }>();
	return new Set(results.map(({ seq }) => seq));
}

/** Aborts the transaction where the letter is gone already, or a rebuild holds the shard: the column refuses NULL. */
const GUARD = `UPDATE shards SET applied_seq = CASE WHEN NOT ${HELD}
	AND EXISTS (SELECT 1 FROM dead_letters WHERE user_id = ?1 AND seq = ?2) THEN applied_seq END WHERE user_id = ?1`;

/**
 * Applies the event of a dead letter, once: its effects and the end of the letter are one transaction. Newer events of its
 * shard are in the catalog already; what they wrote stays.
 * @throws if the catalog refuses it still
 */
export async function applyDead(db: D1Database, user: string, event: LogEvent): Promise<void> {
	await db.batch([
		db.prepare(GUARD).bind(user, event.seq),
		...effects(db, [{ user, events: [event] }]),
		db.prepare("DELETE FROM dead_letters WHERE user_id = ? AND seq = ?").bind(user, event.seq),
	]);
}

export async function stillDead(db: D1Database, { user, seq, error }: DeadLetter): Promise<void> {
	const query = "UPDATE dead_letters SET error = ?3 WHERE user_id = ?1 AND seq = ?2";
	await db.prepare(query).bind(user, seq, error).run();
}

/** How many letters and messages there are, each counted up to COUNTED_MAX. */
export async function countDead(db: D1Database): Promise<{ letters: number; messages: number }> {
	const query = `SELECT (SELECT count(*) FROM (SELECT 1 FROM dead_letters LIMIT ?1)) AS letters,
		(SELECT count(*) FROM (SELECT 1 FROM dead_messages LIMIT ?1)) AS messages`;
	const row = await db.prepare(query).bind(COUNTED_MAX).first<{ letters: number; messages: number }>();
	return row ?? { letters: 0, messages: 0 };
}
