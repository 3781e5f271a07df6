import { LOGIN_NOTED_MS } from "../domain/people/limits.ts";
import type { Role } from "../domain/people/roles.ts";

/** Users: persons in their tenants, and guests. */

export const USER_STATUSES = ["active", "disabled", "erasing", "erased"] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** What a credential of a user depends on. */
export interface Standing {
	tenant_id: string;
	role: Role;
	status: UserStatus;
}

const STANDING = "tenant_id, role, status";

/** Null for one who is not known. */
export function readStanding(db: D1Database, user: string): Promise<Standing | null> {
	return db.prepare(`SELECT ${STANDING} FROM users WHERE id = ?`).bind(user).first<Standing>();
}

/** A user who is heard of for the first time, by a credential or by a service. */
export interface Newcomer {
	id: string;
	tenant: string;
	role: Role;
	/** Who says so, where that is another issuer, and what it calls the user. */
	issuer: string | null;
	subject: string | null;
}

/** Makes a user known, in a tenant that is made known too. Whoever is known already stays as they are. @returns how the user stands then */
export async function makeKnown(
	db: D1Database,
	{ id, tenant, role, issuer, subject }: Newcomer,
	now: number,
): Promise<Standing> {
	const [, , { results } = { results: [] }] = await db.batch<Standing>([
		db
			.prepare(
				`INSERT INTO tenants (id, name, kind, plan, settings, revision, created_at)
				VALUES (?1, ?1, 'organization', 'free', '{}', 1, ?2) ON CONFLICT DO NOTHING`,
			)
			.bind(tenant, now),
		db
			.prepare(
				`INSERT INTO users (id, tenant_id, created_at, role, issuer, subject)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING`,
			)
			.bind(id, tenant, now, role, issuer, subject),
		db.prepare(`SELECT ${STANDING} FROM users WHERE id = ?`).bind(id),
	]);
	const [standing] = results;
	if (!standing) throw new Error("a user who was made known is not there");
	return standing;
}

/** A user of an account. */
export interface Membership extends Standing {
	id: string;
	tenant_kind: "personal" | "organization";
}

/** The users of a person in tenants that exist, the earliest first. */
export async function readMemberships(db: D1Database, account: string, limit: number): Promise<Membership[]> {
	const query = `SELECT u.id, u.tenant_id, u.role, u.status, t.kind AS tenant_kind FROM users AS u JOIN tenants AS t ON t.id = u.tenant_id
		WHERE u.account_id = ? AND t.deleted_at IS NULL ORDER BY u.created_at, u.id LIMIT ?`;
	return (await db.prepare(query).bind(account, limit).all<Membership>()).results;
}

/** When a user got a token last; written at most once in a quarter of an hour. */
export async function noteLogin(db: D1Database, user: string, now: number): Promise<void> {
	const query =
		"UPDATE users SET last_login_at = ?2 WHERE id = ?1 AND (last_login_at IS NULL OR last_login_at < ?2 - ?3)";
	await db.prepare(query).bind(user, now, LOGIN_NOTED_MS).run();
}
