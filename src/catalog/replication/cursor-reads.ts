import { CURSOR_READ_MS_MAX } from "../../domain/log/limits.ts";
import { Outlook } from "../../domain/log/outlook.ts";
import { type Cursor, readCursorNear } from "./shards.ts";

/** This isolate's: shards that live in it and requests that wait in it learn from one another. */
export const outlook = new Outlook(() => Math.random());

/**
 * Reads cursors for all who come back to them until they have moved: from the nearest replica, no longer than
 * CURSOR_READ_MS_MAX, and not at all while the last read has failed moments ago.
 */
export class CursorReads {
	readonly #outlook: Outlook;
	readonly #clock: () => number;

	constructor(knows: Outlook, clock: () => number) {
		this.#outlook = knows;
		this.#clock = clock;
	}

	/**
	 * Null where it was not read because it would fail as the last one did.
	 * @throws if it cannot be read, or not in time
	 */
	async read(db: D1Database, user: string): Promise<Cursor | null> {
		const asked = this.#clock();
		if (!this.#outlook.mayRead(asked)) return null;
		try {
			const cursor = await within(CURSOR_READ_MS_MAX, () => readCursorNear(db, user));
			this.#outlook.answered(this.#clock() - asked, this.#clock());
			return cursor;
		} catch (error) {
			this.#outlook.failed(this.#clock());
			throw error;
		}
	}
}

/** @throws if it takes longer; it goes on then, and nobody hears of it */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
	const { promise: isOver, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
	try {
		return await Promise.race([work(), isOver]);
	} finally {
		clearTimeout(timer);
	}
}
