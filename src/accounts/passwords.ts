/** The passwords of accounts, of which each has at most one. */

const OF_ACCOUNT = "account_id = ?1 AND provider = 'credential'";

/** Whether the account got its password at that time or later. @param at milliseconds since the epoch */
export async function isPasswordSince(db: D1Database, account: string, at: number): Promise<boolean> {
	const query = `SELECT 1 AS n FROM credentials WHERE ${OF_ACCOUNT} AND updated_at >= ?2`;
	return (await db.prepare(query).bind(account, at).first()) !== null;
}

/** Another password, by its hash, for an account that nobody has confirmed yet. */
export const replacePassword = (db: D1Database, account: string, hash: string, now: number): D1PreparedStatement =>
	db
		.prepare(
			`UPDATE credentials SET password = ?2, updated_at = ?3 WHERE ${OF_ACCOUNT}
				AND EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND email_verified = 0 AND deleted_at IS NULL)`,
		)
		.bind(account, hash, now);
