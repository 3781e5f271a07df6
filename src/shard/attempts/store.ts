import { answersText } from "../../domain/attempts/attempts.ts";
import { type Hundredths, hundredthsIn, marksOf } from "../../domain/attempts/marks.ts";
import type { Kept } from "../../domain/attempts/sittings.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import { seqOfId } from "../../domain/ids.ts";
import type { EventBody } from "../../domain/log/events.ts";
import type { Sql } from "../engine/sql.ts";

/** A submitted attempt, as its owner may see it: marks per question, never the key. */
export interface Attempt {
	id: string;
	quiz: string;
	version: string;
	version_number: number;
	/** Of that version; null where the log does not say. */
	title: string | null;
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
	/** Until when its answers counted, and who ended it; null where it was submitted at once. */
	deadline: number | null;
	ended_by: "taker" | "clock" | null;
	answers: Record<string, Kept>;
	/** Hidden: the score of each question is null. */
	question_marks: "shown" | "hidden";
	questions: { id: string; score: number | null; max_score: number }[];
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
	/** Canonical JSON; null in rows of the first schema, whose answers are all in `items`, and where they are kept no longer. */
	answers: string | null;
	/** Null where it is the attempt's number. */
	counted: number | null;
	/** Null where they are shown. */
	question_marks: "hidden" | null;
	/** JSON; null where whole marks say it all. */
	hundredths: string | null;
	/** Where the request came from, sealed perhaps; null where that is not kept. */
	came_from: string | null;
	/** JSON; null where it was submitted at once. */
	sitting: string | null;
	/** Null where it has all questions of its version. */
	drawn: 1 | null;
}

/** A row with the title that its row of the log has. */
type TitledRow = AttemptRow & { title: string | null };

const COLUMNS = [
	...(["seq", "id", "quiz", "version", "version_number", "number", "score", "max_score", "percentage_bp"] as const),
	...(["passed", "started_at", "time_taken_s", "submitted_at", "items", "answers"] as const),
	...(["counted", "question_marks", "hundredths", "sitting", "drawn", "came_from"] as const),
];

const INSERT = `INSERT INTO attempts (${COLUMNS}) VALUES (${COLUMNS.map(() => "?")})`;

/** The attempt that row ?1 of the log submitted or opened, by the quiz and the number that the log row has, and with its title. */
const BY_LOG_ROW = `WITH submitted (place, of_quiz, its_number, title) AS (
		SELECT seq, body ->> '$.quiz', body ->> '$.number', body ->> '$.title' FROM log WHERE seq = ?1
	)
	SELECT ${COLUMNS}, title FROM submitted CROSS JOIN attempts ON quiz = of_quiz AND number = its_number`;

/**
 * The latest ?2 before row ?1 of the log, newest first. Each row of the log knows the latest attempt up to it, so the way from
 * one to the one before it is the row in front of it: what is read depends on ?2 alone. `place` is the log row that submitted it.
 */
const NEWEST = `WITH RECURSIVE newest (place) AS (
		SELECT attempt_head FROM log WHERE seq = (SELECT max(seq) FROM log WHERE seq < ?1) AND attempt_head > 0
		UNION ALL
		SELECT attempt_head FROM newest CROSS JOIN log ON seq = place - 1 WHERE attempt_head > 0
		LIMIT ?2
	), submitted (place, of_quiz, its_number, title) AS (
		SELECT place, body ->> '$.quiz', body ->> '$.number', body ->> '$.title' FROM newest CROSS JOIN log ON seq = place
	)
	SELECT place, ${COLUMNS}, title FROM submitted LEFT JOIN attempts ON quiz = of_quiz AND number = its_number AND seq = place
	ORDER BY place DESC`;

/**
 * The latest ?3 of quiz ?1 by their numbers, before the one that row ?2 of the log submitted, as the cursor of a page says; where it
 * did not, those of earlier rows. No number is as great as its row, and who opened one first may submit it last.
 */
