import { applyAll, newApplyReport } from "../catalog/apply.ts";
import { runOf, workOf } from "../catalog/consumer.ts";
import { deadSeqs } from "../catalog/dead-letters.ts";
import { suspect } from "../catalog/lagging.ts";
import * as rebuilds from "../catalog/rebuilds.ts";
import { readAnchor, readCursor } from "../catalog/shards.ts";
import { messageSchema } from "../domain/events.ts";
import { PULL_TRIES_MAX, SHARD_CALLS_AT_ONCE, STEP_MS_MAX } from "../domain/limits.ts";
import { forEachShard, type Shards } from "./shards.ts";

/**
 * Rebuilds the catalog's part of one shard, or all of it, from the logs, in small transactions that go on where they stopped:
 * wipe (nothing is applied to it meanwhile), pull (the logs are read and applied as the queue's messages are, and so are
 * those), clean (rows that no log wrote). Traffic goes on throughout.
 */

interface Parts {
	CATALOG: D1Database;
	SHARDS: Shards;
}

/**
 * Whether the user's log is the one whose effects the catalog has. Those of another history cannot be taken out by reading
 * this one: only a rebuild of everything mends that.
 */
export async function hasAppliedLog(env: Parts, user: string, now: number): Promise<boolean> {
	const applied = await readAnchor(env.CATALOG, user);
	if (!applied) return true;
	const { chain } = await env.SHARDS.getByName(user).reconcile(applied, Number.MAX_SAFE_INTEGER, now);
	return chain === "same";
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
	const applied = await readCursor(env.CATALOG, user);
	const message = rebuild.position < applied ? await messageAfter(env, user, rebuild.position) : null;
	if (!message) return rebuilds.endWipeOf(env.CATALOG, rebuild, user, now);
	const run = runOf(message, rebuild.position);
	const to = Math.min(run.to, applied);
	const dead = await deadSeqs(env.CATALOG, user, rebuild.position, to);
	const events = run.events.filter(({ seq }) => seq <= to && !dead.has(seq));
	await rebuilds.wipeRun(env.CATALOG, rebuild, { user, from: rebuild.position, to, events }, now);
}

async function messageAfter(env: Parts, user: string, seq: number) {
	const message: unknown = await env.SHARDS.getByName(user).message(seq);
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
			const cursor = await readCursor(env.CATALOG, user);
			const message = await messageAfter(env, user, cursor);
			if (!message) return events;
			let applied = false;
			const done = (ok: boolean) => {
				applied = ok;
			};
			await applyAll(env.CATALOG, [workOf(message, cursor, done)], now, newApplyReport());
			if (applied) events += message.last - cursor;
			else failures++;
		}
		throw new Error(`the log could not be applied in ${PULL_TRIES_MAX} tries`);
	} catch (error) {
		console.error(JSON.stringify({ at: "rebuild", user, error: String(error) }));
		await suspect(env.CATALOG, [{ user, last: Number.MAX_SAFE_INTEGER, since: now }], now);
		return events;
	}
}
