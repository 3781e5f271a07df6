import { holdAt } from "../catalog/replication/ahead.ts";
import { applyAll, newApplyReport, type RunOutcome } from "../catalog/replication/apply.ts";
import { rowsBytes } from "../catalog/replication/consumer.ts";
import { deadSeqs } from "../catalog/replication/dead-letters.ts";
import { suspect } from "../catalog/replication/lagging.ts";
import * as rebuilds from "../catalog/replication/rebuilds.ts";
import { type Ahead, runOf } from "../catalog/replication/runs.ts";
import { readAnchor, readCursor, readPosition } from "../catalog/replication/shards.ts";
import { type LogEvent, messageSchema, readRow } from "../domain/log/events.ts";
import { PULL_TRIES_MAX, SHARD_CALLS_AT_ONCE, STEP_MS_MAX } from "../domain/log/limits.ts";
import { logLine, reason, word } from "../log-line.ts";
import { objectOf } from "../service/shard-of.ts";
import { forEachShard, type Shards } from "./shards.ts";

/**
 * Rebuilds the catalog's part of one shard, or all of it, from the logs, in small transactions that go on where they stopped:
 * wipe (nothing is applied to it meanwhile), pull (the logs are read and applied as the queue's messages are, and so are
 * those), clean (rows that no log wrote). Traffic goes on throughout.
 */

export { REBUILD_PHASES } from "../catalog/replication/rebuilds.ts";

interface Parts {
	CATALOG: D1Database;
	SHARDS: Shards;
	ENVIRONMENT: Env["ENVIRONMENT"];
}

/**
 * Why the user's part cannot be rebuilt alone, null if it can: its effects are taken out by reading the log again, so that must be
 * the log that was applied, and this release must read it. A rebuild of everything needs neither.
 */
export async function refusalOf(env: Parts, user: string, now: number): Promise<string | null> {
	const applied = await readAnchor(env.CATALOG, user);
	if (!applied) return null;
	const { chain } = await objectOf(env, user).log.reconcile(applied, Number.MAX_SAFE_INTEGER, now);
	if (chain !== "same") return "The log is not the one that the catalog has applied: rebuild everything.";
	for (let seq = 0; seq < applied.seq; ) {
		const page = await appliedAfter(env, user, seq, applied.seq);
		if (!page) return null;
		if (page.ahead) {
			return `Another release has applied row ${page.ahead.seq}, ${page.ahead.needs}: rebuild with that one, or everything.`;
		}
		seq = page.to;
	}
	return null;
}

/** Goes on with the rebuild that is under way for a few seconds, and says how it then stands; null if there is none. */
export async function continueRebuild(env: Parts, now: () => number): Promise<rebuilds.Rebuild | null> {
	const deadline = now() + STEP_MS_MAX;
	const under = await rebuilds.readRebuild(env.CATALOG, "under way");
	if (!under) return null;
	while (now() < deadline) {
		const rebuild = await rebuilds.readRebuild(env.CATALOG, "under way");
		if (rebuild?.number !== under.number) break;
		try {
			await piece(env, rebuild, now());
		} catch (error) {
			if (!MOVED.test(String(error))) throw error;
		}
	}
	return rebuilds.readRebuild(env.CATALOG, "last");
}

/** Somebody else goes on with the same rebuild; what they did is read again. */
const MOVED = /NOT NULL constraint failed: rebuilds\.position/;

async function piece(env: Parts, rebuild: rebuilds.Rebuild, now: number): Promise<void> {
	const { phase, user_id: user } = rebuild;
	if (phase === "clean") await rebuilds.cleanPiece(env.CATALOG, rebuild, now);
	else if (phase === "wipe")
		await (user === null ? rebuilds.wipePiece(env.CATALOG, rebuild, now) : wipeOne(env, rebuild, user, now));
	else await (user === null ? pullSome(env, rebuild, now) : pullOne(env, rebuild, user, now));
}

