import type { EventKind, LogEvent } from "../domain/events.ts";
import { DAY_MS } from "../domain/limits.ts";
import { collectionStatements } from "./collections.ts";
import { mediaStatements } from "./media.ts";
import { quizStatements } from "./quizzes.ts";
import { reactionStatements } from "./reactions.ts";
import { HELD } from "./shards.ts";
import { grantStatements, shareStatements } from "./shares.ts";
import { slugStatements } from "./slugs.ts";
import { attemptStatements } from "./statistics.ts";
import { generationStatements, movementStatements, refundStatements } from "./usage.ts";
import { versionStatements } from "./version-numbers.ts";

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
export type Applied<K extends EventKind = EventKind> = Extract<LogEvent, { kind: K }> & { user: string };

/**
 * What the catalog takes from each kind of event: the names of {@link effects}, none for nothing. That a shard was opened is in its row of
 * the directory, which must be there before the cursor moves.
 */
const EFFECTS = {
	"shard.opened": [],
	"attempt.submitted": ["attempts"],
	"quiz.created": [],
	"quiz.revised": [],
	"quiz.published": ["quizzes", "versions", "slugs"],
	"quiz.withdrawn": ["quizzes"],
	"quiz.moved": [],
	"quiz.archived": ["quizzes"],
	"quiz.slug_claimed": ["slugs"],
	"quiz.deleted": ["quizzes", "slugs"],
	"quiz.undeleted": ["slugs"],
	"quiz.purged": [],
	"quiz.favorited": ["reactions"],
	"quiz.unfavorited": ["reactions"],
	"quiz.liked": ["reactions"],
	"quiz.unliked": ["reactions"],
	"credits.granted": ["movements"],
	"credits.activated": ["movements"],
	"credits.voided": ["movements"],
	"credits.lot_expired": ["movements"],
	"credits.expiring_soon": ["movements"],
	"credits.held": ["movements"],
	"credits.extended": ["movements"],
	"credits.settled": ["generations"],
	"credits.released": ["generations"],
	"credits.hold_expired": ["generations"],
	"credits.refunded": ["movements", "refunds"],
	"credits.plan_set": ["movements"],
	"credits.plan_ended": ["movements"],
	"credits.plan_renewed": ["movements"],
	"credits.rolled_over": ["movements"],
	"credits.terms_set": ["movements"],
	"credits.low_balance": ["movements"],
	"collection.saved": ["collections"],
	"collection.deleted": ["collections"],
	"share.created": ["shares"],
	"share.redeemed": ["grants"],
	"share.revoked": ["shares"],
	"share.copied": [],
	"media.added": ["media"],
	"media.used": [],
	"media.unused": [],
	"media.removed": ["media"],
} as const satisfies Routes;

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
	const of = routed(runs, EFFECTS);
	const statements: Record<NameIn<typeof EFFECTS>, D1PreparedStatement[]> = {
		attempts: attemptStatements(db, of("attempts")),
		quizzes: quizStatements(db, of("quizzes")),
		versions: versionStatements(db, of("versions")),
		slugs: slugStatements(db, of("slugs")),
		generations: generationStatements(db, of("generations")),
		movements: movementStatements(db, of("movements")),
		refunds: refundStatements(db, of("refunds")),
		collections: collectionStatements(db, of("collections")),
		shares: shareStatements(db, of("shares")),
		grants: grantStatements(db, of("grants")),
		reactions: reactionStatements(db, of("reactions")),
		media: mediaStatements(db, of("media")),
	};
	return Object.values(statements).flat();
}

/** For each kind of event where it goes to. One that is left out does not compile. */
export type Routes = Record<EventKind, readonly string[]>;
/** Where events go to by these routes. */
export type NameIn<R extends Routes> = R[EventKind][number];
type KindTo<R extends Routes, N> = { [K in EventKind]: N extends R[K][number] ? K : never }[EventKind];

/** Gives the events of the runs that go to a name, in their order. */
export function routed<R extends Routes>(runs: readonly Pick<Run, "user" | "events">[], routes: R) {
	const applied = runs.flatMap(({ user, events }) => events.map((event): Applied => ({ ...event, user })));
	return <N extends NameIn<R>>(name: N) =>
		applied.filter((event): event is Applied<KindTo<R, N>> => routes[event.kind].includes(name));
}

/** One statement whose only parameter is a list, unpacked in SQL with json_each; none for an empty list. */
export function forEach(
	db: D1Database,
	query: string,
	items: readonly object[],
	...rest: number[]
): D1PreparedStatement[] {
	return items.length === 0 ? [] : [db.prepare(query).bind(JSON.stringify(items), ...rest)];
}

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
