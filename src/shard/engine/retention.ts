import { seqOfId } from "../../domain/ids.ts";
import { RETENTION_LOG_ROWS_MAX } from "../../domain/privacy/limits.ts";
import { type Cutoffs, RETAINED, type Retained } from "../../domain/privacy/retention.ts";
import type { Log } from "./log.ts";
import type { Sql } from "./sql.ts";

interface Removed {
	until_seq: number;
	/** The time of that row. */
	until_at: number;
}

const NOTHING: Removed = { until_seq: 0, until_at: -1 };

const SUBMITTED = "SELECT body ->> '$.quiz', body ->> '$.number' FROM log WHERE kind = 'attempt.submitted'";
const ENDED = "('credits.settled', 'credits.released', 'credits.hold_expired')";

/** Removes, for each kind of what is retained, what the rows of the log after one and up to another one have left in the tables. */
const REMOVALS: Record<Retained, (sql: Sql, after: number, until: number) => void> = {
	answers: (sql, after, until) =>
		sql.run(
			`UPDATE attempts SET answers = NULL WHERE answers IS NOT NULL AND (quiz, number) IN (${SUBMITTED} AND seq > ? AND seq <= ?)`,
			after,
			until,
		),
	prompts: (sql, after, until) => {
		const query = `SELECT DISTINCT subject FROM log WHERE seq > ? AND seq <= ? AND kind IN ${ENDED}`;
		for (const { subject } of sql.all<{ subject: string }>(query, after, until)) {
			sql.run(
				`UPDATE holds SET prompt = NULL, conversation = NULL WHERE seq = ? AND (prompt IS NOT NULL OR conversation IS NOT NULL)`,
				seqOfId(subject),
			);
		}
	},
	addresses: (sql, after, until) =>
		sql.run(
			`UPDATE attempts SET came_from = NULL WHERE came_from IS NOT NULL AND (quiz, number) IN (${SUBMITTED} AND seq > ? AND seq <= ?)`,
			after,
			until,
		),
};

/**
 * Removes what is kept for some time only, oldest first. The log stays: it has digests of what is sealed, and so nothing of it. How far the
 * removal has come is written down, so each row of the log is looked at once for each kind.
 */
export class Retention {
	readonly #sql: Sql;
	readonly #log: Log;

	constructor(sql: Sql, log: Log) {
		this.#sql = sql;
		this.#log = log;
	}

	#removed(what: Retained): Removed {
		return this.#sql.one<Removed>("SELECT until_seq, until_at FROM retention WHERE what = ?", what) ?? NOTHING;
	}

	/** Up to when all of it may have been removed; before the epoch where nothing was. */
	removedUntil(what: Retained): number {
		return this.#removed(what).until_at;
	}

	/** Removes a bounded part of what is from before the cutoffs. @returns whether there may be more */
	advance(cutoffs: Cutoffs): boolean {
		let isMore = false;
		for (const what of RETAINED) {
			const before = cutoffs[what];
			if (before !== null && this.#advance(what, before)) isMore = true;
		}
		return isMore;
	}

	#advance(what: Retained, before: number): boolean {
		const { until_seq: after } = this.#removed(what);
		// What is from the instant itself stays.
		const last = this.#log.seqAt(before - 1);
		const until = Math.min(last, after + RETENTION_LOG_ROWS_MAX);
		if (until <= after) return false;
		REMOVALS[what](this.#sql, after, until);
		const at = this.#log.row(until)?.at ?? 0;
		this.#sql.run(
			`INSERT INTO retention (what, until_seq, until_at) VALUES (?, ?, ?)
			ON CONFLICT (what) DO UPDATE SET until_seq = excluded.until_seq, until_at = excluded.until_at`,
			what,
			until,
			at,
		);
		return until < last;
	}
}
