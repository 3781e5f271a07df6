import { changed } from "../../accounts/changes.ts";
import { acceptInvitation as accept } from "../../accounts/invitations.ts";
import { countMemberships, insertMember } from "../../accounts/tenants.ts";
import { readMembership, replaceUser, type User } from "../../accounts/users.ts";
import { TENANTS_PER_ACCOUNT_MAX } from "../../domain/people/limits.ts";
import type { Role } from "../../domain/people/roles.ts";
import { settingsIn } from "../../domain/people/tenants.ts";
import { accepted, type Outcome, type Refusal, refused } from "../../domain/result.ts";
import { unknown } from "../verbs.ts";
import type { Asker } from "./asker.ts";
import { type Change, commit } from "./commit.ts";
import { mintIn } from "./create-tenant.ts";
import { invitationByCode, type Opened, openInvitation } from "./open-invitation.ts";

/** Who accepts: an account, as its session says. */
export interface Invited {
	account: string;
	email: string;
	name: string;
}

export interface AcceptedInvitation {
	tenant: string;
	user: string;
	role: Role;
}

const MEMBER_ALREADY: Refusal = { code: "conflict", detail: "You are a member of this tenant already." };

/**
 * Makes a person a member by the code of an invitation; one who was a member before is the same user again. A retry is answered as the first was.
 * Gates: the code is of an invitation that is open; the account has the address that it was sent to, which was confirmed; the person is no
 * member; not of too many tenants.
 */
export async function acceptInvitation(
	asker: Asker,
	who: Invited,
	{ token }: { token: string },
): Promise<Outcome<AcceptedInvitation>> {
	const { env, now } = asker;
	const db = env.ACCOUNTS;
	const again = async () => unknown("invitation");
	const asked = { operation: "invitations.accept", input: {}, again };
	const { outcome } = await commit<AcceptedInvitation>({ ...asker, idempotency_key: undefined }, asked, async () => {
		const before = await acceptedBefore(db, who, token);
		if (before) return accepted({ made: before.user, writes: [], tells: [], value: before });
		const opened = await openInvitation(db, token, now);
		if (!opened.ok) return opened;
		if (opened.value.invitation.email !== who.email.toLowerCase()) {
			return refused({
				code: "forbidden",
				detail: "The invitation was sent to another address than your account has.",
			});
		}
		const { tenant } = opened.value;
		const member = await readMembership(db, who.account, tenant.id);
		if (member && member.status !== "disabled") return refused(MEMBER_ALREADY);
		if (member) return accepted(returning(db, opened.value, member, now));
		const max = TENANTS_PER_ACCOUNT_MAX;
		if ((await countMemberships(db, who.account, max)) >= max) {
			return refused({ code: "conflict", detail: `A person is a member of at most ${max} tenants.` });
		}
		return accepted(joining(db, opened.value, who, now));
	});
	return outcome;
}

/** Null where the person has not accepted it. */
async function acceptedBefore(db: D1Database, { account }: Invited, token: string): Promise<AcceptedInvitation | null> {
	const opened = await invitationByCode(db, token);
	if (!opened || opened.invitation.accepted_at === null) return null;
	const member = await readMembership(db, account, opened.tenant.id);
	const isTheirs = member?.status === "active" && member.email === opened.invitation.email;
	return isTheirs ? { tenant: opened.tenant.id, user: member.id, role: member.role } : null;
}

type Joined = Change<AcceptedInvitation>;

function told({ invitation, tenant }: Opened, user: string, before?: { role: Role; status: string }): Joined["tells"] {
	const { id, role } = invitation;
	const says = { ...(before && { before }), after: { role, status: "active", invitation: id } };
	return [{ tenant: tenant.id, kept: settingsIn(tenant.settings), kind: "member.joined", subject: user, says }];
}

function joining(db: D1Database, opened: Opened, { account, name }: Invited, now: number): Joined {
	const { invitation, tenant } = opened;
	const { role } = invitation;
	const user = mintIn("user", tenant.id, now);
	const row = { id: user, tenant_id: tenant.id, account_id: account, role, name: name || null, created_at: now };
	return {
		made: user,
		writes: [accept(db, invitation.id, now), insertMember(db, row, TENANTS_PER_ACCOUNT_MAX)],
		tells: told(opened, user),
		value: { tenant: tenant.id, user, role },
	};
}

/** The user of before, with the role of the invitation. */
function returning(db: D1Database, opened: Opened, member: User, now: number): Joined {
	const { invitation, tenant } = opened;
	const { role } = invitation;
	const after: User = { ...member, status: "active", disabled_at: null, role };
	return {
		made: member.id,
		writes: [
			accept(db, invitation.id, now),
			replaceUser(db, member, after),
			changed(db, member.id, member.role !== role, now),
		],
		tells: told(opened, member.id, { role: member.role, status: member.status }),
		value: { tenant: tenant.id, user: member.id, role },
	};
}
