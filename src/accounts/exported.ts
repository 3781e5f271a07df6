import { EXPORT_ACCOUNT_ROWS_MAX } from "../domain/privacy/limits.ts";

/** What an export has of ACCOUNTS: who the user is, the person behind it, and how the person signs in. No credential is in it, and no hash of one. */

type Row = Record<string, number | string | null>;

export interface ExportedAccount {
	user: Row;
	/** Null of one whom no person with an account stands behind. */
	account: Row | null;
	sign_ins: Row[];
	second_factors: Row[];
	sessions: Row[];
	invitations: Row[];
	/** Until when a guest can come back. */
	guest: Row | null;
}

const QUERIES = {
	user: `SELECT id, tenant_id, role, status, issuer, subject, name, first_name, last_name, avatar, timezone, locale, preferences,
		is_claimed, created_at, disabled_at, last_login_at FROM users WHERE id = ?1 AND tenant_id = ?2`,
	account: `SELECT a.id, a.email, a.email_verified, a.name, a.image, a.two_factor_enabled, a.created_at, a.updated_at
		FROM users AS u JOIN accounts AS a ON a.id = u.account_id WHERE u.id = ?1 AND u.tenant_id = ?2`,
	sign_ins: `SELECT c.id, c.provider, c.created_at, c.updated_at
		FROM users AS u JOIN credentials AS c ON c.account_id = u.account_id WHERE u.id = ?1 AND u.tenant_id = ?2`,
	second_factors: `SELECT f.id, f.verified, f.failures, f.locked_until
		FROM users AS u JOIN second_factors AS f ON f.account_id = u.account_id WHERE u.id = ?1 AND u.tenant_id = ?2`,
	sessions: `SELECT s.id, s.network, s.user_agent, s.created_at, s.updated_at, s.expires_at
		FROM users AS u JOIN sessions AS s ON s.account_id = u.account_id WHERE u.id = ?1 AND u.tenant_id = ?2`,
	invitations: `SELECT i.id, i.email, i.role, i.created_by, i.created_at, i.expires_at, i.accepted_at, i.revoked_at FROM users AS u
		JOIN accounts AS a ON a.id = u.account_id JOIN invitations AS i ON i.email = a.email AND i.tenant_id = u.tenant_id
		WHERE u.id = ?1 AND u.tenant_id = ?2`,
	guest: `SELECT g.expires_at FROM users AS u JOIN guests AS g ON g.user_id = u.id WHERE u.id = ?1 AND u.tenant_id = ?2`,
} as const;

/** Null where ACCOUNTS has no such user of the tenant. */
export async function exportedAccount(db: D1Database, user: string, tenant: string): Promise<ExportedAccount | null> {
	const names = Object.keys(QUERIES) as (keyof typeof QUERIES)[];
	const results = await db.batch<Row>(
		names.map((name) => db.prepare(`${QUERIES[name]} LIMIT ${EXPORT_ACCOUNT_ROWS_MAX}`).bind(user, tenant)),
	);
	const rows = (name: keyof typeof QUERIES) => results[names.indexOf(name)]?.results ?? [];
	const [own] = rows("user");
	if (!own) return null;
	return {
		user: { ...own },
		account: rows("account")[0] ?? null,
		sign_ins: rows("sign_ins"),
		second_factors: rows("second_factors"),
		sessions: rows("sessions"),
		invitations: rows("invitations"),
		guest: rows("guest")[0] ?? null,
	};
}
