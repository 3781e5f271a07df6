import type { Caller } from "../caller.ts";
import { publish } from "../draw.ts";
import type { History } from "../history.ts";
import { inParallel } from "../parallel.ts";
import type { World } from "../world.ts";
import { checkAccounts } from "./accounts.ts";
import { checkChanges, checkOrder } from "./changes.ts";
import { checkErrors } from "./errors.ts";
import { atEqualHeads } from "./heads.ts";
import { checkKeys, repeatEverything } from "./keys.ts";
import { checkLag } from "./lag.ts";
import { readLog, type UserLog } from "./logs.ts";
import { checkPresence } from "./presence.ts";
import { checkRebuild } from "./rebuild.ts";
import { checkQuizzes, checkUsage, type Owned, readOwned } from "./recount.ts";
import { type Violation, Violations } from "./violation.ts";

/** How long after the last restart every shard may be behind. */
const CATCH_UP_MS_MAX = 60_000;

export interface Findings {
	violations: Violation[];
	/** How long after the last restart the last shard had caught up. */
	caught_up_after_ms: number;
	/** Rows of all logs, keys that were repeated, and those of them that had never been answered: whole ones and absent ones. */
	counts: { rows: number; keys: number; whole: number; absent: number };
}

interface Ground {
	caller: Caller;
	history: History;
	world: World;
	/** When the runtime was up for the last time, on the harness's clock. */
	restarted: number;
	note: (text: string) => void;
}

/**
 * All checks, on a runtime without faults.
 * @param violations what was found while there were faults
 */
export async function checkEverything(ground: Ground, violations = new Violations()): Promise<Findings> {
	const { caller, world, restarted, note } = ground;
	/** Runs one group of checks; what it cannot read is a violation too, and does not stop the others. */
	const group = async <T>(name: string, check: () => Promise<T>): Promise<T | null> => {
		note(`checks: ${name}`);
		try {
			return await check();
		} catch (error) {
			violations.add("unreadable", `${name}: ${String(error)}`);
			return null;
		}
	};
	const caught_up_after_ms = await group("every shard catches up", () =>
		checkLag(caller, world.users, { since: restarted, within_ms: CATCH_UP_MS_MAX }, violations),
	);
	const counts = await group("every key once more, and the logs", () => checkAnswers(ground, violations));
	await group("ledgers and accounts", () => checkAccounts(caller, world.users, violations));
	await group("the catalog against a recount", () => checkCatalog(ground, violations));
	return {
		violations: violations.found,
		caught_up_after_ms: caught_up_after_ms ?? Number.NaN,
		counts: counts ?? { rows: 0, keys: 0, whole: 0, absent: 0 },
	};
}

/** Every answer against the logs. */
async function checkAnswers({ caller, history, world }: Ground, violations: Violations): Promise<Findings["counts"]> {
	const before = await readLogs(caller, world.users, violations);
	const unanswered = [...history.keyed].filter(([, calls]) => calls.every(({ answer }) => answer === null));
	const repeats = await repeatEverything(caller, history);
	const after = await readLogs(caller, world.users, violations);
	checkKeys({ history, repeats, before, after }, violations);
	checkChanges(history, after, violations);
	checkOrder(history, violations);
	checkErrors(history, violations);
	const whole = unanswered.filter(([key]) => repeats.get(key)?.answer?.replayed).length;
	const rows = [...after.values()].reduce((sum, log) => sum + log.rows.length, 0);
	return { rows, keys: history.keyed.size, whole, absent: unanswered.length - whole };
}

/** The catalog against what its users have; then against one that is made anew. */
async function checkCatalog({ caller, history, world, note }: Ground, violations: Violations): Promise<void> {
	const { users } = world;
	await republish(caller, await readOwned(caller, users));
	const even = { since: performance.now(), within_ms: CATCH_UP_MS_MAX };
	const took_ms = await checkLag(caller, users, even, violations);
	// Behind the logs, the catalog is bound to differ; that it is behind has been said.
	if (took_ms > CATCH_UP_MS_MAX) return checkPresence(history, await readOwned(caller, users), violations);
	await atEqualHeads(caller, users, violations, async (found) => {
		const owned = await readOwned(caller, users);
		checkPresence(history, owned, found);
		await checkQuizzes(caller, owned, found);
		await checkUsage(caller, world, owned, found);
	});
	note("checks: the catalog made anew from the logs");
	await checkRebuild(caller, users, violations);
}

async function readLogs(caller: Caller, users: readonly string[], violations: Violations) {
	const logs = await inParallel(users, (user) => readLog(caller, user, violations));
	return new Map(logs.map((log): [string, UserLog] => [log.user, log]));
}

/** What is withdrawn has statistics too; they are only shown once it is published again. */
async function republish(caller: Caller, owned: readonly Owned[]): Promise<void> {
	const withdrawn = owned.flatMap(({ user, quizzes }) =>
		quizzes.flatMap(({ id, status }) => (status === "withdrawn" ? [publish(id, user, "public")] : [])),
	);
	await inParallel(withdrawn, (request) => caller.call(request, { round: 0, writer: 0 }));
}
