/** A database that counts: what a request asks of it, in how many round trips, and how many rows that takes. */

export interface RoundTrip {
	/** How many statements went together. */
	statements: number;
	rows_read: number;
	rows_written: number;
}

export interface Counted {
	db: D1Database;
	trips: RoundTrip[];
	total(): Omit<RoundTrip, "statements"> & { trips: number };
}

const INNER = Symbol("the statement itself");
type Wrapped = D1PreparedStatement & { [INNER]: D1PreparedStatement };

export function countedDatabase(db: D1Database): Counted {
	const trips: RoundTrip[] = [];
	const note = (results: readonly D1Result<unknown>[]) => {
		const sum = (count: (meta: D1Meta) => number) => results.reduce((all, { meta }) => all + count(meta as D1Meta), 0);
		trips.push({
			statements: results.length,
			rows_read: sum(({ rows_read }) => rows_read),
			rows_written: sum(({ rows_written }) => rows_written),
		});
	};
	const wrap = (inner: D1PreparedStatement): Wrapped => {
		const all = async () => {
			const result = await inner.all<Record<string, unknown>>();
			note([result]);
			return result;
		};
		const first = async (column?: string) => {
			const [row = null] = (await all()).results;
			return row !== null && column !== undefined ? row[column] : row;
		};
		return {
			bind: (...values: unknown[]) => wrap(inner.bind(...values)),
			all,
			run: all,
			first,
			[INNER]: inner,
		} as unknown as Wrapped;
	};
	const batch = async (statements: D1PreparedStatement[]) => {
		const results = await db.batch(statements.map((each) => (each as Wrapped)[INNER]));
		note(results);
		return results;
	};
	return {
		db: { prepare: (query: string) => wrap(db.prepare(query)), batch } as unknown as D1Database,
		trips,
		total: () => ({
			trips: trips.length,
			rows_read: trips.reduce((sum, { rows_read }) => sum + rows_read, 0),
			rows_written: trips.reduce((sum, { rows_written }) => sum + rows_written, 0),
		}),
	};
}
