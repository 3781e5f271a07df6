import { LRUCache } from "lru-cache";
import { readTenant } from "../accounts/tenants.ts";
import { tenantOf } from "../catalog/replication/shards.ts";
import { isYounger } from "../domain/freshness.ts";
import { TENANT_CACHE_ENTRIES_MAX } from "../domain/limits.ts";
import { CHANGES_AGE_MS_MAX } from "../domain/people/limits.ts";
import { settingsIn } from "../domain/people/tenants.ts";
import type { Ctx } from "./context.ts";
import { onChange } from "./people/accounts-view.ts";
import { isAnonymous } from "./principal.ts";
import { rememberedTenant, rememberTenant } from "./tenants.ts";

/** What is public is shown without a credential where the tenant of its owner lets that be; everybody else sees it anyway. */

const known = new LRUCache<string, { is_open: boolean; read_at: number }>({ max: TENANT_CACHE_ENTRIES_MAX });

onChange((subject) => {
	if (subject === null) known.clear();
	else known.delete(subject);
});

/** Whether the caller is shown what is public of this owner. */
export async function isShownOf({ env, principal, now }: Ctx, owner: string): Promise<boolean> {
	if (!isAnonymous(principal)) return true;
	const tenant = rememberedTenant(owner) ?? (await tenantOf(env.CATALOG.withSession("first-unconstrained"), owner));
	if (!tenant) return false;
	rememberTenant(owner, tenant);
	const remembered = known.get(tenant);
	if (remembered && isYounger(remembered.read_at, CHANGES_AGE_MS_MAX, now)) return remembered.is_open;
	const row = await readTenant(env.ACCOUNTS, tenant);
	// One that called before ACCOUNTS knew tenants has said nothing about it.
	const is_open = row === null || settingsIn(row.settings).public_reads === "allowed";
	known.set(tenant, { is_open, read_at: now });
	return is_open;
}

/** Those of the things that the caller is shown; a page may so be shorter than it could be. */
export async function shownOf<T>(ctx: Ctx, things: readonly T[], ownerOf: (thing: T) => string): Promise<T[]> {
	if (!isAnonymous(ctx.principal)) return [...things];
	const owners = [...new Set(things.map(ownerOf))];
	const shown = new Set<string>();
	for (const owner of owners) if (await isShownOf(ctx, owner)) shown.add(owner);
	return things.filter((thing) => shown.has(ownerOf(thing)));
}
