import { type Item, noUsage, type Usage } from "./prices.ts";

/** Counts what the engines say that queries read and wrote; everything else behaves as before. */

export class Meter {
	usage: Usage = noUsage();
	readonly #bytes = new Map<string, number>();

	/** What was used since the last time. */
	take(): Usage {
		const { usage } = this;
		this.usage = noUsage();
		return usage;
	}

	/** Bytes of all objects that have been in memory. */
	objectBytes(): number {
		return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
	}

	/**
	 * Counts from now on what this object does with its storage. A cursor can be asked only inside its object and knows its counts
	 * when it was read to its end, so all are asked when the turn is over: the shard reads none of them later.
	 */
	meterObject({ id, storage }: DurableObjectState): void {
		const { sql } = storage;
		const exec = sql.exec.bind(sql);
		const setAlarm = storage.setAlarm.bind(storage);
		let cursors: { rowsRead: number; rowsWritten: number }[] = [];
		const count = () => {
			for (const { rowsRead, rowsWritten } of cursors) {
				this.usage.object_rows_read += rowsRead;
				this.usage.object_rows_written += rowsWritten;
			}
			cursors = [];
			this.#bytes.set(id.toString(), sql.databaseSize);
		};
		sql.exec = <T extends Record<string, SqlStorageValue>>(query: string, ...bindings: unknown[]) => {
			const cursor = exec<T>(query, ...bindings);
			if (cursors.length === 0) queueMicrotask(count);
			cursors.push(cursor);
			return cursor;
		};
		storage.setAlarm = (...args) => {
			this.usage.object_rows_written++;
			return setAlarm(...args);
		};
	}

	/** The binding as it is, with calls of these methods counted as these items. */
	meterCalls<T extends object>(binding: T, items: Readonly<Record<string, Item>>): T {
		return new Proxy(binding, {
			get: (inner, name) => {
				const value: unknown = Reflect.get(inner, name);
				if (typeof value !== "function") return value;
				const item = items[String(name)];
				return (...args: unknown[]) => {
					if (item) this.usage[item]++;
					return value.apply(inner, args);
				};
			},
		});
	}

	/** The database, its queries counted. `batch` takes statements of this database only. */
	meterD1(db: D1Database): D1Database {
		const inner = new WeakMap<object, D1PreparedStatement>();
		const count = <T>(result: D1Result<T>) => {
			this.usage.d1_rows_read += result.meta.rows_read;
			this.usage.d1_rows_written += result.meta.rows_written;
			return result;
		};
		const wrap = (statement: D1PreparedStatement) => {
			const all = async () => count(await statement.all<Record<string, unknown>>());
			const first = async (column?: string) => {
				const [row] = (await all()).results;
				return row === undefined ? null : column === undefined ? row : row[column];
			};
			const wrapped = { bind: (...values: unknown[]) => wrap(statement.bind(...values)), all, run: all, first };
			inner.set(wrapped, statement);
			return wrapped;
		};
		const batch = async (statements: object[]) => {
			const bare = statements.flatMap((statement) => inner.get(statement) ?? []);
			if (bare.length !== statements.length) throw new Error("a statement is not of this database");
			return (await db.batch(bare)).map(count);
		};
		const session = { prepare: (query: string) => wrap(db.prepare(query)), batch, getBookmark: () => null };
		// What the code under measurement calls of a database is all here; anything else fails loudly.
		return { ...session, withSession: () => session } as unknown as D1Database;
	}
}

/** Rows that reads of the real code read. */
export async function rowsReadBy(
	db: D1Database,
	read: (metered: D1Database & D1DatabaseSession) => Promise<unknown>,
): Promise<number> {
	const meter = new Meter();
	// meterD1() gives the same thing as database and as session.
	await read(meter.meterD1(db) as D1Database & D1DatabaseSession);
	return meter.take().d1_rows_read;
}
