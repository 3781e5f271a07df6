import type { MemberRole } from "../domain/people/roles.ts";

/** Whom a tenant has asked in. */
export interface Invitation {
	id: string;
	tenant_id: string;
	email: string;
	role: MemberRole;
	/** SHA-256 of the code in the mail. */
	hash: string;
	created_by: string;
	created_at: number;
	expires_at: number;
	accepted_at: number | null;
	revoked_at: number | null;
}

const COLUMNS = "id, tenant_id, email, role, hash, created_by, created_at, expires_at, accepted_at, revoked_at";

export function readInvitation(db: D1Database, id: string): Promise<Invitation | null> {
	return db.prepare(`SELECT ${COLUMNS} FROM invitations WHERE id = ?`).bind(id).first<Invitation>();
}

/** Those after an id, which are in the order in which they were made. */
export async function listInvitations(
	db: D1Database,
	tenant: string,
	after: string,
	limit: number,
): Promise<Invitation[]> {
	const query = `SELECT ${COLUMNS} FROM invitations WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?`;
	return (await db.prepare(query).bind(tenant, after, limit).all<Invitation>()).results;
}

export const insertInvitation = (
	db: D1Database,
	invitation: Omit<Invitation, "accepted_at" | "revoked_at">,
): D1PreparedStatement => {
	const { id, tenant_id, email, role, hash, created_by, created_at, expires_at } = invitation;
	const query = `INSERT INTO invitations (id, tenant_id, email, role, hash, created_by, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
	return db.prepare(query).bind(id, tenant_id, email, role, hash, created_by, created_at, expires_at);
};

/** Once: of two that accept, one changes the row. */
export const acceptInvitation = (db: D1Database, id: string, now: number): D1PreparedStatement =>
	db
		.prepare("UPDATE invitations SET accepted_at = ?2 WHERE id = ?1 AND accepted_at IS NULL AND revoked_at IS NULL")
		.bind(id, now);

export const revokeInvitation = (db: D1Database, id: string, now: number): D1PreparedStatement =>
	db
		.prepare("UPDATE invitations SET revoked_at = ?2 WHERE id = ?1 AND accepted_at IS NULL AND revoked_at IS NULL")
		.bind(id, now);
