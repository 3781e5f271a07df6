import { applyDead, type DeadLetter, listDeadLetters, stillDead } from "../catalog/dead-letters.ts";
import { messageSchema, parseRow } from "../domain/events.ts";
import { REDRIVE_MAX } from "../domain/limits.ts";
import { forEachShard, type Shards } from "./shards.ts";

/** What became of a dead letter that was driven again. */
export interface Redriven {
	user: string;
	seq: number;
	status: "applied" | "refused";
	/** Why it is still refused. */
	error: string | null;
}

interface Parts {
	CATALOG: D1Database;
	SHARDS: Shards;
}

/**
 * Drives dead letters again: reads their rows from the shards' logs and applies them. One event, those of one shard, or all,
 * a bounded number in one call.
 * @param after where the call before stopped
 * @returns what became of them, and where to go on; null at the end
 */
export async function redrive(
	env: Parts,
	which: { user?: string | undefined; seq?: number | undefined },
	after: [user: string, seq: number] | null,
): Promise<{ items: Redriven[]; next: [string, number] | null }> {
	const { user, seq } = which;
	const start: [string, number] | null = user !== undefined && seq !== undefined ? [user, seq - 1] : after;
	const listed = await listDeadLetters(env.CATALOG, { user, after: start }, seq === undefined ? REDRIVE_MAX : 1);
	const letters = listed.filter((letter) => seq === undefined || letter.seq === seq);
	const items = await forEachShard(letters, (letter) => redriveOne(env, letter));
	const last = listed.length === REDRIVE_MAX ? listed.at(-1) : undefined;
	return { items, next: last ? [last.user, last.seq] : null };
}

async function redriveOne(env: Parts, { user, seq, at }: DeadLetter): Promise<Redriven> {
	try {
		const message = messageSchema.parse(await env.SHARDS.getByName(user).message(seq - 1));
		const event = parseRow(message.rows[0], seq);
		// Everything of a shard is counted under the tenant that its first row names.
		if (event.kind === "shard.opened") throw new Error("It names the tenant of all others: rebuild the shard.");
		await applyDead(env.CATALOG, user, event);
		return { user, seq, status: "applied", error: null };
	} catch (cause) {
		const error = cause instanceof Error ? cause.message : String(cause);
		await stillDead(env.CATALOG, { user, seq, at, error });
		return { user, seq, status: "refused", error };
	}
}
