import { hasOtherOwner, readUser } from "../../accounts/users.ts";
import { tenantOf } from "../../catalog/replication/shards.ts";
import { erasedRefusal, rankRefusal, withRole } from "../../domain/people/members.ts";
import { placementOf, placementSuffix } from "../../domain/people/placement.ts";
import { NO_PROFILE, type ProfileChange, profileRow } from "../../domain/people/profiles.ts";
import type { MemberRole } from "../../domain/people/roles.ts";
import { isStale, stale } from "../../domain/preconditions.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, notWritten, unknown } from "../verbs.ts";
import { additionOf, aloneRefusal, newUser } from "./add-member.ts";
import { askerOf } from "./asker.ts";
import { changeOfUser, userIn } from "./changing-user.ts";
import { commit } from "./commit.ts";
import { managing } from "./managing.ts";
import { type ShownUser, shownUser } from "./shown-users.ts";

interface Input extends ProfileChange {
	tenant: string;
	user: string;
	/** That of a new user is `learner`, unless it is said; that of one who is there stays. */
	role?: MemberRole | undefined;
	if_match: string | null;
}

/** A user who is there now, and whether this made one. */
export interface Provisioned extends ShownUser {
	is_new: boolean;
}

/**
 * Makes a user of an id that the client chooses, or replaces the profile of the one who is there; so it may be asked for again and again, and
 * before the user ever called. Gates: `users:write`, the tenant is the caller's; a new user's id says the same place as the tenant's and is nobody's
 * elsewhere, the tenant is an organization; one who is there is the tenant's, not erased, and as the caller has read it; only owners make and
 * unmake owners.
 */
export async function provisionUser(ctx: Ctx, input: Input): Promise<Changed<Provisioned>> {
	const { env, now } = ctx;
	const { tenant, user: id, role, if_match, ...profile } = input;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const { authority } = may.value;
	const again = async (): Promise<Outcome<Provisioned>> => {
		const found = await userIn(db, tenant, id);
		return found.ok ? accepted({ ...shownUser(found.value), is_new: false }) : found;
	};
	return commit<Provisioned>(askerOf(ctx), { operation: "users.provision", input: {}, again }, async () => {
		const before = await readUser(db, id);
		if (before === null) {
			const refusal = aloneRefusal(may.value) ?? placeRefusal(tenant, id);
			if (refusal) return refusal;
			const tooHigh = rankRefusal(authority, role ?? "learner");
			if (tooHigh) return refused(tooHigh);
			// One who called before ACCOUNTS knew users may be another tenant's.
			const known = (await tenantOf(env.CATALOG, id)) || tenant;
			if (known !== tenant) return unknown("user");
			const change = additionOf(db, may.value, newUser(id, tenant, role ?? "learner", profile, now));
			return accepted({ ...change, value: { ...change.value, is_new: true } });
		}
		if (before.tenant_id !== tenant) return unknown("user");
		const shown = shownUser(before);
		if (isStale(shown, if_match)) return stale(shown, "user");
		const has_other_owner = before.role !== "owner" || (await hasOtherOwner(db, tenant, id));
		const erased = erasedRefusal(before);
		if (erased) return refused(erased);
		const tooHigh = rankRefusal(authority, before.role);
		if (tooHigh) return refused(tooHigh);
		const isMoved = role !== undefined && role !== before.role;
		const moved = isMoved ? withRole({ authority, before, has_other_owner }, role) : accepted(before);
		if (!moved.ok) return moved;
		const said = Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));
		const after = { ...moved.value, ...profileRow({ ...NO_PROFILE, ...said }) };
		const change = changeOfUser(db, may.value, "member.changed", before, after, now);
		return accepted({ ...change, value: { ...change.value, is_new: false } });
	});
}

/** Objects are found by ids alone, so the ids of a tenant's users say what that of the tenant says. */
function placeRefusal(tenant: string, user: string) {
	const [there, here] = [placementOf(user), placementOf(tenant)].map(placementSuffix);
	if (there === here) return null;
	const detail = `The id must have 24 characters of 0-9 and a-z without i, l, o and u, and end in ${here}, as the tenant's does.`;
	const wrong = here === "" ? "The end of the id says a place that is not the tenant's." : detail;
	const errors = [{ in: "path" as const, pointer: "/user", detail: wrong }];
	return refused({ code: "invalid-request", detail: "The id is not one of this tenant.", errors });
}
