import { readUser, type User } from "../../accounts/users.ts";
import { erasedRefusal } from "../../domain/people/members.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Summary } from "../../shard/log/calls.ts";
import type { Ctx } from "../context.ts";
import { type OnShard, shardOfUser, unknown } from "../verbs.ts";
import { shownUser } from "./shown-users.ts";

/** A user, as the user sees it. */
export function shownProfile(user: User, { tier, counts }: Summary) {
	const { disabled_at: _d, has_account: _h, email: _e, ...shown } = shownUser(user);
	return { ...shown, tenant: user.tenant_id, tier, counts };
}
export type ShownProfile = ReturnType<typeof shownProfile>;

const NOTHING: Summary = { tier: null, counts: { attempts: 0, quizzes: 0, favorites: 0 } };

/** The row and what the shard says. Null where one of the two knows nothing of the user, or the user is being erased. */
export async function profileOf({ env }: Ctx, { call, shard }: OnShard): Promise<ShownProfile | null> {
	const [user, summary] = await Promise.all([readUser(env.ACCOUNTS, call.user), shard.log.summary(call)]);
	if (!user || user.tenant_id !== call.tenant || erasedRefusal(user)) return null;
	return shownProfile(user, summary ?? NOTHING);
}

/**
 * Who a user is, and how much the user has. Gates: `attempts:read`; it is oneself, or a service acts on the user's behalf; the user is known.
 */
export async function readProfile(ctx: Ctx, { user }: { user: string }): Promise<Outcome<ShownProfile>> {
	const on = await shardOfUser(ctx, user, "attempts:read", true);
	if (!on.ok) return on;
	const profile = await profileOf(ctx, on.value);
	return profile ? accepted(profile) : unknown("user");
}
