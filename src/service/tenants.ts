import { LRUCache } from "lru-cache";
import { tenantOf } from "../catalog/replication/shards.ts";
import { ID_PATTERNS } from "../domain/ids.ts";
import { TENANT_CACHE_ENTRIES_MAX } from "../domain/limits.ts";
import type { Refusal } from "../domain/result.ts";
import type { Ctx } from "./context.ts";
import type { Principal } from "./principal.ts";
import { shardOf } from "./shard-of.ts";

/**
 * A user id names one user of one tenant for ever: the tenant whose token opened the user's shard. So who has been found to
 * be a user of the tenant can be known by the bare id from then on. Shards ask that themselves; this asks for the rest.
 */
const tenants = new LRUCache<string, string>({ max: TENANT_CACHE_ENTRIES_MAX });

/** That the user's shard, or what the catalog has of it, has said so. */
export const rememberTenant = (user: string, tenant: string) => void tenants.set(user, tenant);

/** Of all users, for null. */
export function forgetTenant(user: string | null): void {
	if (user === null) tenants.clear();
	else tenants.delete(user);
}

export const rememberedTenant = (user: string): string | null => tenants.get(user) ?? null;

/**
 * The tenant of the caller as the catalog has it; null where it does not know the user, and for a service, which is no user.
 * @param bookmark what the caller has seen of the catalog
 */
export async function tenantInCatalog(
	{ CATALOG }: Pick<Env, "CATALOG">,
	user: string,
	bookmark: string | null,
): Promise<string | null> {
	if (!ID_PATTERNS.user.test(user)) return null;
	// A shard whose first row cannot be read has no tenant there until that row is driven again.
	const tenant = (await tenantOf(CATALOG.withSession(bookmark ?? "first-unconstrained"), user)) || null;
	if (tenant !== null) rememberTenant(user, tenant);
	return tenant;
}

export async function tenantInShard(env: Pick<Env, "SHARDS" | "ENVIRONMENT">, user: string): Promise<string | null> {
	const tenant = await shardOf(env, user, true).log.tenant();
	if (tenant !== null) rememberTenant(user, tenant);
	return tenant;
}

/** The gate of a token of another tenant than its user's. @param known the user's tenant, null where it is not known */
export function otherTenantRefusal({ tenant, subject }: Principal, known: string | null): Refusal | null {
	if (known === null || known === tenant) return null;
	return { code: "forbidden", detail: `The user ${subject} is of another tenant than the token says.` };
}

/** The same for what is given to the caller by the bare id, which the catalog may not know yet: the user's own shard says it. */
export async function otherShardRefusal({ env, principal }: Ctx): Promise<Refusal | null> {
	const { subject } = principal;
	return otherTenantRefusal(principal, rememberedTenant(subject) ?? (await tenantInShard(env, subject)));
}
