import { projection, rowsStay } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";

/** Who has which image. The bytes are in R2; what is in use is what somebody has. */

const HOLD = `INSERT INTO media_holders (hash, owner, removed_at, seq)
	SELECT value ->> 'hash', value ->> 'owner', value ->> 'removed_at', value ->> 'seq' FROM json_each(?1) WHERE true
	ON CONFLICT (hash, owner) DO UPDATE SET removed_at = excluded.removed_at, seq = excluded.seq
	WHERE excluded.seq > media_holders.seq`;

/** The last that each owner did with each medium. */
export const mediaHolders = projection({
	kinds: ["media.added", "media.removed"],
	apply(db, events) {
		const last = new Map(
			events.map(({ kind, user: owner, at, seq, body: { media: hash } }) => [
				`${owner} ${hash}`,
				{ hash, owner, removed_at: kind === "media.removed" ? at : null, seq },
			]),
		);
		return forEach(db, HOLD, [...last.values()]);
	},
	undo: rowsStay,
	tables: [
		{
			name: "media_holders",
			key: ["hash", "owner"],
			kind: "owned",
			columns: ["hash", "owner", "removed_at", "seq"],
			incidental: [],
		},
	],
	otherTables: ["media_purge"],
});

const HELD = `SELECT value AS hash FROM json_each(?1)
	WHERE EXISTS (SELECT 1 FROM media_holders WHERE hash = value AND removed_at IS NULL)`;

/** Those of the hashes that somebody has. Reads the primary. */
export async function heldAmong(db: D1Database, hashes: readonly string[]): Promise<Set<string>> {
	if (hashes.length === 0) return new Set();
	const session = db.withSession("first-primary");
	const { results } = await session.prepare(HELD).bind(JSON.stringify(hashes)).all<{ hash: string }>();
	return new Set(results.map(({ hash }) => hash));
}

const UNHELD = `SELECT value ->> 'hash' AS hash FROM json_each(?1)
	WHERE NOT EXISTS (SELECT 1 FROM media_holders WHERE hash = value ->> 'hash' AND removed_at IS NULL)
	AND (EXISTS (SELECT 1 FROM media_holders WHERE hash = value ->> 'hash')
		OR EXISTS (SELECT 1 FROM shards WHERE user_id = value ->> 'user'))`;

/**
 * Those that nobody has: all let go of them, or nobody ever had them and the catalog knows the log of whoever put them there.
 * What a catalog that was lost cannot know is not among them.
 */
export async function unheldAmong(
	db: D1Database,
	objects: readonly { hash: string; user: string }[],
): Promise<Set<string>> {
	if (objects.length === 0) return new Set();
	const session = db.withSession("first-primary");
	const { results } = await session.prepare(UNHELD).bind(JSON.stringify(objects)).all<{ hash: string }>();
	return new Set(results.map(({ hash }) => hash));
}

/** The key after which the purge goes on under a prefix; '' from the beginning. */
export async function purgePosition(db: D1Database, prefix: string): Promise<string> {
	const query = "SELECT last_key FROM media_purge WHERE prefix = ?";
	return (await db.prepare(query).bind(prefix).first<string>("last_key")) ?? "";
}

export async function movePurge(db: D1Database, prefix: string, last_key: string): Promise<void> {
	const query = "INSERT OR REPLACE INTO media_purge (prefix, last_key) VALUES (?, ?)";
	await db.prepare(query).bind(prefix, last_key).run();
}
