import { insertUser, type NewUser, type User } from "../../accounts/users.ts";
import { rankRefusal } from "../../domain/people/members.ts";
import { NO_PROFILE, type ProfileChange, profileRow } from "../../domain/people/profiles.ts";
import type { MemberRole } from "../../domain/people/roles.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, notWritten } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { userIn } from "./changing-user.ts";
import { type Change, commit } from "./commit.ts";
import { mintIn } from "./create-tenant.ts";
import { type Managing, managing } from "./managing.ts";
import { type ShownUser, shownUser } from "./shown-users.ts";

interface Input extends ProfileChange {
	tenant: string;
	role?: MemberRole | undefined;
}

const ALONE = refused({ code: "conflict", detail: "Whoever has a tenant alone is its only member." });

/** Why nobody can be added to the tenant. */
export const aloneRefusal = ({ tenant }: Managing) => (tenant.kind === "personal" ? ALONE : null);

/**
 * Adds a user whom no person stands behind yet: for a client, or another issuer, that has users of its own. A person comes by an invitation.
 * Gates: `users:write`, the tenant is the caller's, and an organization; only owners make owners.
 */
export async function addMember(
	ctx: Ctx,
	{ tenant, role = "learner", ...profile }: Input,
): Promise<Changed<ShownUser>> {
	const { env, now } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async (made: string): Promise<Outcome<ShownUser>> => {
		const found = await userIn(db, tenant, made);
		return found.ok ? accepted(shownUser(found.value)) : found;
	};
	const asked = { operation: "members.add", input: { tenant, role, ...profile }, again };
	return commit(askerOf(ctx), asked, async () => {
		const alone = aloneRefusal(may.value);
		if (alone) return alone;
		const tooHigh = rankRefusal(may.value.authority, role);
		if (tooHigh) return refused(tooHigh);
		return accepted(additionOf(db, may.value, newUser(mintIn("user", tenant, now), tenant, role, profile, now)));
	});
}

/** A user as one begins. */
export function newUser(id: string, tenant: string, role: MemberRole, profile: ProfileChange, now: number): User {
	const said = Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));
	return {
		id,
		tenant_id: tenant,
		account_id: null,
		email: null,
		issuer: null,
		role,
		status: "active",
		...profileRow({ ...NO_PROFILE, ...said }),
		revision: 1,
		created_at: now,
		disabled_at: null,
		last_login_at: null,
	};
}

/** The row, and what the log says of it. */
export function additionOf(db: D1Database, { tenant, settings }: Managing, user: User): Change<ShownUser> {
	const row: NewUser = user;
	const says = { after: { role: user.role, status: user.status } };
	return {
		made: user.id,
		writes: [insertUser(db, row)],
		tells: [{ tenant: tenant.id, kept: settings, kind: "member.added", subject: user.id, says }],
		value: shownUser(user),
	};
}
