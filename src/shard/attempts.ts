import type { EventBody } from "../domain/events.ts";
import { seqOfId } from "../domain/ids.ts";
import type { ItemResponse } from "../domain/responses.ts";
import type { ScoredItem } from "../domain/scoring.ts";
import type { Sql } from "./sql.ts";

/** A submitted attempt, as its owner may see it: marks per question, never the key. */
export interface Attempt {
	id: string;
	quiz: string;
	version: string;
	version_number: number;
	/** 1 for this user's first attempt at the quiz. */
	number: number;
	status: "submitted";
	score: number;
	max_score: number;
	/** 0 to 100 with two decimals. */
	percentage: number;
	passed: boolean;
	started_at: number | null;
	time_taken_s: number | null;
	submitted_at: number;
	answers: Record<string, ItemResponse>;
	questions: { id: string; score: number; max_score: number }[];
}

interface AttemptRow {
	seq: number;
	id: string;
	quiz: string;
	version: string;
	version_number: number;
	number: number;
	score: number;
	max_score: number;
	percentage_bp: number;
	passed: number;
	started_at: number | null;
	time_taken_s: number | null;
	submitted_at: number;
	items: string;
}

const COLUMNS = `seq, id, quiz, version, version_number, number, score, max_score, percentage_bp, passed,
	started_at, time_taken_s, submitted_at, items`;

/** The SQL of attempts. */
export class Attempts {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	count(): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM attempts")?.n ?? 0;
	}

	nextNumber(quiz: string): number {
		const query = "SELECT max(number) AS last FROM attempts WHERE quiz = ?";
		return (this.#sql.one<{ last: number | null }>(query, quiz)?.last ?? 0) + 1;
	}

	insert(seq: number, at: number, event: EventBody<"attempt.submitted">): void {
		this.#sql.run(
			`INSERT INTO attempts (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			...[seq, event.attempt, event.quiz, event.version, event.version_number, event.number],
			...[event.score, event.max_score, event.percentage_bp, Number(event.passed)],
			...[event.started_at, event.time_taken_s, at, JSON.stringify(event.items)],
		);
	}

	/** The row as its event says it, with the time of the event as `submitted_at`. */
	event(seq: number) {
		const row = this.#sql.one<AttemptRow>(`SELECT ${COLUMNS} FROM attempts WHERE seq = ?`, seq);
		if (!row) return undefined;
		const { seq: _, id, passed, items, ...columns } = row;
		return { ...columns, attempt: id, passed: passed === 1, items: JSON.parse(items) };
	}

	get(id: string): Attempt | null {
		const row = this.#sql.one<AttemptRow>(`SELECT ${COLUMNS} FROM attempts WHERE seq = ?`, seqOfId(id));
		return row?.id === id ? attemptOf(row) : null;
	}

	/** Newest first, those before row `before`. */
	list(filter: { quiz?: string | undefined }, before: number, limit: number): { seq: number; attempt: Attempt }[] {
		const rows = filter.quiz
			? this.#sql.all<AttemptRow>(
					`SELECT ${COLUMNS} FROM attempts WHERE quiz = ? AND seq < ? ORDER BY number DESC LIMIT ?`,
					...[filter.quiz, before, limit],
				)
			: this.#sql.all<AttemptRow>(
					`SELECT ${COLUMNS} FROM attempts WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
					...[before, limit],
				);
		return rows.map((row) => ({ seq: row.seq, attempt: attemptOf(row) }));
	}
}

function attemptOf({ seq: _, percentage_bp, passed, items, ...row }: AttemptRow): Attempt {
	// The column holds what insert() wrote: the items of an `attempt.submitted` event.
	const scored = JSON.parse(items) as EventBody<"attempt.submitted">["items"];
	const marked = scored.map(([id, choice, score, max, options]): ScoredItem => ({ id, choice, score, max, options }));
	return {
		...row,
		status: "submitted",
		percentage: percentage_bp / 100,
		passed: passed === 1,
		answers: Object.fromEntries(marked.flatMap(({ id, choice }) => (choice === null ? [] : [[id, choice]]))),
		questions: marked.map(({ id, score, max }) => ({ id, score, max_score: max })),
	};
}
