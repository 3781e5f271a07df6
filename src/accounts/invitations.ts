import type { MemberRole } from "../domain/people/roles.ts";
import { onlyIf } from "./guards.ts";

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

/** What is counted of a tenant's invitations. */
export interface InvitationBound {
	/** No older one can be open: ids are in the order in which they were made. */
	since_id: string;
	/** Those that were sent since then count, whatever became of them. */
	sent_since: number;
	now: number;
	max: number;
}

/** Those that are open, and those that were sent lately, counted up to the last parameter; all of them are parameters of the statement. */
const counted = (
	tenant: string,
	since_id: string,
	sent_since: string,
	now: string,
	max: string,
) => `(SELECT count(*) FROM
	(SELECT 1 FROM invitations WHERE tenant_id = ${tenant} AND id > ${since_id} AND (created_at > ${sent_since}
		OR (accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ${now})) LIMIT ${max}))`;

export async function countInvitations(
	db: D1Database,
	tenant: string,
	{ since_id, sent_since, now, max }: InvitationBound,
): Promise<number> {
	const query = `SELECT ${counted("?1", "?2", "?3", "?4", "?5")} AS n`;
	return (await db.prepare(query).bind(tenant, since_id, sent_since, now, max).first<number>("n")) ?? 0;
}

/** Undone where the tenant has too many. */
export const insertInvitation = (
	db: D1Database,
	invitation: Omit<Invitation, "accepted_at" | "revoked_at">,
	{ since_id, sent_since, now, max }: InvitationBound,
): D1PreparedStatement => {
	const { id, tenant_id, email, role, hash, created_by, created_at, expires_at } = invitation;
	const mayBe = onlyIf(`${counted("?2", "?9", "?10", "?11", "?12")} < ?12`, "?7");
	const query = `INSERT INTO invitations (id, tenant_id, email, role, hash, created_by, created_at, expires_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ${mayBe}, ?8)`;
	return db
		.prepare(query)
		.bind(id, tenant_id, email, role, hash, created_by, created_at, expires_at, since_id, sent_since, now, max);
};

const IS_OPEN = onlyIf("accepted_at IS NULL AND revoked_at IS NULL", "created_at");

/** Once: undone where it has been accepted or revoked meanwhile. */
export const acceptInvitation = (db: D1Database, id: string, now: number): D1PreparedStatement =>
	db.prepare(`UPDATE invitations SET accepted_at = ?2, created_at = ${IS_OPEN} WHERE id = ?1`).bind(id, now);

/** Undone where it has been accepted or revoked meanwhile. */
export const revokeInvitation = (db: D1Database, id: string, now: number): D1PreparedStatement =>
	db.prepare(`UPDATE invitations SET revoked_at = ?2, created_at = ${IS_OPEN} WHERE id = ?1`).bind(id, now);

/** Ends those that are open for an address, before it gets another. */
export const replaceInvitations = (
	db: D1Database,
	{ tenant_id, email }: Pick<Invitation, "tenant_id" | "email">,
	{ since_id, now }: Pick<InvitationBound, "since_id" | "now">,
): D1PreparedStatement =>
	db
		.prepare(
			`UPDATE invitations SET revoked_at = ?4
			WHERE tenant_id = ?1 AND id > ?2 AND email = ?3 AND accepted_at IS NULL AND revoked_at IS NULL`,
		)
		.bind(tenant_id, since_id, email, now);
