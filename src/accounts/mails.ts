/** The outbox: mail that is to be sent, and that was. */
export interface StoredMail {
	id: string;
	/** Null once it was sent or given up. */
	sealed: string | null;
	created_at: number;
	attempts: number;
	due_at: number | null;
}

const COLUMNS = "id, sealed, created_at, attempts, due_at";

export interface NewMail {
	id: string;
	recipient: string;
	sealed: string;
	/** When it is to be tried again; null for one that is only kept. */
	due_at: number | null;
	attempts: number;
}

/** The end of a WHERE, with its values. */
export interface Condition {
	text: string;
	values: readonly (string | number)[];
}

/** No further mail than `max` in the time since `since` to one address. */
export interface MailBound {
	since_id: string;
	max: number;
}

/**
 * A mail to be sent; nothing where too many went to the address lately.
 * @param only what else must hold
 */
export function addMail(
	db: D1Database,
	{ id, recipient, sealed, due_at, attempts }: NewMail,
	{ since_id, max }: MailBound,
	now: number,
	only: Condition = { text: "", values: [] },
): D1PreparedStatement {
	const query = `INSERT INTO mails (id, recipient, sealed, created_at, attempts, due_at) SELECT ?, ?, ?, ?, ?, ?
		WHERE (SELECT count(*) FROM (SELECT 1 FROM mails WHERE recipient = ? AND id > ? LIMIT ?)) < ? ${only.text}`;
	return db
		.prepare(query)
		.bind(id, recipient, sealed, now, attempts, due_at, recipient, since_id, max, max, ...only.values);
}

/** Those that are to be sent by now. */
export async function dueMails(db: D1Database, now: number, limit: number): Promise<StoredMail[]> {
	const query = `SELECT ${COLUMNS} FROM mails WHERE due_at <= ? ORDER BY due_at LIMIT ?`;
	return (await db.prepare(query).bind(now, limit).all<StoredMail>()).results;
}

export const readMail = (db: D1Database, id: string): Promise<StoredMail | null> =>
	db.prepare(`SELECT ${COLUMNS} FROM mails WHERE id = ?`).bind(id).first<StoredMail>();

/** Only one of two who want to send the same mail gets it. @param until when another may */
export async function claimMail(db: D1Database, { id, due_at }: StoredMail, until: number): Promise<boolean> {
	const query = "UPDATE mails SET due_at = ?3, attempts = attempts + 1 WHERE id = ?1 AND due_at = ?2";
	const { meta } = await db.prepare(query).bind(id, due_at, until).run();
	return meta.changes === 1;
}

export async function noteMailSent(db: D1Database, id: string, now: number): Promise<void> {
	await db.prepare("UPDATE mails SET sealed = NULL, due_at = NULL, sent_at = ?2 WHERE id = ?1").bind(id, now).run();
}

/** @param due_at when to try again; null to give it up, and to forget what it says */
export async function noteMailFailed(db: D1Database, id: string, due_at: number | null): Promise<void> {
	const query = "UPDATE mails SET due_at = ?2, sealed = CASE WHEN ?2 IS NULL THEN NULL ELSE sealed END WHERE id = ?1";
	await db.prepare(query).bind(id, due_at).run();
}

/** Those that are kept, the newest first. @param recipient null for everybody's */
export async function newestMails(db: D1Database, recipient: string | null, limit: number): Promise<StoredMail[]> {
	const whose = recipient === null ? "" : "WHERE recipient = ?2";
	const query = `SELECT ${COLUMNS} FROM mails ${whose} ORDER BY id DESC LIMIT ?1`;
	const statement = db.prepare(query);
	const bound = recipient === null ? statement.bind(limit) : statement.bind(limit, recipient);
	return (await bound.all<StoredMail>()).results;
}

/** A bounded number of those whose ids are before one. @returns how many there were */
export async function purgeMails(db: D1Database, before_id: string, limit: number): Promise<number> {
	const query = "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE id < ? ORDER BY id LIMIT ?)";
	return (await db.prepare(query).bind(before_id, limit).run()).meta.changes;
}
