import { DAY_MS } from "../../domain/units.ts";
import { PROJECTIONS } from "../projections.ts";
import type { Applied } from "./projection.ts";
import type { Run } from "./runs.ts";
import { HELD } from "./shards.ts";
import { forEach } from "./statements.ts";

/**
 * What a set of runs does to the catalog: a fixed, small number of statements, whatever their number, to be run as one
 * transaction. The cursors come first and abort all of it if another consumer has moved one of them.
 * @param now milliseconds since the epoch
 */
export function fold(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement[] {
	return [
		...openStatements(db, runs, now),
		cursorStatement(db, runs, now),
		daysStatement(db, runs, now),
		...effects(db, runs),
		...poisonStatements(db, runs, now),
	];
}

/** What the events do, without the cursors. */
export function effects(db: D1Database, runs: readonly Pick<Run, "user" | "events">[]): D1PreparedStatement[] {
	const events = runs.flatMap(appliedIn);
	return PROJECTIONS.flatMap((projection) => projection.apply(db, events));
}

/** The events of a run, in their order. */
export const appliedIn = ({ user, events }: Pick<Run, "user" | "events">): Applied[] =>
	events.map((event) => ({ ...event, user }));

/** The directory's rows of shards that begin here. One whose first row cannot be read has no tenant until that is driven again. */
function openStatements(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement[] {
	const query = `INSERT INTO shards (user_id, tenant_id, applied_seq, head_hash, applied_at)
		SELECT value ->> 'user', value ->> 'tenant', 0, '', ?2 FROM json_each(?1) WHERE true
		ON CONFLICT (user_id) DO UPDATE SET tenant_id = excluded.tenant_id WHERE tenant_id = ''`;
	const items = runs.flatMap(({ user, from, events }) => {
		const opened = events.find((event) => event.kind === "shard.opened");
		return from === 0 || opened ? [{ user, tenant: opened?.body.tenant ?? "" }] : [];
	});
	return forEach(db, query, items, now);
}

/**
 * Compare-and-set: a cursor that is not where it was read, or is held, becomes NULL, which the column refuses, and all is
 * undone.
 */
function cursorStatement(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement {
	const query = `UPDATE shards SET
			applied_seq = CASE WHEN applied_seq = run.value ->> 'from' AND NOT ${HELD} THEN run.value ->> 'to' END,
			head_hash = run.value ->> 'hash', applied_at = ?2
		FROM json_each(?1) AS run WHERE shards.user_id = run.value ->> 'user'`;
	const items = runs.map(({ user, from, to, hash }) => ({ user, from, to, hash }));
	return db.prepare(query).bind(JSON.stringify(items), now);
}

/** That the shards were applied today; writes nothing where that is known. */
function daysStatement(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement {
	const query = `INSERT INTO applied_days (day, shard) SELECT ?2, number FROM shards
		WHERE user_id IN (SELECT value FROM json_each(?1)) ON CONFLICT DO NOTHING`;
	return db.prepare(query).bind(JSON.stringify(runs.map(({ user }) => user)), Math.floor(now / DAY_MS));
}

function poisonStatements(db: D1Database, runs: readonly Run[], now: number): D1PreparedStatement[] {
	const query = `INSERT OR REPLACE INTO dead_letters (user_id, seq, error, row, at)
		SELECT value ->> 'user', value ->> 'seq', value ->> 'error', value ->> 'row', ?2 FROM json_each(?1)`;
	const items = runs.flatMap((run) => run.poison.map((poison) => ({ user: run.user, ...poison })));
	return forEach(db, query, items, now);
}
