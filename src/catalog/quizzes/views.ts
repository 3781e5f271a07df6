import { VIEWED_QUIZZES_MAX, VIEWS_FLUSH_MS } from "../../domain/quizzes/limits.ts";
import { logLine, reason } from "../../log-line.ts";

const ADD = `INSERT INTO quiz_views (quiz, views) SELECT value ->> 'quiz', value ->> 'views' FROM json_each(?1) WHERE true
	ON CONFLICT (quiz) DO UPDATE SET views = views + excluded.views`;

/**
 * Counts the views that this isolate has answered, and writes them down once in a while: one row for each quiz that was
 * looked at, however often it was. What was not written yet is lost with the isolate, so these are about right, not accounts.
 */
export class Views {
	#counts = new Map<string, number>();
	#flushedAt = 0;

	/**
	 * Counts one view.
	 * @param now milliseconds since the epoch
	 * @returns the write that is due now, never rejected; null mostly
	 */
	add(db: D1Database, quiz: string, now: number): Promise<void> | null {
		this.#counts.set(quiz, (this.#counts.get(quiz) ?? 0) + 1);
		if (now - this.#flushedAt < VIEWS_FLUSH_MS && this.#counts.size < VIEWED_QUIZZES_MAX) return null;
		this.#flushedAt = now;
		return this.#flush(db);
	}

	async #flush(db: D1Database): Promise<void> {
		const items = [...this.#counts].map(([quiz, views]) => ({ quiz, views }));
		this.#counts = new Map();
		try {
			await db.prepare(ADD).bind(JSON.stringify(items)).run();
		} catch (error) {
			// Not kept for another time: a database that is down for long must not fill the isolate.
			logLine("error", { at: "views", error: reason(error) });
		}
	}
}
