import { accepted, type Outcome, type Refusal, refused } from "../result.ts";
import type { MemberRole, Role } from "./roles.ts";

/** Who may do what to whom in a tenant. Whoever manages one has the scope for it; this is what goes beyond that. */

/** Owners may do what admins may, and make and unmake owners. A machine that manages users is as an admin is. */
export type Authority = "owner" | "admin";

/** What is looked at of a member. */
export interface Standing {
	role: Role;
	status: "active" | "disabled" | "erasing" | "erased";
}

const forbidden = (detail: string): Refusal => ({ code: "forbidden", detail });
const conflict = (detail: string): Refusal => ({ code: "conflict", detail });

const OWNERS_ONLY = forbidden("Only an owner can make an owner, or change one.");
export const LAST_OWNER = conflict("A tenant keeps its last owner. Make another one first.");

/** Why nobody may change anything of a user who is, or is to be, of this role. */
export const rankRefusal = (authority: Authority, ...roles: Role[]): Refusal | null =>
	authority === "admin" && roles.includes("owner") ? OWNERS_ONLY : null;

/** Why nothing can be changed of a user who is being erased. */
export const erasedRefusal = ({ status }: Standing): Refusal | null =>
	status === "erasing" || status === "erased" ? conflict(`The user is ${status}.`) : null;

interface Change<S extends Standing> {
	authority: Authority;
	/** As the user is now. */
	before: S;
	/** The tenant has an active owner besides the user. */
	has_other_owner: boolean;
}

const isOwner = ({ role, status }: Standing): boolean => role === "owner" && status === "active";

const change = <S extends Standing>({ authority, before, has_other_owner }: Change<S>, after: S): Outcome<S> => {
	const refusal = erasedRefusal(before) ?? rankRefusal(authority, before.role, after.role);
	if (refusal) return refused(refusal);
	return isOwner(before) && !isOwner(after) && !has_other_owner ? refused(LAST_OWNER) : accepted(after);
};

/** Gives a member another role. A guest has none to be given: whoever signs up and claims the guest is a learner. */
export function withRole<S extends Standing & { issuer: string | null }>(
	given: Change<S>,
	role: MemberRole,
): Outcome<S> {
	if (given.before.role === "guest") return refused(conflict("A guest gets a role by signing up."));
	if (given.before.issuer !== null) {
		return refused(conflict("The user's role is what the issuer says who signs the user in."));
	}
	return change(given, { ...given.before, role });
}

/** Lets a user in no longer. Again, it changes nothing. @param now milliseconds since the epoch */
export const disabled = <S extends Standing & { disabled_at: number | null }>(
	given: Change<S>,
	now: number,
): Outcome<S> =>
	given.before.status === "disabled"
		? accepted(given.before)
		: change(given, { ...given.before, status: "disabled", disabled_at: now });

/** Lets a user in again. */
export const restored = <S extends Standing & { disabled_at: number | null }>(given: Change<S>): Outcome<S> =>
	given.before.status === "active"
		? accepted(given.before)
		: change(given, { ...given.before, status: "active", disabled_at: null });
