import { countMemberships, insertMember, insertTenant, readTenant } from "../../accounts/tenants.ts";
import { readUser } from "../../accounts/users.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import { TENANTS_PER_ACCOUNT_MAX } from "../../domain/people/limits.ts";
import { type Placement, placementOf, placementSuffix } from "../../domain/people/placement.ts";
import { SETTINGS_DEFAULT } from "../../domain/people/tenants.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { type Changed, notWritten, unknown } from "../verbs.ts";
import { type Asker, askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { type ShownTenant, shownTenant } from "./shown-tenants.ts";

interface Input extends Placement {
	name: string;
}

/** A tenant, and who its maker is in it. */
export interface MadeTenant extends ShownTenant {
	user: string;
}

/** A new id of what belongs to the tenant, whose own id says where its objects are. */
export const mintIn = (kind: "user", tenant: string, now: number): string =>
	mintPeopleId(kind, now, crypto.getRandomValues(new Uint8Array(10))) + placementSuffix(placementOf(tenant));

/**
 * Makes an organization, of which the caller is the owner. Where its data are is fixed with that, since the ids of the tenant and of its users
 * say it. Gates: `users:write`; the caller is a person; not too many tenants of the person.
 */
export async function createTenant(ctx: Ctx, input: Input): Promise<Changed<MadeTenant>> {
	const { env, principal } = ctx;
	const forbidden = scopeRefusal(principal, "users:write");
	if (forbidden) return notWritten(forbidden);
	const user = await readUser(env.ACCOUNTS, principal.subject);
	if (!user?.account_id || user.status !== "active") {
		return notWritten({ code: "forbidden", detail: "Only a person who has an account can make a tenant." });
	}
	return createTenantOf(askerOf(ctx), { id: user.account_id, name: user.name }, input);
}

/** The same for a person who is known by their account. */
export async function createTenantOf(
	asker: Asker,
	account: { id: string; name: string | null },
	input: Input,
): Promise<Changed<MadeTenant>> {
	const { env, now } = asker;
	const db = env.ACCOUNTS;
	const { name, jurisdiction, region } = input;
	const asked = {
		operation: "tenants.create",
		input: { name, jurisdiction, region },
		again: (made: string) => madeBefore(db, made),
	};
	return commit(asker, asked, async () => {
		const max = TENANTS_PER_ACCOUNT_MAX;
		if ((await countMemberships(db, account.id, max)) >= max) {
			return refused({ code: "conflict", detail: `A person is a member of at most ${max} tenants.` });
		}
		const id = mintPeopleId("tenant", now, crypto.getRandomValues(new Uint8Array(10))) + placementSuffix(input);
		const user = mintIn("user", id, now);
		const row = {
			id,
			name,
			kind: "organization",
			plan: "free",
			settings: "{}",
			revision: 1,
			created_at: now,
			deleted_at: null,
		} as const;
		const owner = {
			id: user,
			tenant_id: id,
			account_id: account.id,
			role: "owner",
			name: account.name,
			created_at: now,
		} as const;
		const event = { tenant: id, kept: SETTINGS_DEFAULT };
		return accepted({
			made: `${id} ${user}`,
			writes: [insertTenant(db, row), insertMember(db, owner, max)],
			tells: [
				{
					...event,
					kind: "tenant.created",
					subject: id,
					says: { after: { name, kind: "organization", plan: "free", jurisdiction, region } },
				},
				{ ...event, kind: "member.added", subject: user, says: { after: { role: "owner", status: "active" } } },
			],
			value: { ...shownTenant(row), user },
		});
	});
}

async function madeBefore(db: D1Database, made: string): Promise<Outcome<MadeTenant>> {
	const [id = "", user = ""] = made.split(" ");
	const tenant = await readTenant(db, id);
	return tenant ? accepted({ ...shownTenant(tenant), user }) : unknown("tenant");
}
