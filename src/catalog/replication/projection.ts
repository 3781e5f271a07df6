import type { EventKind, LogEvent } from "../../domain/log/events.ts";
import type { Run } from "./runs.ts";

/** An event with the user whose log it stands in. */
export type Applied<K extends EventKind = EventKind> = Extract<LogEvent, { kind: K }> & { user: string };

/** A contiguous run of a shard's log whose events are in the catalog, poison left out. */
export type AppliedRun = Pick<Run, "user" | "from" | "to" | "events">;

/** A table that is the fold of the logs, for what must go over all of them: the digest, and the wipe before a rebuild. */
export interface FoldedTable {
	name: string;
	/** Columns of the primary key, in its order. */
	key: readonly [string, ...string[]];
	/**
	 * `facts` and `sums` are removed before a rebuild and come back with the events. `owned` rows stay visible with `seq` 0
	 * until their owner's log has written them anew; `mirrors` of them go with them, by triggers. The `directory` stays, with its cursors at 0.
	 */
	kind: "directory" | "owned" | "mirrors" | "facts" | "sums";
	/** What the digest of a row goes over, beside the user of a `shard`. A column that is added later comes into a new DIGEST_VERSION. */
	columns: readonly string[];
	/** Columns that depend on when and in which order things were applied, and so are not in the digest. */
	incidental: readonly string[];
	/** Rows that say nothing and may be there or not. */
	empty?: string;
}

interface Definition<K extends EventKind> {
	/** The kinds of events that it makes something of. */
	kinds: readonly K[];
	/** Statements that bring the events into the catalog: a fixed, small number, whatever theirs. The events are in each log's order. */
	apply(db: D1Database, events: readonly Applied<K>[]): D1PreparedStatement[];
	/**
	 * The inverse, of a run of one shard; {@link rowsStay} where there is nothing to take out. Facts that say themselves which log row
	 * wrote them go by that.
	 */
	undo(db: D1Database, events: readonly Applied<K>[], run: AppliedRun): D1PreparedStatement[];
	tables: readonly FoldedTable[];
	/** Its tables that are no fold of the logs: indexes that triggers keep, and what it remembers for itself. A rebuild leaves them. */
	otherTables?: readonly string[];
}

/** What the catalog makes of some kinds of events, and how it takes that out again. */
export interface Projection<K extends EventKind = EventKind> {
	readonly kinds: readonly K[];
	/** Statements that bring its kinds among the events into the catalog. */
	apply(db: D1Database, events: readonly Applied[]): D1PreparedStatement[];
	/** The inverse, of a run of one shard and its events. */
	undo(db: D1Database, events: readonly Applied[], run: AppliedRun): D1PreparedStatement[];
	readonly tables: readonly FoldedTable[];
	readonly otherTables: readonly string[];
}

/** The projection, which takes its own kinds from the events of all. */
export function projection<const K extends EventKind>(definition: Definition<K>): Projection<K> {
	const { kinds, tables, otherTables = [], apply, undo } = definition;
	const mine = new Set<EventKind>(kinds);
	const isMine = (event: Applied): event is Applied<K> => mine.has(event.kind);
	return {
		kinds,
		tables,
		otherTables,
		apply: (db, events) => apply(db, events.filter(isMine)),
		undo: (db, events, run) => undo(db, events.filter(isMine), run),
	};
}

/** Takes nothing out: rows of owners stay, and readers go on to see them until their log has written them anew. */
export const rowsStay = (): D1PreparedStatement[] => [];
