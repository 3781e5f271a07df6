import { isEntryKind, type LogEvent } from "../domain/events.ts";
import type { EntryKind } from "../domain/ledger.ts";
import { DAY_MS } from "../domain/limits.ts";
import { collectionStatements } from "./collections.ts";
import { mediaStatements } from "./media.ts";
import { quizStatements } from "./quizzes.ts";
import { isReaction, reactionStatements } from "./reactions.ts";
import { HELD } from "./shards.ts";
import { grantStatements, shareStatements } from "./shares.ts";
import { slugStatements } from "./slugs.ts";
import { attemptStatements } from "./statistics.ts";
import { usageStatements } from "./usage.ts";
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
export type Applied<K extends LogEvent["kind"] = LogEvent["kind"]> = Extract<LogEvent, { kind: K }> & { user: string };

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
	const applied = appliedOf(runs);
	return [
		...attemptStatements(db, applied.filter(isAttempt)),
		...quizStatements(db, applied.filter(isPublication)),
		...versionStatements(db, applied.filter(isVersion)),
		...slugStatements(db, applied.filter(isSlugChange)),
		...usageStatements(db, applied.filter(isEntry)),
		...collectionStatements(db, applied.filter(isCollection)),
		...shareStatements(db, applied.filter(isShare)),
		...grantStatements(db, applied.filter(isRedemption)),
		...reactionStatements(db, applied.filter(isReaction)),
		...mediaStatements(db, applied.filter(isHolding)),
	];
}

export const appliedOf = (runs: readonly Pick<Run, "user" | "events">[]): Applied[] =>
	runs.flatMap((run) => run.events.map((event) => ({ ...event, user: run.user })));

function isOneOf<K extends LogEvent["kind"]>(kinds: ReadonlySet<K>) {
	const all: ReadonlySet<string> = kinds;
	return (event: Applied): event is Applied<K> => all.has(event.kind);
}

export const isAttempt = (event: Applied): event is Applied<"attempt.submitted"> => event.kind === "attempt.submitted";

const CHANGES_OF_QUIZZES = new Set(["quiz.published", "quiz.withdrawn", "quiz.archived", "quiz.deleted"] as const);

const isPublication = isOneOf(CHANGES_OF_QUIZZES);

export const isVersion = (event: Applied): event is Applied<"quiz.published"> => event.kind === "quiz.published";

const CHANGES_OF_SLUGS = new Set([
	...(["quiz.published", "quiz.slug_claimed", "quiz.deleted", "quiz.undeleted"] as const),
]);

const isSlugChange = isOneOf(CHANGES_OF_SLUGS);

const isCollection = (event: Applied): event is Applied<"collection.saved" | "collection.deleted"> =>
	event.kind === "collection.saved" || event.kind === "collection.deleted";

const isShare = (event: Applied): event is Applied<"share.created" | "share.revoked"> =>
	event.kind === "share.created" || event.kind === "share.revoked";

const isRedemption = (event: Applied): event is Applied<"share.redeemed"> => event.kind === "share.redeemed";

const isHolding = (event: Applied): event is Applied<"media.added" | "media.removed"> =>
	event.kind === "media.added" || event.kind === "media.removed";

export const isEntry = (event: Applied): event is Applied<EntryKind> => isEntryKind(event.kind);

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
