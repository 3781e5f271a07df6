import { IDEMPOTENCY_PERIOD_MS, PURGE_ROWS_MAX } from "../../domain/limits.ts";
import { refused } from "../../domain/result.ts";
import { VISITOR_CHANGES_PER_PERIOD_MAX } from "../../domain/sharing/limits.ts";
import { periodOf } from "./requests.ts";
import type { Sql } from "./sql.ts";

/** What visitors change in the owner's shard is counted, since it stays in the owner's log. */
export class Visits {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** Why the visitor may change nothing more in this period; null if that is not so. */
	refusal(visitor: string, now: number) {
		const period = periodOf(now);
		const query = "SELECT changes FROM visits WHERE period = ? AND visitor = ?";
		const changes = this.#sql.one<{ changes: number }>(query, period, visitor)?.changes ?? 0;
		if (changes < VISITOR_CHANGES_PER_PERIOD_MAX) return null;
		const detail = `By shares, one user changes at most ${VISITOR_CHANGES_PER_PERIOD_MAX} times in a day what is another's.`;
		const retry_at = (period + 1) * IDEMPOTENCY_PERIOD_MS;
		const rule = { rule: "shared-changes", limit: VISITOR_CHANGES_PER_PERIOD_MAX, retry_at };
		return refused({ code: "rate-limited", detail, ...rule });
	}

	count(visitor: string, now: number): void {
		this.#sql.run(
			`INSERT INTO visits (period, visitor, changes) VALUES (?, ?, 1)
			ON CONFLICT (period, visitor) DO UPDATE SET changes = changes + 1`,
			periodOf(now),
			visitor,
		);
	}

	/** Forgets what was counted in earlier periods, a bounded number of rows at a time. */
	purge(now: number): void {
		const stale = "SELECT period, visitor FROM visits WHERE period < ? ORDER BY period LIMIT ?";
		this.#sql.run(`DELETE FROM visits WHERE (period, visitor) IN (${stale})`, periodOf(now), PURGE_ROWS_MAX);
	}
}
