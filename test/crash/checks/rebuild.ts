import { isDeepStrictEqual } from "node:util";
import { digestOf, rebuild } from "../../../dev/catalog-operations.ts";
import type { Caller } from "../caller.ts";
import { atEqualHeads } from "./heads.ts";
import type { Violations } from "./violation.ts";

/** A catalog that is made anew from the logs is the one that came about under the faults, table by table. */
export async function checkRebuild(caller: Caller, users: readonly string[], violations: Violations): Promise<void> {
	const operator = caller.operator();
	const { items: dead } = await operator.get<{ items: { user: string; seq: number; error: string }[] }>(
		"/v1/admin/dead-letters",
	);
	for (const { user, seq, error } of dead) violations.add("dead letter", `row ${seq}: ${error}`, { user });
	await atEqualHeads(caller, users, violations, async (found) => {
		const before = await digestOf(operator);
		await rebuild(operator, undefined);
		const after = await digestOf(operator);
		before.forEach((old, index) => {
			const detail = () => `${old.table}: ${old.rows} rows before and ${after[index]?.rows} after, or others`;
			found.require(isDeepStrictEqual(old, after[index]), "rebuild", detail);
		});
	});
}
