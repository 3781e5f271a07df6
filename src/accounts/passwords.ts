/** The passwords of accounts, of which each has at most one. */

const OF_ACCOUNT = "account_id = ?1 AND provider = 'credential'";

/** Whether the account got its password at that time or later. @param at milliseconds since the epoch */
export async function isPasswordSince(db: D1Database, account: string, at: number): Promise<boolean> {
	const query = `SELECT 1 AS n FROM credentials WHERE ${OF_ACCOUNT} AND updated_at >= ?2`;
	return (await db.prepare(query).bind(account, at).first()) !== null;
}
