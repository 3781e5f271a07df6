import { SCAN_ROWS_MAX } from "../../domain/limits.ts";
import { TENANT_KINDS, type TenantKind } from "../../domain/people/events.ts";
import type { FeedRow, Log } from "../engine/log.ts";
import type { Sql } from "../engine/sql.ts";

/** Which of a tenant's events are asked for; what is absent lets all through. */
export interface EventFilter {
	actor?: string | undefined;
	subject?: string | undefined;
	kind?: TenantKind | undefined;
	/** Milliseconds since the epoch; the last one is in it. */
	from?: number | undefined;
	to?: number | undefined;
}

/** Rows of events, newest first, and the row before which to go on; null where there are no more. */
export interface EventPage {
	rows: FeedRow[];
	next: number | null;
}

/** The SQL of a tenant's events. */
export class TenantEvents {
	readonly #sql: Sql;
	readonly #log: Log;

	constructor(sql: Sql, log: Log) {
		this.#sql = sql;
		this.#log = log;
	}

	/** Whether the event is in the log. */
	has(event: string): boolean {
		return this.#sql.one("SELECT seq FROM recorded WHERE event = ?", event) !== null;
	}

	add(event: string, seq: number): void {
		this.#sql.run("INSERT INTO recorded (event, seq) VALUES (?, ?)", event, seq);
	}

	/** Those before row `before`, newest first. It looks at a bounded number of rows: a page may be short, and not the last one. */
	page(filter: EventFilter, before: number, limit: number): EventPage {
		const { actor, subject, kind, from, to } = filter;
		const top = Math.min(before - 1, to === undefined ? this.#log.headSeq() : this.#log.seqAt(to));
		// Row 1 says whose object it is.
		const end = Math.max(1, from === undefined ? 1 : this.#log.seqAt(from - 1));
		const bottom = Math.max(end, top - SCAN_ROWS_MAX);
		const query = `SELECT seq FROM log WHERE seq > ?1 AND seq <= ?2 AND kind IN (SELECT value FROM json_each(?3))
			AND (?4 IS NULL OR actor = ?4) AND (?5 IS NULL OR subject = ?5) ORDER BY seq DESC LIMIT ?6`;
		const kinds = JSON.stringify(kind === undefined ? TENANT_KINDS : [kind]);
		const found = this.#sql.all<{ seq: number }>(query, bottom, top, kinds, actor ?? null, subject ?? null, limit);
		const reached = (found.length === limit ? found.at(-1)?.seq : undefined) ?? bottom + 1;
		return { rows: found.flatMap(({ seq }) => this.#log.feed(seq - 1, 1)), next: reached - 1 > end ? reached : null };
	}
}
