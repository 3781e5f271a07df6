import { isDeepStrictEqual } from "node:util";
import { digestOf, rebuild } from "../../../scripts/lib/catalog-operations.ts";
import type { Caller } from "../caller.ts";
import { inParallel } from "../parallel.ts";
import type { Violations } from "./violation.ts";

/** The clock may write to a log meanwhile; then it is compared once more. */
const TRIES_MAX = 5;

/** A catalog that is made anew from the logs is the one that came about under the faults, table by table. */
export async function checkRebuild(caller: Caller, users: readonly string[], violations: Violations): Promise<void> {
	const operator = caller.operator();
	const { items: dead } = await operator.get<{ items: { user: string; seq: number; error: string }[] }>(
		"/v1/admin/dead-letters",
	);
	for (const { user, seq, error } of dead) violations.add("dead letter", `row ${seq}: ${error}`, { user });
	for (let left = TRIES_MAX; left > 0; left--) {
		const heads = await headsOf(caller, users);
		const before = await digestOf(operator);
		await rebuild(operator, undefined);
		const after = await digestOf(operator);
		if (!isDeepStrictEqual(heads, await headsOf(caller, users))) continue;
		before.forEach((old, index) => {
			const detail = () => `${old.table}: ${old.rows} rows before and ${after[index]?.rows} after, or others`;
			violations.require(isDeepStrictEqual(old, after[index]), "rebuild", detail);
		});
		return;
	}
	violations.add("rebuild", `the logs grew in each of ${TRIES_MAX} tries`);
}

/** Where the logs end, once the catalog has all of them: a read may itself make due what the clock has brought. */
const headsOf = (caller: Caller, users: readonly string[]) =>
	inParallel(users, async (user) => (await caller.reader(user).caughtUp()).head_seq);
