/**
 * Writes of one request that are committed together: what a use case writes is there as a whole or not at all, and takes one way to the
 * database, however many things did the writing.
 */
export class Writes {
	readonly #db: D1Database;
	#waiting: D1PreparedStatement[] = [];

	constructor(db: D1Database) {
		this.#db = db;
	}

	add(...statements: D1PreparedStatement[]): void {
		this.#waiting.push(...statements);
	}

	/** What waits, for who commits it with something else. */
	taken(): D1PreparedStatement[] {
		return this.#waiting.splice(0);
	}

	/** @throws where one of them cannot be written: then none is */
	async commit(): Promise<void> {
		const statements = this.taken();
		if (statements.length > 0) await this.#db.batch(statements);
	}
}
