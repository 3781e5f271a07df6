import { onlyIf } from "./guards.ts";
import type { Standing } from "./users.ts";

/** Guests: users without a person, and what they come back with. */

interface NewGuest {
	id: string;
	tenant_id: string;
	/** SHA-256 of the secret. */
	hash: string;
	created_at: number;
	expires_at: number;
}

export const insertGuest = (db: D1Database, guest: NewGuest): D1PreparedStatement[] => [
	db
		.prepare("INSERT INTO users (id, tenant_id, role, created_at) VALUES (?, ?, 'guest', ?)")
		.bind(guest.id, guest.tenant_id, guest.created_at),
	db
		.prepare("INSERT INTO guests (user_id, hash, expires_at) VALUES (?, ?, ?)")
		.bind(guest.id, guest.hash, guest.expires_at),
];

export interface Guest extends Standing {
	id: string;
	account_id: string | null;
	hash: string;
	expires_at: number;
}

export function readGuest(db: D1Database, user: string): Promise<Guest | null> {
	const query = `SELECT u.id, u.tenant_id, u.role, u.status, u.account_id, g.hash, g.expires_at
		FROM guests AS g JOIN users AS u ON u.id = g.user_id WHERE g.user_id = ?`;
	return db.prepare(query).bind(user).first<Guest>();
}

/** The guest becomes a user of the person; what it came back with is good no longer. Undone where somebody has claimed it meanwhile. */
export const claimGuest = (db: D1Database, user: string, account: string): D1PreparedStatement[] => [
	db
		.prepare(
			`UPDATE users SET account_id = ?2, role = 'learner', is_claimed = 1,
			revision = ${onlyIf("account_id IS NULL AND status = 'active'", "revision + 1")} WHERE id = ?1`,
		)
		.bind(user, account),
	db.prepare("DELETE FROM guests WHERE user_id = ?").bind(user),
];

/** Those who did not come back; what they did stays. A bounded number at a time. */
export async function purgeGuestSecrets(db: D1Database, now: number, limit: number): Promise<void> {
	const old = "SELECT user_id FROM guests WHERE expires_at < ? LIMIT ?";
	await db.prepare(`DELETE FROM guests WHERE user_id IN (${old})`).bind(now, limit).run();
}
