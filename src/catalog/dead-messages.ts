import { messageSchema } from "../domain/events.ts";
import { DEAD_MESSAGE_CHARS_MAX, FAILURE_RETRY_S } from "../domain/limits.ts";

/** Messages that were given up. Nothing is lost with them: the rows are in their shard's log, and it sends them again. */

export interface UnreadableMessage {
	message: Message;
	reason: string;
}

const KEEP = `INSERT INTO dead_messages (at, id, user_id, first, last, reason, body)
	SELECT value ->> 'at', value ->> 'id', value ->> 'user', value ->> 'first', value ->> 'last', value ->> 'reason',
		value ->> 'body' FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`;

/** A shard whose message was given up may be behind; the sweep looks at it soon. */
const SUSPECT = `INSERT INTO lagging (user_id, head_seq, waiting_since, chain, found_at)
	SELECT value ->> 'user', value ->> 'last', value ->> 'since', 'same', ?2 FROM json_each(?1)
	LEFT JOIN shards ON shards.user_id = value ->> 'user' WHERE coalesce(shards.applied_seq, 0) < value ->> 'last'
	ON CONFLICT (user_id) DO UPDATE SET head_seq = max(head_seq, excluded.head_seq)`;

/** Keeps messages with the reason, each once however often it is delivered. One statement per message: each may be long. */
export async function keepMessages(db: D1Database, given: readonly UnreadableMessage[]): Promise<void> {
	await db.batch(
		given.map(({ message, reason }) => db.prepare(KEEP).bind(JSON.stringify([recordOf(message, reason)]))),
	);
}

function recordOf({ id, timestamp, body }: Message, reason: string) {
	const parsed = messageSchema.safeParse(body);
	const text = JSON.stringify(body) ?? "null";
	return {
		...{ id, at: timestamp.getTime(), reason, body: text.slice(0, DEAD_MESSAGE_CHARS_MAX) },
		...(parsed.success && { user: parsed.data.shard, first: parsed.data.first, last: parsed.data.last, body: "" }),
	};
}

/**
 * The consumer of the dead-letter queue: keeps what was given up, marks the shards for the sweep and acknowledges. Never
 * throws; what cannot be kept comes again.
 */
export async function consumeDead(db: D1Database, batch: MessageBatch, now: number): Promise<{ kept: number }> {
	try {
		const reason = "The queue gave it up after its last retry.";
		await keepMessages(
			db,
			batch.messages.map((message) => ({ message, reason })),
		);
		const suspects = batch.messages.flatMap(({ body }) => {
			const { success, data } = messageSchema.safeParse(body);
			return success ? [{ user: data.shard, last: data.last, since: timeOf(data.rows[0]) ?? now }] : [];
		});
		await db.prepare(SUSPECT).bind(JSON.stringify(suspects), now).run();
		for (const message of batch.messages) message.ack();
		return { kept: batch.messages.length };
	} catch (error) {
		console.error(JSON.stringify({ at: "dead-letter queue", error: String(error) }));
		for (const message of batch.messages) message.retry({ delaySeconds: FAILURE_RETRY_S });
		return { kept: 0 };
	}
}

function timeOf(row: unknown): number | null {
	return typeof row === "object" && row !== null && "at" in row && typeof row.at === "number" ? row.at : null;
}
