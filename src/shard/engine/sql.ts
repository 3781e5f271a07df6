/** A value that SQLite stores as it is. Booleans and undefined are not among them: they would be bound as text and as NULL. */
export type Bindable = number | string | null | Uint8Array;

type Row = Record<string, number | string | null | ArrayBuffer>;

/** The only place that speaks to the object's SQLite. */
export class Sql {
	readonly #storage: SqlStorage;

	constructor(storage: SqlStorage) {
		this.#storage = storage;
	}

	/**
	 * Runs one statement and returns all its rows. `T` is the caller's statement of the columns that the query selects;
	 * the tables are STRICT, so a column has the type that its migration gives it.
	 */
	all<T extends object = Row>(query: string, ...bindings: Bindable[]): T[] {
		return this.#storage.exec(query, ...bindings).toArray() as unknown as T[];
	}

	/** The rows one by one, without holding all of them. Nothing else may be written meanwhile. */
	*each<T extends object = Row>(query: string, ...bindings: Bindable[]): Generator<T> {
		for (const row of this.#storage.exec(query, ...bindings)) yield row as unknown as T;
	}

	/** The first row, or null. */
	one<T extends object = Row>(query: string, ...bindings: Bindable[]): T | null {
		return this.all<T>(query, ...bindings)[0] ?? null;
	}

	run(query: string, ...bindings: Bindable[]): void {
		this.#storage.exec(query, ...bindings);
	}
}
