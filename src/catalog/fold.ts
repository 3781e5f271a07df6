import { isEntryKind, type LogEvent } from "../domain/events.ts";
import type { EntryKind } from "../domain/ledger.ts";
import { quizStatements } from "./quizzes.ts";
import { attemptStatements } from "./statistics.ts";
import { usageStatements } from "./usage.ts";

/** A row of a log that could not be read, with the reason. */
export interface Poison {
	seq: number;
	error: string;
	row: string;
}

/** A contiguous run of one shard's log, right behind its cursor. */
export interface Run {
	user: string;
	/** The cursor that this run builds on, and the one it leads to. */
	from: number;
	to: number;
	/** The chain's hash at `to`. */
	hash: string;
	events: LogEvent[];
	poison: Poison[];
}

/** An event with the user whose log it stands in. */
export type Applied<K extends LogEvent["kind"] = LogEvent["kind"]> = Extract<LogEvent, { kind: K }> & { user: string };

/**
 * What a set of runs does to the catalog: a fixed, small number of statements, whatever their number, to be run as one
 * transaction. The cursors come first and abort all of it if another consumer has moved one of them.
 * @param now milliseconds since the epoch
 */
export function fold(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement[] {
	const applied = runs.flatMap((run) => run.events.map((event) => ({ ...event, user: run.user })));
	const of = <K extends LogEvent["kind"]>(kind: K) =>
		applied.filter((event): event is Applied<K> => event.kind === kind);
	return [
		...openStatements(db, of("shard.opened"), now),
		cursorStatement(db, runs, now),
		...attemptStatements(db, of("attempt.submitted")),
		...quizStatements(db, applied.filter(isPublication)),
		...usageStatements(db, applied.filter(isEntry)),
		...poisonStatements(db, runs, now),
	];
}

const isPublication = (event: Applied): event is Applied<"quiz.published" | "quiz.withdrawn"> =>
	event.kind === "quiz.published" || event.kind === "quiz.withdrawn";

const isEntry = (event: Applied): event is Applied<EntryKind> => isEntryKind(event.kind);

/** One statement whose only parameter is a list, unpacked in SQL with json_each; none for an empty list. */
export function forEach(
	db: D1Database,
	query: string,
	items: readonly object[],
	...rest: number[]
): D1PreparedStatement[] {
	return items.length === 0 ? [] : [db.prepare(query).bind(JSON.stringify(items), ...rest)];
}

function openStatements(db: D1Database, opened: Applied<"shard.opened">[], now: number): D1PreparedStatement[] {
	const query = `INSERT INTO shards (user_id, tenant_id, applied_seq, head_hash, applied_at)
		SELECT value ->> 'user', value ->> 'tenant', 0, '', ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`;
	const items = opened.map(({ user, body }) => ({ user, tenant: body.tenant }));
	return forEach(db, query, items, now);
}

/** Compare-and-set: a cursor that is not where it was read becomes NULL, which the column refuses, and all is undone. */
function cursorStatement(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement {
	const query = `UPDATE shards SET
			applied_seq = CASE WHEN applied_seq = run.value ->> 'from' THEN run.value ->> 'to' END,
			head_hash = run.value ->> 'hash', applied_at = ?2
		FROM json_each(?1) AS run WHERE shards.user_id = run.value ->> 'user'`;
	const items = runs.map(({ user, from, to, hash }) => ({ user, from, to, hash }));
	return db.prepare(query).bind(JSON.stringify(items), now);
}

function poisonStatements(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement[] {
	const query = `INSERT OR REPLACE INTO dead_letters (user_id, seq, error, row, at)
		SELECT value ->> 'user', value ->> 'seq', value ->> 'error', value ->> 'row', ?2 FROM json_each(?1)`;
	const items = runs.flatMap((run) => run.poison.map((poison) => ({ user: run.user, ...poison })));
	return forEach(db, query, items, now);
}
