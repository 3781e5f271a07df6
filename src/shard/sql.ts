/** A value that SQLite stores as it is. Booleans and undefined are not among them: they would be bound as text and as NULL. */
export type Bindable = number | string | null | Uint8Array;

type Row = Record<string, number | string | null | ArrayBuffer>;

/** The only place that speaks to the object's SQLite. Counts what the platform bills. */
export class Sql {
	readonly #storage: SqlStorage;
	rowsRead = 0;
	rowsWritten = 0;

	constructor(storage: SqlStorage) {
		this.#storage = storage;
	}

	/**
	 * Runs one statement and returns all its rows. `T` is the caller's statement of the columns that the query selects;
	 * the tables are STRICT, so a column has the type that its migration gives it.
	 */
	all<T extends object = Row>(query: string, ...bindings: Bindable[]): T[] {
		const cursor = this.#storage.exec(query, ...bindings);
		const rows = cursor.toArray() as unknown as T[];
		this.rowsRead += cursor.rowsRead;
		this.rowsWritten += cursor.rowsWritten;
		return rows;
	}

	/** The rows one by one, without holding all of them. Nothing else may be written meanwhile. */
	*each<T extends object>(query: string, ...bindings: Bindable[]): Generator<T> {
		const cursor = this.#storage.exec(query, ...bindings);
		for (const row of cursor) yield row as unknown as T;
		this.rowsRead += cursor.rowsRead;
	}

	/** The first row, or null. */
	one<T extends object = Row>(query: string, ...bindings: Bindable[]): T | null {
		return this.all<T>(query, ...bindings)[0] ?? null;
	}

	run(query: string, ...bindings: Bindable[]): void {
		this.all(query, ...bindings);
	}
}
