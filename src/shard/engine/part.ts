import type { EventKind, LogEvent } from "../../domain/log/events.ts";
import type { Stores } from "../parts.ts";
import type { Heads, Log } from "./log.ts";
import type { Timed } from "./schedule.ts";
import type { Sql } from "./sql.ts";
import type { Tables } from "./table.ts";

/** What a shard has stored, to be compared with what its log says. */
export interface Stored extends Stores {
	sql: Sql;
}

/** For every kind of row that a part writes, what it does to the state that the log gives. @throws Difference if it does not fit */
type Rows<K extends EventKind, State> = { readonly [P in K]: (state: State, event: LogEvent<P>) => void };

/**
 * What a shard is made of, capability by capability: engines that go over all of it (the schedule, the log, its replay, the
 * verification) walk the list in parts.ts.
 */
interface Definition<K extends EventKind, State, Own extends object = never> {
	/** The tables that nothing else writes, by their names. */
	readonly tables: Tables;
	/** The column of the log that links these rows, each with the latest before it. */
	readonly head?: keyof Heads;
	/** The kinds of rows that it links; absent, all of the part's. */
	readonly headKinds?: readonly NoInfer<K>[];
	/** Makes what reads and writes the tables. */
	stores?(sql: Sql, log: Log): Own;
	/** What the clock alone changes. */
	timed?(stores: Stores): Timed;
	/** What the log says before its first row. */
	begin(stored: Stored): NoInfer<State>;
	/** Nothing else writes rows of these kinds. */
	readonly rows: Rows<K, State>;
	/** Compares what is stored with what the log says of it. @throws Difference */
	compare(stored: Stored, state: State): void;
}

/** A replay of the log for one part, under way. */
export interface Replaying<State> {
	readonly state: State;
	/** A row of another part changes nothing. @throws Difference if the row does not fit those before it */
	row(event: LogEvent): void;
	/** @throws Difference */
	compare(): void;
}

export interface Part<K extends EventKind, State, Own extends object = never>
	extends Omit<Definition<K, State, Own>, "begin" | "compare"> {
	replay(stored: Stored): Replaying<State>;
}

/** Makes a part of what is said of it. */
export function partOf<K extends EventKind, State, Own extends object = never>(
	definition: Definition<K, State, Own>,
): Part<K, State, Own> {
	const { begin, compare, ...part } = definition;
	const isOwn = (event: LogEvent): event is LogEvent & LogEvent<K> => Object.hasOwn(part.rows, event.kind);
	return {
		...part,
		replay(stored) {
			const state = begin(stored);
			return {
				state,
				row: (event) => {
					if (isOwn(event)) carryOut(part.rows, state, event);
				},
				compare: () => compare(stored, state),
			};
		},
	};
}

const carryOut = <K extends EventKind, State>(rows: Rows<K, State>, state: State, event: LogEvent<K>): void =>
	rows[event.kind](state, event);
