import { setTimeout as pause } from "node:timers/promises";
import type { SyncState } from "../../../dev/contract.ts";
import type { Caller } from "../caller.ts";
import { inParallel } from "../parallel.ts";
import type { Violations } from "./violation.ts";

const POLL_MS = 200;

/** Waits until the catalog has everybody's whole log. @returns how long that took, in milliseconds since `since` */
export async function checkLag(
	caller: Caller,
	users: readonly string[],
	{ since, within_ms }: { since: number; within_ms: number },
	violations: Violations,
): Promise<number> {
	const lagOf = async (user: string) => ({ user, ...(await caller.reader(user).get<SyncState>("/v1/users/me/sync")) });
	let behind = await inParallel(users, lagOf);
	for (;;) {
		behind = behind.filter(({ lag }) => lag > 0);
		const took = performance.now() - since;
		if (behind.length === 0) return took;
		if (took > within_ms) break;
		await pause(POLL_MS);
		behind = await inParallel(
			behind.map(({ user }) => user),
			lagOf,
		);
	}
	for (const { user, head_seq, applied_seq } of behind) {
		const detail = `the catalog is at ${applied_seq} of ${head_seq} after ${within_ms / 1_000} s without faults`;
		violations.add("lag", detail, { user });
	}
	return performance.now() - since;
}
