import { SESSION_EXTENDED_AFTER_MS, SESSION_IDLE_MS_MAX, SESSION_LIFE_MS_MAX } from "../domain/sign-in/limits.ts";
import { hashOfToken, idOfHash } from "../domain/sign-in/tokens.ts";
import { COMMIT_MS } from "./changes.ts";

/** Sessions: who is signed in, and where. */
export interface Session {
	id: string;
	account_id: string;
	network: string | null;
	user_agent: string | null;
	created_at: number;
	updated_at: number;
	expires_at: number;
}

/** A session with the account that it is of. */
export interface OpenSession extends Session {
	email: string;
	email_verified: 0 | 1;
	name: string;
	two_factor_enabled: 0 | 1;
	account_created_at: number;
}

const COLUMNS = ["id", "account_id", "network", "user_agent", "created_at", "updated_at", "expires_at"];

/** The session of a token, if it has not ended and its account is there; two rows are read, by their keys. */
export function readOpenSession(db: D1Database, token: string, now: number): Promise<OpenSession | null> {
	const hash = hashOfToken(token);
	const query = `SELECT ${COLUMNS.map((name) => `s.${name}`).join(", ")}, a.email, a.email_verified, a.name, a.two_factor_enabled,
			a.created_at AS account_created_at
		FROM sessions AS s JOIN accounts AS a ON a.id = s.account_id
		WHERE s.id = ?1 AND s.hash = ?2 AND s.expires_at > ?3 AND a.deleted_at IS NULL`;
	return db.prepare(query).bind(idOfHash("sessions", hash), hash, now).first<OpenSession>();
}

/** Those that have not ended, the newest first. */
export async function listOpenSessions(
	db: D1Database,
	account: string,
	now: number,
	limit: number,
): Promise<Session[]> {
	const query = `SELECT ${COLUMNS.join(", ")} FROM sessions WHERE account_id = ? AND expires_at > ?
		ORDER BY created_at DESC, id LIMIT ?`;
	return (await db.prepare(query).bind(account, now, limit).all<Session>()).results;
}

/** Until when a session is good that is used now. */
export const expiryOf = (created_at: number, now: number): number =>
	Math.min(now + SESSION_IDLE_MS_MAX, created_at + SESSION_LIFE_MS_MAX);

/** A session that is used lives on; that is written at most once a day. */
export async function extendSession(
	db: D1Database,
	{ id, created_at, expires_at }: Session,
	now: number,
): Promise<void> {
	const until = expiryOf(created_at, now);
	if (until - expires_at < SESSION_EXTENDED_AFTER_MS) return;
	await db.prepare("UPDATE sessions SET expires_at = ?2, updated_at = ?3 WHERE id = ?1").bind(id, until, now).run();
}

/** Tells every isolate that tokens are no longer good which were given for these sessions: before they are removed. */
export const changesOf = (
	db: D1Database,
	where: string,
	values: readonly (string | number | null)[],
	now: number,
): D1PreparedStatement =>
	db
		.prepare(`INSERT INTO changes (subject, revokes, at) SELECT id, 1, max(?, ${COMMIT_MS}) FROM sessions ${where}`)
		.bind(now, ...values);

/** Ends sessions of an account: one, or all but one. The second of the statements says how many. */
export function endingSessions(
	db: D1Database,
	account: string,
	which: { id: string } | { but: string },
	now: number,
): [D1PreparedStatement, D1PreparedStatement] {
	const where = `WHERE account_id = ? AND id ${"id" in which ? "=" : "<>"} ?`;
	const values = [account, "id" in which ? which.id : which.but];
	return [changesOf(db, where, values, now), db.prepare(`DELETE FROM sessions ${where}`).bind(...values)];
}

/** @returns how many there were */
export async function endSessions(...[db, ...which]: Parameters<typeof endingSessions>): Promise<number> {
	const [, { meta } = { meta: null }] = await db.batch(endingSessions(db, ...which));
	return meta?.changes ?? 0;
}

/** Ends the oldest of an account that has more than `kept`; at most `limit` at once. */
export function endOldest(
	db: D1Database,
	account: string,
	kept: number,
	limit: number,
	now: number,
): D1PreparedStatement[] {
	const where = `WHERE id IN (SELECT id FROM sessions WHERE account_id = ? ORDER BY created_at DESC, id LIMIT ? OFFSET ?)`;
	const values = [account, limit, kept];
	return [changesOf(db, where, values, now), db.prepare(`DELETE FROM sessions ${where}`).bind(...values)];
}
