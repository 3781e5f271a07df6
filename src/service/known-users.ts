import { tenantOfAccount } from "../accounts/users.ts";
import { tenantOf } from "../catalog/replication/shards.ts";

/**
 * Whether a user of this tenant is known, so that a service may act on the user's behalf: by an account, or because the
 * user has called already.
 */
export async function isKnownUser(
	{ ACCOUNTS, CATALOG }: Pick<Env, "ACCOUNTS" | "CATALOG">,
	user: string,
	tenant: string,
): Promise<boolean> {
	return ((await tenantOfAccount(ACCOUNTS, user)) ?? (await tenantOf(CATALOG, user))) === tenant;
}
