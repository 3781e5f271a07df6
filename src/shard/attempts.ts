import { answersText } from "../domain/attempts.ts";
import { sha256Hex } from "../domain/canonical.ts";
import type { EventBody } from "../domain/events.ts";
import { seqOfId } from "../domain/ids.ts";
import type { ItemResponse } from "../domain/responses.ts";
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
	/** Canonical JSON; null in rows of the first schema, whose answers are all in `items`. */
	answers: string | null;
}

const COLUMNS = `seq, id, quiz, version, version_number, number, score, max_score, percentage_bp, passed,
	started_at, time_taken_s, submitted_at, items, answers`;

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

	/** @param answers the text that the event's digest is of */
	insert(seq: number, at: number, event: EventBody<"attempt.submitted">, answers: string): void {
		this.#sql.run(
			`INSERT INTO attempts (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			...[seq, event.attempt, event.quiz, event.version, event.version_number, event.number],
			...[event.score, event.max_score, event.percentage_bp, Number(event.passed)],
			...[event.started_at, event.time_taken_s, at, JSON.stringify(event.items), answers],
		);
	}

	/** The row as its event says it, with the digest of its own answers, and the time of the event as `submitted_at`. */
	event(seq: number) {
		const row = this.#sql.one<AttemptRow>(`SELECT ${COLUMNS} FROM attempts WHERE seq = ?`, seq);
		if (!row) return undefined;
		const { seq: _, id, passed, items, answers, ...columns } = row;
		const answers_digest = sha256Hex(answers ?? answersText(choicesIn(JSON.parse(items))));
		return { ...columns, attempt: id, passed: passed === 1, items: JSON.parse(items), answers_digest };
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

/** The items of an `attempt.submitted` event, as the column holds them. */
type Items = EventBody<"attempt.submitted">["items"];

/** The answers, where all of them are choices of options. */
const choicesIn = (items: Items): Attempt["answers"] =>
	Object.fromEntries(items.flatMap(([id, choice]) => (choice === null ? [] : [[id, choice]])));

function attemptOf({ seq: _, percentage_bp, passed, items, answers, ...row }: AttemptRow): Attempt {
	const marked: Items = JSON.parse(items);
	return {
		...row,
		status: "submitted",
		percentage: percentage_bp / 100,
		passed: passed === 1,
		answers: answers === null ? choicesIn(marked) : JSON.parse(answers),
		questions: marked.map(([id, , score, max_score]) => ({ id, score, max_score })),
	};
}
