import type { LogPosition } from "./runs.ts";

/** The directory of shards and their cursors. */

/** True of a shard that a rebuild is just wiping. */
export const WIPED = `EXISTS (SELECT 1 FROM rebuilds WHERE finished_at IS NULL AND phase = 'wipe'
	AND (rebuilds.user_id IS NULL OR rebuilds.user_id = shards.user_id))`;

/** True of a shard to which nothing may be applied: until a wipe is done, and for ever where the user is erased. */
export const HELD = `(shards.erased_at IS NOT NULL OR ${WIPED})`;

/** The last row of a user's log that the catalog has applied, and the bookmark from which on a read sees that. */
export interface Cursor {
	seq: number;
	bookmark: string | null;
}

const CURSOR = "SELECT applied_seq FROM shards WHERE user_id = ?";

/** The last row of the user's log that the catalog has applied; 0 if it knows nothing of the user. Reads the primary. */
export async function readCursor(db: D1Database, user: string): Promise<number> {
	return (await db.withSession("first-primary").prepare(CURSOR).bind(user).first<number>("applied_seq")) ?? 0;
}

/**
 * The same of the nearest replica. That can only be behind: what it says is applied is so, and who takes the rest for not
 * applied sends it twice, which does no harm.
 */
export async function readCursorNear(db: D1Database, user: string): Promise<Cursor> {
	const session = db.withSession("first-unconstrained");
	const seq = (await session.prepare(CURSOR).bind(user).first<number>("applied_seq")) ?? 0;
	return { seq, bookmark: session.getBookmark() };
}

/** What the catalog has of a shard's hash chain; null if it has applied nothing. */
export async function readAnchor(db: D1Database, user: string): Promise<{ seq: number; hash: string } | null> {
	const query = "SELECT applied_seq AS seq, head_hash AS hash FROM shards WHERE user_id = ? AND applied_seq > 0";
	return db.withSession("first-primary").prepare(query).bind(user).first<{ seq: number; hash: string }>();
}

/** Where the cursor of a shard stands, at row 0 for one that the catalog does not know. */
export async function readPosition(db: D1Database, user: string): Promise<LogPosition> {
	return (await readAnchor(db, user)) ?? { seq: 0, hash: "" };
}

/** Where cursors of many shards stand, and whether a rebuild holds them; those that the catalog does not know are absent. */
export async function readCursors(db: D1Database, users: readonly string[]) {
	const query = `SELECT user_id, applied_seq, head_hash, ${HELD} AS held FROM shards
		WHERE user_id IN (SELECT value FROM json_each(?1))`;
	const { results } = await db
		.prepare(query)
		.bind(JSON.stringify(users))
		.all<{ user_id: string; applied_seq: number; head_hash: string; held: number }>();
	return new Map(
		results.map(({ user_id, applied_seq: seq, head_hash: hash, held }) => [user_id, { seq, hash, held: held === 1 }]),
	);
}

/** Those of the users of a tenant who have a shard and are not erased, in their order. */
export async function knownAmong(
	db: Pick<D1Database, "prepare">,
	users: readonly string[],
	tenant: string,
): Promise<string[]> {
	const query = `SELECT s.user_id FROM json_each(?1) AS item CROSS JOIN shards AS s ON s.user_id = item.value
		WHERE s.tenant_id = ?2 AND s.erased_at IS NULL ORDER BY item.key`;
	const { results } = await db.prepare(query).bind(JSON.stringify(users), tenant).all<{ user_id: string }>();
	return results.map(({ user_id }) => user_id);
}

/** Of whom the catalog knows; empty where the first row of the log could not be read. Nobody who is erased is known. */
export async function tenantOf(db: Pick<D1Database, "prepare">, user: string): Promise<string | null> {
	return db
		.prepare("SELECT tenant_id FROM shards WHERE user_id = ? AND erased_at IS NULL")
		.bind(user)
		.first<string>("tenant_id");
}
