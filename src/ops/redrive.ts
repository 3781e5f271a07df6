import { type Cause, causeOf } from "../catalog/replication/causes.ts";
import {
	applyDead,
	type DeadLetter,
	listDeadLetters,
	listOnceUnknown,
	stillDead,
} from "../catalog/replication/dead-letters.ts";
import { EVENT_BODIES, messageSchema, READER_VERSION, readRow } from "../domain/log/events.ts";
import { REDRIVE_MAX } from "../domain/log/limits.ts";
import { logLine, stopwatch } from "../log-line.ts";
import { objectOf } from "../service/shard-of.ts";
import { forEachShard, type Shards } from "./shards.ts";

export const REDRIVEN_STATUSES = ["applied", "refused"] as const;

/** What became of a dead letter that was driven again. */
export interface Redriven {
	user: string;
	seq: number;
	status: (typeof REDRIVEN_STATUSES)[number];
	/** Why it is still refused. */
	error: string | null;
}

interface Parts {
	CATALOG: D1Database;
	SHARDS: Shards;
	ENVIRONMENT: Env["ENVIRONMENT"];
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

/**
 * Drives again what a release before made a dead letter of because it did not know its kind, as one does that meets the rows of a
 * newer one; a bounded number in one call. What is refused for another reason is a letter like any other then.
 */
export async function redriveOnceUnknown(env: Parts): Promise<Redriven[]> {
	const letters = await listOnceUnknown(env.CATALOG, Object.keys(EVENT_BODIES), READER_VERSION, REDRIVE_MAX);
	if (letters.length === 0) return [];
	const elapsed = stopwatch();
	const items = await forEachShard(letters, (letter) => redriveOne(env, letter));
	const applied = items.filter(({ status }) => status === "applied").length;
	logLine("log", { at: "redrive", applied, refused: items.length - applied, duration_ms: elapsed() });
	return items;
}

async function redriveOne(env: Parts, { user, seq }: Pick<DeadLetter, "user" | "seq">): Promise<Redriven> {
	try {
		const body: unknown = await objectOf(env, user).log.message(seq - 1);
		if (body === null) return await refused(env, user, seq, "The log of its shard does not have this row.");
		const message = messageSchema.parse(body);
		const reading = readRow(message.rows[0], seq);
		if (reading.status === "ahead") return { user, seq, status: "refused", error: reading.needs };
		if (reading.status === "poison") return await refused(env, user, seq, reading.error);
		// Everything of a shard is counted under the tenant that its first row names.
		if (reading.event.kind === "shard.opened") {
			return await refused(env, user, seq, "It names the tenant of all others: rebuild the shard.");
		}
		await applyDead(env.CATALOG, user, reading.event);
		return { user, seq, status: "applied", error: null };
	} catch (cause) {
		const error = cause instanceof Error ? cause.message : String(cause);
		if (!IS_ABOUT_THE_ROW[causeOf(cause)]) return { user, seq, status: "refused", error };
		return await refused(env, user, seq, error);
	}
}

/** Where it is not, the letter keeps what it says, by which the schedule finds those of kinds that were once unknown. */
const IS_ABOUT_THE_ROW = { refused: true, undone: true, moved: false, database: false } as const satisfies Record<
	Cause,
	boolean
>;

async function refused(env: Parts, user: string, seq: number, error: string): Promise<Redriven> {
	await stillDead(env.CATALOG, { user, seq, error });
	return { user, seq, status: "refused", error };
}
