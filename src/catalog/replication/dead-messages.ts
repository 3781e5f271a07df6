import { PURGE_ROWS_MAX } from "../../domain/limits.ts";
import { messageSchema } from "../../domain/log/events.ts";
import { DEAD_MESSAGE_CHARS_MAX, DEAD_MESSAGES_KEPT_MS } from "../../domain/log/limits.ts";
import { keepDelayS } from "../../domain/log/redelivery.ts";
import { logLine, reason } from "../../log-line.ts";
import { suspect } from "./lagging.ts";

/** Messages that were given up. Nothing is lost with them: the rows are in their shard's log, and it sends them again. */

export interface UnreadableMessage {
	message: Message;
	reason: string;
}

const KEEP = `INSERT INTO dead_messages (at, id, user_id, first, last, reason, body, kept_at)
	SELECT value ->> 'at', value ->> 'id', value ->> 'user', value ->> 'first', value ->> 'last', value ->> 'reason',
		value ->> 'body', ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`;

/** Keeps messages with the reason, each once however often it is delivered. One statement per message: each may be long. */
export async function keepMessages(db: D1Database, given: readonly UnreadableMessage[], now: number): Promise<void> {
	await db.batch(
		given.map(({ message, reason }) => db.prepare(KEEP).bind(JSON.stringify([recordOf(message, reason)]), now)),
	);
}

function recordOf({ id, timestamp, body }: Message, reason: string) {
	const parsed = messageSchema.safeParse(body);
	const text = JSON.stringify(body) ?? "null";
	return {
		id,
		at: timestamp.getTime(),
		reason,
		body: text.slice(0, DEAD_MESSAGE_CHARS_MAX),
		...(parsed.success && { user: parsed.data.shard, first: parsed.data.first, last: parsed.data.last, body: "" }),
	};
}

/**
 * The consumer of the dead-letter queue: keeps what was given up, marks the shards for the sweep and acknowledges. Never
 * throws; what cannot be kept comes again.
 */
export async function consumeDead(db: D1Database, batch: MessageBatch, now: number): Promise<{ kept: number }> {
	try {
		const given = batch.messages.map((message) => ({ message, reason: "The queue gave it up after its last retry." }));
		await keepMessages(db, given, now);
		const suspects = batch.messages.flatMap(({ body }) => {
			const { success, data } = messageSchema.safeParse(body);
			return success ? [{ user: data.shard, last: data.last, since: timeOf(data.rows[0]) ?? now }] : [];
		});
		await suspect(db, suspects, now);
		for (const message of batch.messages) message.ack();
		return { kept: batch.messages.length };
	} catch (error) {
		logLine("error", { at: "dead-letter queue", error: reason(error) });
		for (const message of batch.messages) {
			message.retry({ delaySeconds: keepDelayS(message.attempts, Math.random()) });
		}
		return { kept: 0 };
	}
}

function timeOf(row: unknown): number | null {
	return typeof row === "object" && row !== null && "at" in row && typeof row.at === "number" ? row.at : null;
}

/** A message that was given up. `user`, `first` and `last` say which rows it held, `body` what it was where it cannot be read. */
export interface DeadMessage {
	id: string;
	at: number;
	user: string | null;
	first: number | null;
	last: number | null;
	reason: string;
	body: string;
	acknowledged_at: number | null;
}

/** Newest first, before `before`. */
export async function listDeadMessages(
	db: D1Database,
	before: [at: number, id: string] | null,
	limit: number,
): Promise<DeadMessage[]> {
	const query = `SELECT id, at, user_id AS user, first, last, reason, body, acknowledged_at
		FROM dead_messages WHERE (at, id) < (?1, ?2)
		ORDER BY at DESC, id DESC LIMIT ?3`;
	const [at, id] = before ?? [Number.MAX_SAFE_INTEGER, ""];
	return (await db.prepare(query).bind(at, id, limit).all<DeadMessage>()).results;
}

export async function purgeDeadMessages(db: D1Database, now: number): Promise<void> {
	const query = `DELETE FROM dead_messages WHERE (at, id) IN (
		SELECT at, id FROM dead_messages WHERE at < ? ORDER BY at, id LIMIT ${PURGE_ROWS_MAX})`;
	await db
		.prepare(query)
		.bind(now - DEAD_MESSAGES_KEPT_MS)
		.run();
}
