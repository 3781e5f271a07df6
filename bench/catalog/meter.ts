import type { Miniflare } from "miniflare";

export type LocalD1 = Awaited<ReturnType<Miniflare["getD1Database"]>>;

/** What one read of the real code cost, by the engine's own counters. */
export interface Cost {
	rows_read: number;
	/** As the engine says, without the way to it. */
	ms: number;
	/** Tables that a statement scans though they grow; there must be none. */
	scans: string[];
	/** Indexes that are used. */
	indexes: Set<string>;
}

/** Runs a read and measures every statement of it. */
export async function costOf(db: LocalD1, read: (metered: D1DatabaseSession) => Promise<unknown>): Promise<Cost> {
	const cost: Cost = { rows_read: 0, ms: 0, scans: [], indexes: new Set() };
	const run = async (query: string, values: unknown[]) => {
		const result = await db
			.prepare(query)
			.bind(...values)
			.all<Record<string, unknown>>();
		cost.rows_read += result.meta.rows_read;
		cost.ms += result.meta.duration;
		const explained = db.prepare(`EXPLAIN QUERY PLAN ${query}`).bind(...values);
		look(cost, (await explained.all<{ detail: string }>()).results);
		return result;
	};
	const prepare = (query: string) => ({
		bind: (...values: unknown[]) => ({
			all: () => run(query, values),
			first: async () => (await run(query, values)).results[0] ?? null,
		}),
	});
	// Reads call nothing else than prepare, bind, all and first; another call would fail and not be missed.
	await read({ prepare } as unknown as D1DatabaseSession);
	return cost;
}

function look(cost: Cost, plan: readonly { detail: string }[]): void {
	const made = new Set(plan.flatMap(({ detail }) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)/.exec(detail)?.[1] ?? []));
	for (const { detail } of plan) {
		const [, index] = /USING (?:COVERING )?INDEX (\w+)/.exec(detail) ?? [];
		if (index) cost.indexes.add(index);
		const [, searched] = /(search_\w+) VIRTUAL TABLE INDEX/.exec(detail) ?? [];
		if (searched) cost.indexes.add(searched);
		const [, table] = detail.includes("VIRTUAL TABLE") ? [] : (/^SCAN (\w+)/.exec(detail) ?? []);
		if (table && !made.has(table)) cost.scans.push(detail);
	}
}
