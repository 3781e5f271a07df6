import { readTenant, type Tenant } from "../../accounts/tenants.ts";
import { readUser } from "../../accounts/users.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { INSTALLATION } from "../../domain/people/installation.ts";
import type { Authority } from "../../domain/people/members.ts";
import { ROLE_SCOPES, type Scope } from "../../domain/people/roles.ts";
import { settingsIn, type TenantSettings } from "../../domain/people/tenants.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { unknown } from "../verbs.ts";

/** A tenant, for those who may manage it. */
export interface Managing {
	tenant: Tenant;
	settings: TenantSettings;
	authority: Authority;
}

/**
 * The tenant that is named, for whoever manages it. Its rows are read anew, and not from what the isolate knows: a change of who may do what
 * holds at once here. Gates: the scope; it is the caller's own; it exists; the caller is no user who was disabled, or has
 * another role by now.
 */
export async function managing(ctx: Ctx, named: string, scope: Scope = "users:write"): Promise<Outcome<Managing>> {
	const { env, principal } = ctx;
	const forbidden = scopeRefusal(principal, scope);
	if (forbidden) return refused(forbidden);
	if (named !== principal.tenant || named === INSTALLATION) return unknown("tenant");
	const [tenant, authority] = await Promise.all([readTenant(env.ACCOUNTS, named), authorityOf(ctx, scope)]);
	if (!tenant) return unknown("tenant");
	if (!authority.ok) return authority;
	return accepted({ tenant, settings: settingsIn(tenant.settings), authority: authority.value });
}

/** Of who has the scope. The operator of the installation is as an owner is in a tenant of their own. */
async function authorityOf({ env, principal }: Ctx, scope: Scope): Promise<Outcome<Authority>> {
	const { subject, scopes } = principal;
	const user = ID_PATTERNS.user.test(subject) ? await readUser(env.ACCOUNTS, subject) : null;
	if (user && user.status !== "active") {
		return refused({ code: "forbidden", detail: `The user ${subject} is ${user.status}.` });
	}
	// What other issuers say of a user's scopes is theirs to say.
	if (user && principal.is_vouched_for && !ROLE_SCOPES[user.role].includes(scope)) {
		return refused({ code: "forbidden", detail: `The user ${subject} is ${user.role} by now, which has no ${scope}.` });
	}
	return accepted(scopes.has("admin") || user?.role === "owner" ? "owner" : "admin");
}
