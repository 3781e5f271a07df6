import { PURGE_ROWS_MAX } from "../../domain/limits.ts";
import type { LogEvent } from "../../domain/log/events.ts";
import { COUNTED_MAX } from "../../domain/log/limits.ts";
import { effects } from "./fold.ts";
import { HELD } from "./shards.ts";

/** Rows of logs that the catalog could not read or take, with the reason. The cursors have moved past them. */
export interface DeadLetter {
	user: string;
	seq: number;
	error: string;
	at: number;
	/** When an operator acknowledged it, null while it is new. */
	acknowledged_at: number | null;
}

type Place = [user: string, seq: number];

/** In the order of user and row, after `after`; those of one user where one is named. */
export async function listDeadLetters(
	db: D1Database,
	{ user, after }: { user?: string | undefined; after: Place | null },
	limit: number,
): Promise<(DeadLetter & { row: string })[]> {
	const own = user === undefined ? "" : "user_id = ?4 AND ";
	const query = `SELECT user_id AS user, seq, error, at, row, acknowledged_at FROM dead_letters
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

/** Letters that an earlier release made of kinds that it did not know, and that are among `kinds`; for this reader. */
export async function listOnceUnknown(
	db: D1Database,
	kinds: readonly string[],
	reader: number,
	limit: number,
): Promise<Pick<DeadLetter, "user" | "seq">[]> {
	const query = `SELECT user_id AS user, seq FROM dead_letters WHERE instr(error, 'unknown kind ') > 0
		AND row ->> 'kind' IN (SELECT value FROM json_each(?1)) AND coalesce(row ->> '$.body.reader', 1) <= ?2 LIMIT ?3`;
	const bindings = [JSON.stringify(kinds), reader, limit];
	return (
		await db
			.prepare(query)
			.bind(...bindings)
			.all<Pick<DeadLetter, "user" | "seq">>()
	).results;
}

export async function stillDead(
	db: D1Database,
	{ user, seq, error }: Pick<DeadLetter, "user" | "seq" | "error">,
): Promise<void> {
	const query = "UPDATE dead_letters SET error = ?3 WHERE user_id = ?1 AND seq = ?2";
	await db.prepare(query).bind(user, seq, error).run();
}

/** Of dead letters and messages: how many there are, and how many of them nobody has acknowledged; each up to COUNTED_MAX. */
export interface DeadCounts {
	letters: number;
	messages: number;
	new_letters: number;
	new_messages: number;
}

export async function countDead(db: D1Database): Promise<DeadCounts> {
	const count = (rows: string) => `(SELECT count(*) FROM (SELECT 1 FROM ${rows} LIMIT ?1))`;
	const query = `SELECT ${count("dead_letters")} AS letters, ${count("dead_messages")} AS messages,
		${count("dead_letters WHERE acknowledged_at IS NULL")} AS new_letters,
		${count("dead_messages WHERE acknowledged_at IS NULL")} AS new_messages`;
	const row = await db.prepare(query).bind(COUNTED_MAX).first<DeadCounts>();
	return row ?? { letters: 0, messages: 0, new_letters: 0, new_messages: 0 };
}

const ACKNOWLEDGE = [
	`UPDATE dead_letters SET acknowledged_at = ?1 WHERE (user_id, seq) IN (SELECT user_id, seq FROM dead_letters
		WHERE acknowledged_at IS NULL AND at <= ?2 LIMIT ${PURGE_ROWS_MAX})`,
	`UPDATE dead_messages SET acknowledged_at = ?1 WHERE (at, id) IN (SELECT at, id FROM dead_messages
		WHERE acknowledged_at IS NULL AND at <= ?2 AND coalesce(kept_at, at) <= ?2 LIMIT ${PURGE_ROWS_MAX})`,
];

/**
 * Notes that an operator has seen what was given up until the instant, a bounded number in one call; it stays listed and raises no
 * alarm any more.
 * @returns how many of each; less than PURGE_ROWS_MAX of both once there are no more
 */
export async function acknowledgeDead(
	db: D1Database,
	until: number,
	now: number,
): Promise<{ letters: number; messages: number }> {
	const [letters, messages] = await db.batch(ACKNOWLEDGE.map((query) => db.prepare(query).bind(now, until)));
	return { letters: letters?.meta.changes ?? 0, messages: messages?.meta.changes ?? 0 };
}
