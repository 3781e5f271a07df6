import { tenantOf } from "../catalog/shards.ts";

/**
 * Whether a user of this tenant is known, so that a service may act on the user's behalf: by an account, or because the
 * user has called already. The seam for accounts: identities come into ACCOUNTS with sign-up.
 */
export async function isKnownUser(
	env: Pick<Env, "ACCOUNTS" | "CATALOG">,
	user: string,
	tenant: string,
): Promise<boolean> {
	const query = "SELECT tenant_id FROM users WHERE id = ?";
	const account = await env.ACCOUNTS.prepare(query).bind(user).first<string>("tenant_id");
	return (account ?? (await tenantOf(env.CATALOG, user))) === tenant;
}
