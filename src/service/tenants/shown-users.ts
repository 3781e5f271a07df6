import type { User } from "../../accounts/users.ts";
import type { Profile } from "../../domain/people/profiles.ts";
import { etagOf } from "./shown-tenants.ts";

/** A user as the tenant's managers see it in a list. */
export function shownMember(user: User) {
	const { id, role, status, name, first_name, last_name, avatar, timezone, locale, revision } = user;
	const { account_id, email, created_at, disabled_at, last_login_at } = user;
	const profile = { name, first_name, last_name, avatar, timezone, locale };
	const times = { created_at, disabled_at, last_login_at };
	return { id, role, status, ...profile, has_account: account_id !== null, email, ...times, etag: etagOf(revision) };
}
export type ShownMember = ReturnType<typeof shownMember>;

export const preferencesOf = ({ preferences }: User): Profile["preferences"] => JSON.parse(preferences);

/** The same with what only a single user is shown with. */
export const shownUser = (user: User) => ({ ...shownMember(user), preferences: preferencesOf(user) });
export type ShownUser = ReturnType<typeof shownUser>;
