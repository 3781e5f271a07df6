import { chainHash, genesisHash, hex } from "../../domain/log/chain.ts";
import { type LogEvent, type Message as LogMessage, readRow, rowAsHashed } from "../../domain/log/events.ts";

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

/** Where a cursor stands: the row, and the chain's hash at it. */
export interface LogPosition {
	seq: number;
	hash: string;
}

/** The first row of a run that this release cannot read yet: the cursor stays before it until one comes that can. */
export interface Ahead {
	seq: number;
	/** What the row is, or wants its reader to be. */
	needs: string;
}

export interface CutRun extends Run {
	ahead: Ahead | null;
}

/** The rows of a message past the position, which lies within it or right before it; up to the first that cannot be read yet. */
export function runOf(body: LogMessage, from: LogPosition): CutRun {
	const rows = body.rows.slice(Math.max(0, from.seq + 1 - body.first));
	const run: CutRun = {
		user: body.shard,
		from: from.seq,
		to: body.last,
		hash: body.hash,
		events: [],
		poison: [],
		ahead: null,
	};
	for (const [index, row] of rows.entries()) {
		const seq = from.seq + 1 + index;
		const reading = readRow(row, seq);
		if (reading.status === "read") run.events.push(reading.event);
		else if (reading.status === "poison") run.poison.push({ seq, error: reading.error, row: JSON.stringify(row) });
		else return cut(run, from, rows.slice(0, index), { seq, needs: reading.needs });
	}
	return run;
}

/**
 * The run that ends before the row that is ahead. A message says the chain's hash at its last row only, so that at this end is computed;
 * where a damaged row does not let it, the run ends before that one.
 */
function cut(run: CutRun, from: LogPosition, rows: readonly unknown[], ahead: Ahead): CutRun {
	let hash: Uint8Array = from.seq === 0 ? genesisHash(run.user) : Buffer.from(from.hash, "hex");
	let to = from.seq;
	for (const row of rows) {
		const hashed = rowAsHashed(row);
		if (!hashed) break;
		hash = chainHash(hash, hashed);
		to++;
	}
	const upTo = <T extends { seq: number }>(items: readonly T[]) => items.filter(({ seq }) => seq <= to);
	const at = to === from.seq ? from.hash : hex(hash);
	return { ...run, to, hash: at, events: upTo(run.events), poison: upTo(run.poison), ahead };
}
