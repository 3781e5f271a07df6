/** The tenant of a user who has an account; null without one. */
export function tenantOfAccount(accounts: D1Database, user: string): Promise<string | null> {
	return accounts.prepare("SELECT tenant_id FROM users WHERE id = ?").bind(user).first<string>("tenant_id");
}
