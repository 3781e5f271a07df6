import { readTenant } from "../../accounts/tenants.ts";
import { readUser } from "../../accounts/users.ts";
import { type ProfileChange, profileRow } from "../../domain/people/profiles.ts";
import { settingsIn } from "../../domain/people/tenants.ts";
import { isStale, stale } from "../../domain/preconditions.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, notWritten, shardOfUser, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { changeOfUser } from "./changing-user.ts";
import { commit } from "./commit.ts";
import { profileOf, type ShownProfile } from "./read-profile.ts";
import { preferencesOf } from "./shown-users.ts";

interface Input extends ProfileChange {
	user: string;
	if_match: string | null;
}

/**
 * Changes what a user says of themselves. Gates: `attempts:write`; it is oneself, or a service acts on the user's behalf; the user is known, and as
 * the caller has read it.
 */
export async function changeProfile(
	ctx: Ctx,
	{ user: named, if_match, ...change }: Input,
): Promise<Changed<ShownProfile>> {
	const { env, now } = ctx;
	const db = env.ACCOUNTS;
	const on = await shardOfUser(ctx, named, "attempts:write", true);
	if (!on.ok) return notWritten(on.refusal);
	const { user: id, tenant: of } = on.value.call;
	const again = async (): Promise<Outcome<ShownProfile>> => {
		const profile = await profileOf(ctx, on.value);
		return profile ? accepted(profile) : unknown("user");
	};
	const { outcome, ...rest } = await commit(
		askerOf(ctx),
		{ operation: "profiles.change", input: {}, again: noRetry },
		async () => {
			const [before, tenant] = await Promise.all([readUser(db, id), readTenant(db, of)]);
			if (!before || !tenant || before.tenant_id !== of || before.status !== "active") return unknown("user");
			const shown = { etag: `"${before.revision}"` };
			if (isStale(shown, if_match)) return stale(shown, "profile");
			const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
			const { name, first_name, last_name, avatar, timezone, locale } = before;
			const had = { name, first_name, last_name, avatar, timezone, locale, preferences: preferencesOf(before) };
			const after = { ...before, ...profileRow({ ...had, ...said }) };
			const managed = { tenant, settings: settingsIn(tenant.settings), authority: "admin" } as const;
			return accepted(changeOfUser(db, managed, "member.changed", before, after, now));
		},
	);
	return { ...rest, outcome: outcome.ok ? await again() : outcome };
}

/** It is no POST, so it has no idempotency key. */
const noRetry = async () => unknown("user");
