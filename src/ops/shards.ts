import { SHARD_CALLS_AT_ONCE } from "../domain/log/limits.ts";

export type Shards = Env["SHARDS"];

/** Calls `work` for each item, a bounded number at once, and gives the results in the items' order. */
export async function forEachShard<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	for (let start = 0; start < items.length; start += SHARD_CALLS_AT_ONCE) {
		results.push(...(await Promise.all(items.slice(start, start + SHARD_CALLS_AT_ONCE).map(work))));
	}
	return results;
}
