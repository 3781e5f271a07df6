import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { LRUCache } from "lru-cache";
import { tenantOf } from "../catalog/shards.ts";
import { ID_PATTERNS } from "../domain/ids.ts";
import { TENANT_CACHE_ENTRIES_MAX } from "../domain/limits.ts";
import type { HonoEnv } from "../env.ts";
import { isBookmark } from "./catalog-session.ts";
import type { Principal } from "./principal.ts";
import { ProblemError } from "./problem.ts";
import { shardOf } from "./shard-of.ts";

/**
 * A user id names one user of one tenant for ever: the tenant whose token opened the user's shard. So who has been found to
 * be a user of the tenant can be known by the bare id from then on. Shards ask that themselves; this asks for the rest.
 */
const tenants = new LRUCache<string, string>({ max: TENANT_CACHE_ENTRIES_MAX });

/** That the user's shard, or what the catalog has of it, has said so. */
export const rememberTenant = (user: string, tenant: string) => void tenants.set(user, tenant);

/**
 * Refuses a token of another tenant than its user's. Whether the user is known to be of the token's tenant is `is_member` from
 * then on; who is not known has nothing that another tenant could see. Under `/v1/users` the shard decides, so nothing is read.
 * @throws ProblemError `forbidden`
 */
export const requireOwnTenant = createMiddleware<HonoEnv>(async function requireOwnTenant(c, next) {
	const principal = c.get("principal");
	const isShards = c.req.path.startsWith("/v1/users/");
	const known = tenants.get(principal.subject) ?? (isShards ? null : await tenantInCatalog(c, principal));
	refuseOther(principal, known);
	c.set("is_member", known !== null);
	await next();
});

/**
 * What is told instead of this error: to a token of another tenant nothing is found, and why it is not is said plainly. Asks
 * the user's own shard, unless that is known, and only where the request was about it. Where that cannot be asked just now,
 * nothing is found all the same.
 */
export async function otherTenantOr(c: Context<HonoEnv>, error: unknown): Promise<unknown> {
	const principal: Principal | undefined = c.get("principal");
	if (!(error instanceof ProblemError && error.code === "not-found") || !principal) return error;
	const { subject } = principal;
	if (!c.req.path.startsWith("/v1/users/") || !ID_PATTERNS.user.test(subject)) return error;
	try {
		refuseOther(principal, tenants.get(subject) ?? (await tenantOfCaller(c, principal)));
		return error;
	} catch (other) {
		if (other instanceof ProblemError) return other;
		console.warn(JSON.stringify({ at: "tenant", user: subject, error: String(other) }));
		return error;
	}
}

async function tenantOfCaller(c: Context<HonoEnv>, principal: Principal): Promise<string | null> {
	const [named] = c.req.path.slice("/v1/users/".length).split("/");
	return named === "me" || named === principal.subject ? tenantInShard(c, principal) : tenantInCatalog(c, principal);
}

/** Null where the catalog does not know the user, and for a service, which is no user. */
async function tenantInCatalog(c: Context<HonoEnv>, { subject }: Principal): Promise<string | null> {
	if (!ID_PATTERNS.user.test(subject)) return null;
	const bookmark = c.req.header("x-d1-bookmark");
	const session = c.env.CATALOG.withSession(isBookmark(bookmark) ? bookmark : "first-unconstrained");
	// A shard whose first row cannot be read has no tenant there until that row is driven again.
	const tenant = (await tenantOf(session, subject)) || null;
	if (tenant !== null) rememberTenant(subject, tenant);
	return tenant;
}

/**
 * The same for what is given to the caller by the bare id, which the catalog may not know yet: the user's own shard says it.
 * @throws ProblemError `forbidden`
 */
export async function requireOwnShard(c: Context<HonoEnv>): Promise<void> {
	const principal = c.get("principal");
	refuseOther(principal, tenants.get(principal.subject) ?? (await tenantInShard(c, principal)));
}

async function tenantInShard({ env }: Context<HonoEnv>, { subject }: Principal): Promise<string | null> {
	const tenant = await shardOf(env, subject, true).log.tenant();
	if (tenant !== null) rememberTenant(subject, tenant);
	return tenant;
}

function refuseOther({ tenant, subject }: Principal, known: string | null): void {
	if (known === null || known === tenant) return;
	throw new ProblemError("forbidden", `The user ${subject} is of another tenant than the token says.`);
}
