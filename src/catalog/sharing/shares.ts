import type { EventBody } from "../../domain/log/events.ts";
import type { Access } from "../../domain/sharing/shares.ts";
import { projection, rowsStay } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";

/**
 * Where codes lead, and who has used which share. What a share still gives, its owner's shard says. Both tables are written by
 * the fold; the Worker writes the very rows of a change that it has just seen committed, so that they need not be waited for.
 */

/** The rows that the fold makes of log rows: `user` is whose log it is. */
export type CatalogShare = EventBody<"share.created"> & { revoked_at: number | null; user: string; seq: number };
export type CatalogGrant = Omit<EventBody<"share.redeemed">, "version" | "version_number"> & {
	user: string;
	at: number;
	seq: number;
};

/** The Worker may write a row late, when its owner has been erased meanwhile. */
const OWNER_IS_THERE = "NOT EXISTS (SELECT 1 FROM shards WHERE user_id = value ->> 'user' AND erased_at IS NOT NULL)";

const SAVE_SHARE = `INSERT INTO shares (id, owner, quiz, access, code_hash, expires_at, max_uses, created_at, revoked_at, seq)
	SELECT value ->> 'share', value ->> 'user', value ->> 'quiz', value ->> 'access', value ->> 'code_hash',
		value ->> 'expires_at', value ->> 'max_uses', value ->> 'created_at', value ->> 'revoked_at', value ->> 'seq'
	FROM json_each(?1) WHERE ${OWNER_IS_THERE}
	ON CONFLICT (id) DO UPDATE SET quiz = excluded.quiz, access = excluded.access, code_hash = excluded.code_hash,
		expires_at = excluded.expires_at, max_uses = excluded.max_uses, created_at = excluded.created_at,
		revoked_at = excluded.revoked_at, seq = excluded.seq
	WHERE excluded.seq > shares.seq`;

const SAVE_GRANT = `INSERT INTO quiz_grants (quiz, grantee, share, owner, access, until, at, seq)
	SELECT value ->> 'quiz', value ->> 'grantee', value ->> 'share', value ->> 'user', value ->> 'access',
		value ->> 'until', value ->> 'at', value ->> 'seq' FROM json_each(?1) WHERE ${OWNER_IS_THERE}
	ON CONFLICT (quiz, grantee, share) DO UPDATE SET access = excluded.access, until = excluded.until, at = excluded.at,
		seq = excluded.seq
	WHERE excluded.seq > quiz_grants.seq`;

/** The last state of each share. */
export const shares = projection({
	kinds: ["share.created", "share.revoked"],
	apply(db, events) {
		const last = new Map(events.map((event) => [event.body.share, event]));
		const items = [...last.values()].map(({ kind, user, at, seq, body }): CatalogShare => {
			return { ...body, revoked_at: kind === "share.revoked" ? at : null, user, seq };
		});
		return forEach(db, SAVE_SHARE, items);
	},
	undo: rowsStay,
	tables: [
		{
			name: "shares",
			key: ["id"],
			kind: "owned",
			columns: [
				"id",
				"owner",
				"quiz",
				"access",
				"code_hash",
				"expires_at",
				"max_uses",
				"created_at",
				"revoked_at",
				"seq",
			],
			incidental: [],
		},
	],
});

/** Who has used which share. */
export const grants = projection({
	kinds: ["share.redeemed"],
	apply(db, events) {
		const items = events.map(({ user, at, seq, body }): CatalogGrant => ({ ...body, user, at, seq }));
		return forEach(db, SAVE_GRANT, items);
	},
	undo: rowsStay,
	tables: [
		{
			name: "quiz_grants",
			key: ["quiz", "grantee", "share"],
			kind: "owned",
			columns: ["quiz", "grantee", "share", "owner", "access", "until", "at", "seq"],
			incidental: [],
		},
	],
});

/** Writes a share that its owner's shard has just created or revoked; the fold then changes nothing. */
export async function saveShare(db: D1Database, row: CatalogShare): Promise<void> {
	await db.batch(forEach(db, SAVE_SHARE, [row]));
}

/** Writes a use that the owner's shard has just counted, and gives the bookmark from which on reads see it. */
export async function saveGrant(db: D1Database, row: CatalogGrant): Promise<string | null> {
	const session = db.withSession("first-primary");
	await session
		.prepare(SAVE_GRANT)
		.bind(JSON.stringify([row]))
		.run();
	return session.getBookmark();
}

/** The share with the code of this hash. */
export async function findShare(db: D1Database, code_hash: string) {
	const query = "SELECT id, owner, access FROM shares WHERE code_hash = ? LIMIT 1";
	const session = db.withSession("first-primary");
	return session.prepare(query).bind(code_hash).first<{ id: string; owner: string; access: Access }>();
}

/** Whether the user has used a share of this owner's that lets the quiz be edited. */
export async function hasEditGrant(db: D1Database, quiz: string, grantee: string, owner: string): Promise<boolean> {
	const query =
		"SELECT 1 AS n FROM quiz_grants WHERE quiz = ? AND grantee = ? AND owner = ? AND access = 'edit' LIMIT 1";
	const session = db.withSession("first-primary");
	return (await session.prepare(query).bind(quiz, grantee, owner).first<number>("n")) !== null;
}