const NEWEST_OF_QUIZ = `SELECT ${COLUMNS}, (SELECT body ->> '$.title' FROM log WHERE log.seq = attempts.seq) AS title FROM attempts WHERE quiz = ?1 AND number < coalesce(
		(SELECT body ->> '$.number' FROM log WHERE seq = ?2 AND kind = 'attempt.submitted' AND body ->> '$.quiz' = ?1), ?2)
		AND (seq < ?2 OR EXISTS (SELECT 1 FROM log WHERE seq = ?2 AND kind = 'attempt.submitted' AND body ->> '$.quiz' = ?1))
	ORDER BY number DESC LIMIT ?3`;

/** The SQL of attempts. */
export class Attempts {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	count(): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM attempts")?.n ?? 0;
	}

	/** How many there are, counted up to `max`. */
	countUpTo(max: number): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM (SELECT 1 FROM attempts LIMIT ?)", max)?.n ?? 0;
	}

	nextNumber(quiz: string): number {
		const query = "SELECT max(number) AS last FROM attempts WHERE quiz = ?";
		return (this.#sql.one<{ last: number | null }>(query, quiz)?.last ?? 0) + 1;
	}

	isTaken(quiz: string, number: number): boolean {
		return this.#sql.one("SELECT 1 AS one FROM attempts WHERE quiz = ? AND number = ?", quiz, number) !== null;
	}

	/** How many of the user's attempts at the quiz count in its statistics. */
	counted(quiz: string): number {
		const query = "SELECT max(coalesce(counted, number)) AS counted FROM attempts WHERE quiz = ?";
		return this.#sql.one<{ counted: number | null }>(query, quiz)?.counted ?? 0;
	}

	/** When the last of the user's attempts at the quiz ended; null for none. */
	lastEndedAt(quiz: string): number | null {
		const query = "SELECT max(submitted_at) AS ended_at FROM attempts WHERE quiz = ?";
		return this.#sql.one<{ ended_at: number | null }>(query, quiz)?.ended_at ?? null;
	}

	/**
	 * Stores the attempt that row `seq` of the log submitted, and gives it as {@link get} will.
	 *
	 * @param at milliseconds since the epoch, the time of the log row
	 * @param answers the text that the event's digest is of
	 * @param came_from what is kept of where the request came from
	 */
	insert(
		seq: number,
		at: number,
		event: EventBody<"attempt.submitted">,
		answers: string,
		came_from: string | null = null,
	): Attempt {
		const { attempt: id, answers_digest: _, title = null, reader: __, ...columns } = event;
		const row: AttemptRow = {
			...columns,
			seq,
			id,
			answers,
			submitted_at: at,
			passed: Number(event.passed),
			items: JSON.stringify(event.items),
			counted: event.counted ?? null,
			question_marks: event.question_marks ?? null,
			hundredths: event.hundredths ? JSON.stringify(event.hundredths) : null,
			came_from,
			sitting: event.sitting ? JSON.stringify(event.sitting) : null,
			drawn: event.drawn ? 1 : null,
		};
		this.#sql.run(INSERT, ...COLUMNS.map((column) => row[column]));
		return attemptOf({ ...row, title }, event);
	}

	/**
	 * The row as its event says it, with the digest of its own answers, and the time of the event as `submitted_at`. Where the answers are kept
	 * no longer, and the marks do not say all of them, the digest is null.
	 * @param removed_until up to when answers may have been removed
	 */
	event(seq: number, removed_until: number) {
		const row = this.#sql.one<TitledRow>(BY_LOG_ROW, seq);
		if (row?.seq !== seq) return undefined;
		const { seq: _, title: __, came_from: ___, id, passed, items, answers, ...rest } = row;
		const { counted, question_marks, hundredths, sitting, drawn, ...columns } = rest;
		const isRemoved = answers === null && row.submitted_at <= removed_until;
		const answers_digest = isRemoved ? null : sha256Hex(answers ?? answersText(choicesIn(JSON.parse(items))));
		// What the event leaves out is no member of it; the name stands here all the same, so that it is compared.
		const optional = {
			counted: counted ?? undefined,
			question_marks: question_marks ?? undefined,
			hundredths: hundredthsOf(row),
			sitting: sittingIn(row),
			drawn: drawn === null ? undefined : true,
		};
		return {
			...columns,
			...optional,
			attempt: id,
			passed: passed === 1,
			items: JSON.parse(items),
			answers_digest,
		};
	}

	get(id: string): Attempt | null {
		const row = this.#sql.one<TitledRow>(BY_LOG_ROW, seqOfId(id));
		// Its row is the one that its id says, unless it was opened first and submitted later.
		return row?.id === id && (row.seq === seqOfId(id) || row.sitting !== null) ? attemptOf(row) : null;
	}

	/**
	 * Newest first, those before row `before`. What is read is in proportion to `limit`.
	 *
	 * @throws if one of all that the log has is not stored: a shorter list would hide those before it too
	 */
	list(filter: { quiz?: string | undefined }, before: number, limit: number): { seq: number; attempt: Attempt }[] {
		const rows = filter.quiz
			? this.#sql.all<TitledRow>(NEWEST_OF_QUIZ, filter.quiz, before, limit)
			: this.#sql.all<Walked>(NEWEST, before, limit).map(stored);
		return rows.map((row) => ({ seq: row.seq, attempt: attemptOf(row) }));
	}
}

