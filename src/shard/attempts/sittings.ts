import type { Saved, Sitting } from "../../domain/attempts/sittings.ts";
import type { EventBody } from "../../domain/log/events.ts";
import type { Sql } from "../engine/sql.ts";

type Terms = Pick<
	Sitting,
	| "version"
	| "version_number"
	| "title"
	| "seed"
	| "pass_percentage"
	| "settings"
	| "is_authors"
	| "is_drawn"
	| "questions"
	| "shown"
>;

interface SittingRow
	extends Pick<Sitting, "quiz" | "number" | "seq" | "id" | "status" | "opened_at" | "deadline" | "over_at"> {
	terms: string;
	saved: string;
}

const COLUMNS = "quiz, number, seq, id, status, opened_at, deadline, over_at, terms, saved";

/** Of all sittings: how many are under way, and when the clock ends the first of them. */
interface Outlook {
	rows: number;
	open: number;
	over_at: number | null;
}

/** The SQL of attempts that are under way. There are few of them, and mostly none: that is remembered. */
export class Sittings {
	readonly #sql: Sql;
	#outlook: Outlook | null = null;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Must be called after a transaction was undone. */
	forgetCache(): void {
		this.#outlook = null;
	}

	outlook(): Outlook {
		const query = `SELECT count(*) AS rows, count(*) FILTER (WHERE status = 'in_progress') AS open,
			min(over_at) FILTER (WHERE status = 'in_progress') AS over_at FROM sittings`;
		this.#outlook ??= this.#sql.one<Outlook>(query) ?? { rows: 0, open: 0, over_at: null };
		return this.#outlook;
	}

	/** The highest number of the user's attempts at the quiz among these, 0 for none. */
	lastNumber(quiz: string): number {
		if (this.outlook().rows === 0) return 0;
		return (
			this.#sql.one<{ last: number | null }>("SELECT max(number) AS last FROM sittings WHERE quiz = ?", quiz)?.last ?? 0
		);
	}

	/** The one at the quiz that is under way. */
	openAt(quiz: string): Sitting | null {
		if (this.outlook().open === 0) return null;
		return this.#one(`SELECT ${COLUMNS} FROM sittings WHERE quiz = ? AND status = 'in_progress' LIMIT 1`, quiz);
	}

	/** @param seq the row of the log that opened it */
	get(id: string, seq: number): Sitting | null {
		if (this.outlook().rows === 0) return null;
		const opened = `SELECT body ->> '$.quiz', body ->> '$.number' FROM log WHERE seq = ? AND kind = 'attempt.opened'`;
		const sitting = this.#one(`SELECT ${COLUMNS} FROM sittings WHERE (quiz, number) = (${opened})`, seq);
		return sitting?.id === id ? sitting : null;
	}

	#one(query: string, ...bindings: (string | number)[]): Sitting | null {
		const row = this.#sql.one<SittingRow>(query, ...bindings);
		return row && sittingOf(row);
	}

	/** Those that are over by `now`, the first first. */
	overBy(now: number, limit: number): Sitting[] {
		const query = `SELECT ${COLUMNS} FROM sittings WHERE status = 'in_progress' AND over_at <= ? ORDER BY over_at, quiz, number LIMIT ?`;
		return this.#sql.all<SittingRow>(query, now, limit).map(sittingOf);
	}

	insert(sitting: Sitting): Sitting {
		const { quiz, number, seq, id, status, opened_at, deadline, over_at, saved, ...rest } = sitting;
		const terms: Terms = rest;
		this.#sql.run(
			`INSERT INTO sittings (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			quiz,
			number,
			seq,
			id,
			status,
			opened_at,
			deadline,
			over_at,
			JSON.stringify(terms),
			JSON.stringify(saved),
		);
		this.#outlook = null;
		return sitting;
	}

	save({ quiz, number }: Sitting, saved: Record<string, Saved>): void {
		this.#sql.run("UPDATE sittings SET saved = ? WHERE quiz = ? AND number = ?", JSON.stringify(saved), quiz, number);
	}

	abandon({ quiz, number }: Sitting): void {
		this.#sql.run("UPDATE sittings SET status = 'abandoned', saved = '{}' WHERE quiz = ? AND number = ?", quiz, number);
		this.#outlook = null;
	}

	remove({ quiz, number }: Sitting): void {
		this.#sql.run("DELETE FROM sittings WHERE quiz = ? AND number = ?", quiz, number);
		this.#outlook = null;
	}

	/** What the log says of each. */
	*records(): Generator<{ seq: number; status: string; record: EventBody<"attempt.opened"> }> {
		for (const row of this.#sql.each<SittingRow>(`SELECT ${COLUMNS} FROM sittings ORDER BY quiz, number`)) {
			const { seq, status, id: attempt, quiz, number, deadline, version, version_number, title, seed } = sittingOf(row);
			const record = {
				attempt,
				quiz,
				version,
				version_number,
				...(title !== null && { title }),
				number,
				deadline,
				seed,
			};
			yield { seq, status, record };
		}
	}
}

function sittingOf({ terms, saved, ...row }: SittingRow): Sitting {
	const said: Terms = JSON.parse(terms);
	return { ...said, ...row, saved: JSON.parse(saved) };
}
