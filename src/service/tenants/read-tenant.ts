import { readTenant as read } from "../../accounts/tenants.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { unknown } from "../verbs.ts";
import { type ShownTenant, shownTenant } from "./shown-tenants.ts";

/** A tenant, for all of its users and machines. Gates: it is the caller's own, or the caller is the operator; it exists. */
export async function readTenant(
	{ env, principal }: Ctx,
	{ tenant }: { tenant: string },
): Promise<Outcome<ShownTenant>> {
	if (tenant !== principal.tenant && !principal.scopes.has("admin")) return unknown("tenant");
	const row = await read(env.ACCOUNTS, tenant);
	return row ? accepted(shownTenant(row)) : unknown("tenant");
}
