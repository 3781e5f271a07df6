import { readTenant } from "../../accounts/tenants.ts";
import { readUser } from "../../accounts/users.ts";
import { disabled } from "../../domain/people/members.ts";
import { settingsIn } from "../../domain/people/tenants.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { unknown } from "../verbs.ts";
import { changingUser } from "./changing-user.ts";
import { type Managing, managing } from "./managing.ts";

interface Input {
	tenant: string;
	user: string;
	if_match: string | null;
}

/**
 * Ends a membership: the user is disabled, and is the same user again once invited or restored. A person who goes needs no scope for it.
 * Gates: `users:write`, unless it is oneself; the tenant is the caller's, the user is one of it; only owners remove owners; one owner stays.
 */
export const removeMember = (ctx: Ctx, named: Input) =>
	changingUser(ctx, named, {
		operation: "members.remove",
		input: {},
		kind: "member.disabled",
		decide: (deciding) => disabled(deciding, ctx.now),
		gate: named.user === ctx.principal.subject && ctx.principal.actor === named.user ? leaving : managing,
	});

/** Of oneself one may be without. */
async function leaving({ env, principal }: Ctx, named: string): Promise<Outcome<Managing>> {
	if (named !== principal.tenant) return unknown("tenant");
	const [tenant, user] = await Promise.all([
		readTenant(env.ACCOUNTS, named),
		readUser(env.ACCOUNTS, principal.subject),
	]);
	if (!tenant || user?.status !== "active") return unknown("tenant");
	return accepted({ tenant, settings: settingsIn(tenant.settings), authority: "owner" });
}