/** A place in the log with its row, whose columns are null where there is none. */
type Walked = { place: number } & (TitledRow | { id: null });

function stored({ place, ...row }: Walked): TitledRow {
	if (row.id === null) throw new Error(`the attempt of log row ${place} is not stored`);
	return row;
}

/** The items of an `attempt.submitted` event, as the column holds them. */
type Items = EventBody<"attempt.submitted">["items"];

/** The answers that are choices of options. */
const choicesIn = (items: Items): Attempt["answers"] =>
	Object.fromEntries(
		items.flatMap(([id, choice, , , options]) => (choice === null || options === 0 ? [] : [[id, choice]])),
	);

const sittingIn = ({ sitting }: Pick<AttemptRow, "sitting">): EventBody<"attempt.submitted">["sitting"] =>
	sitting === null ? undefined : JSON.parse(sitting);

const hundredthsOf = (row: AttemptRow): Hundredths | undefined =>
	row.hundredths === null ? undefined : JSON.parse(row.hundredths);

/** @param said what the columns `items` and `hundredths` say, for a caller who has it already */
function attemptOf(
	row: TitledRow,
	said: Pick<EventBody<"attempt.submitted">, "items" | "hundredths"> = {
		items: JSON.parse(row.items),
		hundredths: hundredthsOf(row),
	},
): Attempt {
	const { id, quiz, version, version_number, number, started_at, time_taken_s, submitted_at } = row;
	const { deadline = null, by: ended_by = null } = sittingIn(row) ?? {};
	const { score, max_score, items } = hundredthsIn({ score: row.score, max_score: row.max_score, ...said });
	return {
		id,
		quiz,
		version,
		version_number,
		number,
		score: marksOf(score),
		max_score: marksOf(max_score),
		started_at,
		time_taken_s,
		submitted_at,
		deadline,
		ended_by,
		title: row.title,
		status: "submitted",
		percentage: row.percentage_bp / 100,
		passed: row.passed === 1,
		answers: row.answers === null ? choicesIn(said.items) : JSON.parse(row.answers),
		question_marks: row.question_marks ?? "shown",
		questions: items.map(([score, max], index) => ({
			id: said.items[index]?.[0] ?? "",
			score: row.question_marks === "hidden" ? null : marksOf(score),
			max_score: marksOf(max),
		})),
	};
}
