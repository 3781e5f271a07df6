import { type RowsAhead, readAhead } from "../catalog/replication/ahead.ts";
import { countDead } from "../catalog/replication/dead-letters.ts";
import { type Lag, readLag } from "../catalog/replication/lagging.ts";
import { type Rebuild, readRebuild } from "../catalog/replication/rebuilds.ts";
import { readSweep, type SweepState } from "../catalog/replication/sweep-state.ts";
import { countsSince, type Minute } from "../catalog/replication/tally.ts";
import type { Settings } from "../env.ts";

const MINUTE_MS = 60_000;
const COUNTED_MINUTES = 15;
/** A minute's sweep that is so late does not run any more. */
const SWEEP_SILENCE_MS = 10 * MINUTE_MS;
/** The schedule goes on with a rebuild every minute. */
const REBUILD_SILENCE_MS = 10 * MINUTE_MS;

/** Whether every database answers a query. */
async function databasesAnswer(databases: readonly D1Database[]): Promise<boolean> {
	const answers = await Promise.allSettled(databases.map(async (db) => db.prepare("SELECT 1").first()));
	return answers.every((answer) => answer.status === "fulfilled");
}

/** What is wrong with replication; the first two make the service unready. */
export const ALARMS = [
	"lag",
	"queue-age",
	"diverged",
	"rows-ahead",
	"dead-letters",
	"dead-messages",
	"sweep-silent",
] as const;
export type Alarm = (typeof ALARMS)[number];

export interface ReplicationHealth {
	status: "ok" | "degraded";
	alarms: Alarm[];
	thresholds: { lag_ms_max: number; queue_age_ms_max: number };
	lagging: Lag & { oldest_age_ms: number };
	/** Null where the platform does not tell. */
	queue: { backlog: number; oldest_age_ms: number } | null;
	holding: RowsAhead;
	dead_letters: number;
	dead_messages: number;
	/** Of these, what no operator has acknowledged. */
	new_dead_letters: number;
	new_dead_messages: number;
	sweep: SweepState | null;
	rebuild: Rebuild | null;
	/** Over the last minutes; approximate. */
	counts: Omit<Minute, "minute" | "ahead"> & { held_back: number; minutes: number; events_per_minute: number };
}

interface Parts {
	CATALOG: D1Database;
	LOG_QUEUE: Pick<Queue, "metrics">;
}

/** All that the catalog knows of its own replication, with what is out of bounds. */
export async function replicationHealth(env: Parts, settings: Settings, now: number): Promise<ReplicationHealth> {
	const db = env.CATALOG;
	const [lag, ahead, dead, state, rebuild, { ahead: held_back, ...counts }, queue] = await Promise.all([
		readLag(db),
		readAhead(db),
		countDead(db),
		readSweep(db),
		readRebuild(db, "last"),
		countsSince(db, now - COUNTED_MINUTES * MINUTE_MS),
		queueState(env.LOG_QUEUE, now),
	]);
	const oldest_age_ms = lag.oldest ? Math.max(0, now - lag.oldest.waiting_since) : 0;
	const isAlarming: Record<Alarm, boolean> = {
		lag: oldest_age_ms > settings.replicationLagMs,
		"queue-age": (queue?.oldest_age_ms ?? 0) > settings.queueAgeMs,
		diverged: lag.shards_diverged > 0,
		"rows-ahead": ahead.shards > 0,
		"dead-letters": dead.new_letters > 0,
		"dead-messages": dead.new_messages > 0,
		"sweep-silent": state !== null && now - state.updated_at > SWEEP_SILENCE_MS,
	};
	const alarms = ALARMS.filter((alarm) => isAlarming[alarm]);
	return {
		status: alarms.length === 0 ? "ok" : "degraded",
		alarms,
		thresholds: { lag_ms_max: settings.replicationLagMs, queue_age_ms_max: settings.queueAgeMs },
		lagging: { ...lag, oldest_age_ms },
		queue,
		holding: ahead,
		dead_letters: dead.letters,
		dead_messages: dead.messages,
		new_dead_letters: dead.new_letters,
		new_dead_messages: dead.new_messages,
		sweep: state,
		rebuild,
		counts: { ...counts, held_back, minutes: COUNTED_MINUTES, events_per_minute: counts.events / COUNTED_MINUTES },
	};
}

async function queueState(queue: Parts["LOG_QUEUE"], now: number): Promise<ReplicationHealth["queue"]> {
	try {
		const { backlogCount, oldestMessageTimestamp } = await queue.metrics();
		const oldest = oldestMessageTimestamp?.getTime() ?? 0;
		return { backlog: backlogCount, oldest_age_ms: oldest > 0 ? Math.max(0, now - oldest) : 0 };
	} catch {
		return null;
	}
}

/** Rows of long ago are then applied anew while traffic goes on. A rebuild that stands still excuses nothing. */
const isRebuilding = (rebuild: Rebuild | null, now: number) =>
	rebuild?.finished_at === null && now - rebuild.updated_at <= REBUILD_SILENCE_MS;

/** Whether the service can do what it promises, replication within its bounds included. */
export async function readiness(env: Parts & { ACCOUNTS: D1Database }, settings: Settings, now: number) {
	if (!(await databasesAnswer([env.CATALOG, env.ACCOUNTS])))
		return { ready: false, reason: "A database does not answer." };
	const { alarms, lagging, queue, rebuild } = await replicationHealth(env, settings, now);
	const checks = {
		oldest_unapplied_ms: lagging.oldest_age_ms,
		shards_behind: lagging.shards_behind,
		queue_age_ms: queue?.oldest_age_ms ?? null,
		alarms,
	};
	if (alarms.includes("lag") && !isRebuilding(rebuild, now))
		return { ready: false, reason: "The catalog is behind the logs.", checks };
	if (alarms.includes("queue-age")) return { ready: false, reason: "Messages wait in the queue for too long.", checks };
	return { ready: true, checks };
}
