import type { AppliedRun } from "./projection.ts";

/** Statements that projections have in common. */

/** One statement whose only parameter is a list, unpacked in SQL with json_each; none for an empty list. */
export function forEach(
	db: D1Database,
	query: string,
	items: readonly object[],
	...rest: number[]
): D1PreparedStatement[] {
	return items.length === 0 ? [] : [db.prepare(query).bind(JSON.stringify(items), ...rest)];
}

const NUMBER = "(SELECT number FROM shards WHERE user_id = ?1)";

/** Removes the facts of a run: rows of a table that say themselves which row of which log wrote them. */
export const dropFacts = (db: D1Database, table: string, { user, from, to }: AppliedRun): D1PreparedStatement =>
	db.prepare(`DELETE FROM ${table} WHERE shard = ${NUMBER} AND seq > ?2 AND seq <= ?3`).bind(user, from, to);
