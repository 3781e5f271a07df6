import { type Finding, record } from "../catalog/replication/lagging.ts";
import {
	type DirectoryEntry,
	dayOf,
	purgeDays,
	readSweep,
	readSweepPage,
	type SweepState,
	writeSweep,
} from "../catalog/replication/sweep-state.ts";
import { STEP_MS_MAX, SWEEP_LAGGING_MAX, SWEEP_ROTATION_SHARDS } from "../domain/log/limits.ts";
import { logLine, reason, stopwatch, word } from "../log-line.ts";
import { objectOf } from "../service/shard-of.ts";
import { forEachShard, type Shards } from "./shards.ts";

interface Parts {
	CATALOG: D1Database;
	SHARDS: Shards;
	ENVIRONMENT: Env["ENVIRONMENT"];
}

/**
 * Reconciliation: asks shards where their logs end, compares the hash that the catalog has of them, writes down which are
 * behind for longer than the bound and has those send again. A pass looks at every shard that was applied since the pass
 * before began; each step also looks at those known to be behind, and at a few of all others in turn. It goes on where it
 * stopped, until the pass is over or a few seconds have gone.
 * @param overdue_ms how long a row may wait before its shard counts as behind
 */
export async function sweep(env: Parts, overdue_ms: number, now: () => number): Promise<SweepState> {
	const elapsed = stopwatch();
	const deadline = now() + STEP_MS_MAX;
	const known = await readSweep(env.CATALOG);
	let state = known ?? passAfter(null, overdue_ms, now());
	if (known?.finished_at != null) state = passAfter(known, overdue_ms, now());
	do {
		state = await step(env, state, overdue_ms, now());
		await writeSweep(env.CATALOG, state);
	} while (state.finished_at === null && now() < deadline);
	const { looked, behind, finished_at } = state;
	logLine("log", { at: "sweep", looked, behind, finished_at, duration_ms: elapsed() });
	return state;
}

/** A shard that was applied while the last pass went on, or had rows that were not overdue then, is looked at again. */
function passAfter(last: SweepState | null, overdue_ms: number, now: number): SweepState {
	const since = last ? last.started_at - overdue_ms : 0;
	return {
		since,
		started_at: now,
		day: dayOf(last ? since : now) - 1,
		shard: Number.MAX_SAFE_INTEGER,
		rotation: last?.rotation ?? 0,
		lagging_after: last?.lagging_after ?? "",
		looked: 0,
		behind: 0,
		updated_at: now,
		finished_at: null,
	};
}

async function step(env: Parts, state: SweepState, overdue_ms: number, now: number): Promise<SweepState> {
	const { days, lagging, round } = await readSweepPage(env.CATALOG, state);
	const changed = days.filter(({ applied_at }) => applied_at >= state.since);
	const entries = new Map([...changed, ...lagging, ...round].map((entry) => [entry.user_id, entry]));
	const looks = await forEachShard([...entries.values()], (entry) => look(env, entry, overdue_ms, now));
	const behind = looks.filter((finding) => finding !== null && finding !== "well");
	const well = lagging
		.map(({ user_id }) => user_id)
		.filter((user) => looks[[...entries.keys()].indexOf(user)] === "well");
	await record(env.CATALOG, behind, well, now);
	await purgeDays(env.CATALOG, Math.min(dayOf(state.since), dayOf(now) - 1));
	const last = days.at(-1);
	return {
		...state,
		day: last?.day ?? state.day,
		shard: last?.shard ?? state.shard,
		rotation: round.length < SWEEP_ROTATION_SHARDS ? 0 : (round.at(-1)?.number ?? 0),
		lagging_after: lagging.length < SWEEP_LAGGING_MAX ? "" : (lagging.at(-1)?.user_id ?? ""),
		looked: state.looked + entries.size,
		behind: state.behind + behind.length,
		updated_at: now,
		finished_at: last ? null : now,
	};
}

/** What a shard says, if something is wrong; null where it does not answer. */
async function look(
	env: Parts,
	entry: DirectoryEntry,
	overdue_ms: number,
	now: number,
): Promise<Finding | "well" | null> {
	const { user_id: user, applied_seq, head_hash } = entry;
	try {
		const applied = { seq: applied_seq, hash: head_hash };
		const { head_seq, waiting_since, chain, overdue } = await objectOf(env, user).log.reconcile(
			applied,
			overdue_ms,
			now,
		);
		const isWell = chain === "same" && !overdue;
		return isWell ? "well" : { user, head_seq, waiting_since: waiting_since ?? now, chain };
	} catch (error) {
		logLine("error", { at: "sweep", user: word(user), error: reason(error) });
		return null;
	}
}
