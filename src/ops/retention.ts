import { dueRounds, endRounds, moveRound, type RetentionRound } from "../accounts/retention.ts";
import { readTenant } from "../accounts/tenants.ts";
import { listUsers } from "../accounts/users.ts";
import { knownAmong } from "../catalog/replication/shards.ts";
import { SHARD_CALLS_AT_ONCE } from "../domain/log/limits.ts";
import { settingsIn } from "../domain/people/tenants.ts";
import {
	RETENTION_CALLS_PER_USER_MAX,
	RETENTION_MS_MAX,
	RETENTION_ROUND_MS,
	RETENTION_ROUNDS_AT_ONCE_MAX,
	RETENTION_USERS_PER_PAGE,
} from "../domain/privacy/limits.ts";
import { type Cutoffs, cutoffsOf, removesSomething } from "../domain/privacy/retention.ts";
import { logLine, reason, stopwatch, word } from "../log-line.ts";
import { shardOf } from "../service/shard-of.ts";

/**
 * Goes on with the rounds that are due: over the users of each tenant that keeps something for some time only, once a day, and anew when its
 * settings change. For a bounded time; the next turn goes on behind the last page of users.
 */
export async function continueRetention(env: Env, clock: () => number): Promise<void> {
	const deadline = clock() + RETENTION_MS_MAX;
	for (const round of await dueRounds(env.ACCOUNTS, clock(), RETENTION_ROUNDS_AT_ONCE_MAX)) {
		if (clock() >= deadline) return;
		await continueRound(env, round, clock, deadline);
	}
}

async function continueRound(env: Env, round: RetentionRound, clock: () => number, deadline: number): Promise<void> {
	const tenant = await readTenant(env.ACCOUNTS, round.tenant_id);
	const cutoffs = tenant && cutoffsOf(settingsIn(tenant.settings).retention, clock());
	if (!cutoffs || !removesSomething(cutoffs)) return endRounds(env.ACCOUNTS, round);
	const elapsed = stopwatch();
	let at = round;
	let users = 0;
	while (clock() < deadline) {
		const now = clock();
		const began_at = at.began_at ?? now;
		const page = await usersAfter(env, at);
		users += await removeOf(env, at.tenant_id, page.users, cutoffs, now);
		// The next round is a day after the beginning of this one; one that goes on lets others come first in the next turn.
		const isLast = page.next === null;
		const moved: RetentionRound = isLast
			? { ...at, began_at: null, after_user: "", due_at: Math.max(began_at + RETENTION_ROUND_MS, now + 1) }
			: { ...at, began_at, after_user: page.next ?? "", due_at: now };
		if (!(await moveRound(env.ACCOUNTS, at, moved)) || isLast) break;
		at = moved;
	}
	logLine("log", { at: "retention", tenant: word(round.tenant_id), users, duration_ms: elapsed() });
}

/** Those of the next users who have a shard: the others have nothing to be removed, and a name alone makes no object. */
async function usersAfter({ ACCOUNTS, CATALOG }: Env, { tenant_id, after_user }: RetentionRound) {
	const bounds = { limit: RETENTION_USERS_PER_PAGE, scan_max: RETENTION_USERS_PER_PAGE };
	const { users, next } = await listUsers(ACCOUNTS, tenant_id, {}, after_user, bounds);
	const ids = users.map(({ id }) => id);
	return { users: await knownAmong(CATALOG, ids, tenant_id), next };
}

/** @returns how many were looked after */
async function removeOf(
	env: Env,
	tenant: string,
	users: readonly string[],
	cutoffs: Cutoffs,
	now: number,
): Promise<number> {
	for (let n = 0; n < users.length; n += SHARD_CALLS_AT_ONCE) {
		const some = users.slice(n, n + SHARD_CALLS_AT_ONCE);
		await Promise.all(some.map((user) => removeOfUser(env, { user, tenant }, cutoffs, now)));
	}
	return users.length;
}

/** One whose shard does not answer is looked after in the next round. */
async function removeOfUser(
	env: Env,
	who: { user: string; tenant: string },
	cutoffs: Cutoffs,
	now: number,
): Promise<void> {
	const call = { ...who, actor: "retention", now, request_id: crypto.randomUUID() };
	try {
		const { retention } = shardOf(env, who.user, true);
		for (let calls = 0; calls < RETENTION_CALLS_PER_USER_MAX; calls++) {
			if (!(await retention.remove(call, cutoffs))) return;
		}
	} catch (error) {
		logLine("error", { at: "retention", user: word(who.user), error: reason(error) });
	}
}