/** Takes out the effects of the next rows of the user's log; `position` is the last row that is out. */
async function wipeOne(env: Parts, rebuild: rebuilds.Rebuild, user: string, now: number): Promise<void> {
	const from = rebuild.position;
	const page = await appliedAfter(env, user, from, await readCursor(env.CATALOG, user));
	if (!page) return rebuilds.endWipeOf(env.CATALOG, rebuild, user, now);
	const { to, events, ahead } = page;
	if (ahead) throw new Error(`row ${ahead.seq} of ${user} was applied by another release: ${ahead.needs}`);
	await rebuilds.wipeRun(env.CATALOG, rebuild, { user, from, to, events }, now);
}

/** The next rows of the log that have effects in the catalog, dead letters left out, up to its cursor; null if there are no more. */
async function appliedAfter(env: Parts, user: string, from: number, applied: number) {
	const message = from < applied ? await messageAfter(env, user, from) : null;
	if (!message) return null;
	const to = Math.min(message.last, applied);
	const dead = await deadSeqs(env.CATALOG, user, from, to);
	const events: LogEvent[] = [];
	let ahead: Ahead | null = null;
	for (const [index, row] of message.rows.slice(0, to - from).entries()) {
		const seq = from + 1 + index;
		if (dead.has(seq)) continue;
		const reading = readRow(row, seq);
		if (reading.status === "read") events.push(reading.event);
		else if (reading.status === "ahead") ahead ??= { seq, needs: reading.needs };
	}
	return { to, events, ahead };
}

async function messageAfter(env: Parts, user: string, seq: number) {
	const message: unknown = await objectOf(env, user).log.message(seq);
	return message === null ? null : messageSchema.parse(message);
}

async function pullOne(env: Parts, rebuild: rebuilds.Rebuild, user: string, now: number): Promise<void> {
	const events = await pull(env, user, now);
	await rebuilds.pulled(env.CATALOG, rebuild, { position: 0, shards: 1, events }, now);
	await rebuilds.enter(env.CATALOG, rebuild, "clean", now);
}

async function pullSome(env: Parts, rebuild: rebuilds.Rebuild, now: number): Promise<void> {
	const chunk = await rebuilds.shardsAfter(env.CATALOG, rebuild.position, SHARD_CALLS_AT_ONCE);
	const last = chunk.at(-1);
	if (!last) return rebuilds.enter(env.CATALOG, rebuild, "clean", now);
	const events = await forEachShard(chunk, ({ user_id }) => pull(env, user_id, now));
	const sum = events.reduce((total, each) => total + each, 0);
	await rebuilds.pulled(env.CATALOG, rebuild, { position: last.number, shards: chunk.length, events: sum }, now);
}

/**
 * Applies the user's log from the cursor to its end; gives the number of rows. One that cannot be read or applied now is left to
 * the sweep and the shard's alarm, and does not stop the others.
 */
async function pull(env: Parts, user: string, now: number): Promise<number> {
	let events = 0;
	try {
		for (let failures = 0; failures < PULL_TRIES_MAX; ) {
			const cursor = await readPosition(env.CATALOG, user);
			const message = await messageAfter(env, user, cursor.seq);
			if (!message) return events;
			const { ahead, ...run } = runOf(message, cursor);
			let became: RunOutcome = "applied";
			const done = (outcome: RunOutcome) => {
				became = outcome;
			};
			const works = run.to > run.from ? [{ run, bytes: rowsBytes(message), done }] : [];
			await applyAll(env.CATALOG, works, now, newApplyReport());
			if (became !== "applied") failures++;
			else {
				events += run.to - run.from;
				if (!ahead) continue;
				await holdAt(env.CATALOG, [{ user, ...ahead }], now);
				// So that what the rest of its log wrote is not cleaned away.
				await suspect(env.CATALOG, [{ user, last: message.last, since: now }], now);
				return events;
			}
		}
		throw new Error(`the log could not be applied in ${PULL_TRIES_MAX} tries`);
	} catch (error) {
		logLine("error", { at: "rebuild", user: word(user), error: reason(error) });
		await suspect(env.CATALOG, [{ user, last: Number.MAX_SAFE_INTEGER, since: now }], now);
		return events;
	}
}

/** A rebuild as operators see it: without how far its phase is, which means nothing to anybody else. */
export const shownRebuild = ({ number, user_id: user, position: _, ...rebuild }: rebuilds.Rebuild) => ({
	number,
	user,
	...rebuild,
});
