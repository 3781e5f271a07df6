import { LRUCache } from "lru-cache";
import { readTenant } from "../../accounts/tenants.ts";
import { TENANT_SETTINGS_ENTRIES_MAX, TENANT_SETTINGS_LIFE_MS } from "../../domain/people/limits.ts";
import { SETTINGS_DEFAULT, settingsIn, type TenantSettings } from "../../domain/people/tenants.ts";
import { onChange } from "../people/accounts-view.ts";

/** What tenants decide, as this isolate knows it: a change reaches it as revocations do, within a minute. */

const known = new LRUCache<string, { settings: TenantSettings; read_at: number }>({ max: TENANT_SETTINGS_ENTRIES_MAX });

onChange((subject) => {
	if (subject === null) known.clear();
	else known.delete(subject);
});

/** Reads once for each tenant and isolate, and seldom after that. */
export async function tenantSettings(
	{ ACCOUNTS }: Pick<Env, "ACCOUNTS">,
	tenant: string,
	now: number,
): Promise<TenantSettings> {
	const remembered = known.get(tenant);
	if (remembered && now - remembered.read_at < TENANT_SETTINGS_LIFE_MS) return remembered.settings;
	const row = await readTenant(ACCOUNTS, tenant);
	const settings = row ? settingsIn(row.settings) : SETTINGS_DEFAULT;
	known.set(tenant, { settings, read_at: now });
	return settings;
}
