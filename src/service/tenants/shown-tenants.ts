import type { Tenant } from "../../accounts/tenants.ts";
import { placementOf } from "../../domain/people/placement.ts";
import { settingsIn } from "../../domain/people/tenants.ts";

export const etagOf = (revision: number): string => `"${revision}"`;

/** A tenant as those of it see it. */
export function shownTenant({ id, name, kind, plan, settings, revision, created_at }: Tenant) {
	const { jurisdiction, region } = placementOf(id);
	return {
		id,
		name,
		kind,
		plan,
		jurisdiction,
		region,
		settings: settingsIn(settings),
		created_at,
		etag: etagOf(revision),
	};
}
export type ShownTenant = ReturnType<typeof shownTenant>;
