import { type Invitation, readInvitation } from "../../accounts/invitations.ts";
import { readService } from "../../accounts/services.ts";
import { readTenant, type Tenant } from "../../accounts/tenants.ts";
import { readUser } from "../../accounts/users.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { isSecretOf } from "../../domain/people/api-keys.ts";
import { invitationOf } from "../../domain/people/invitation-codes.ts";
import { rankRefusal } from "../../domain/people/members.ts";
import { type MemberRole, ROLE_SCOPES } from "../../domain/people/roles.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import { unknown } from "../verbs.ts";

/** An invitation whose code somebody has, and the tenant that it is of. */
export interface Opened {
	invitation: Invitation;
	tenant: Tenant;
}

/** The invitation of a code, if it is of one; whatever else is wrong is not told. */
export async function invitationByCode(db: D1Database, code: string): Promise<Opened | null> {
	const id = invitationOf(code);
	const invitation = id === null ? null : await readInvitation(db, id);
	if (!invitation || !isSecretOf(code, invitation.hash)) return null;
	const tenant = await readTenant(db, invitation.tenant_id);
	return tenant && { invitation, tenant };
}

/** Whether whoever asked the person in could do so still: what one has left behind is not to outlive one's own power. */
async function isVouchedFor(db: D1Database, { tenant_id, created_by, role }: Invitation): Promise<boolean> {
	if (ID_PATTERNS.service.test(created_by)) {
		const service = await readService(db, tenant_id, created_by);
		return service !== null && service.disabled_at === null;
	}
	const inviter = await readUser(db, created_by);
	if (inviter?.status !== "active" || inviter.tenant_id !== tenant_id) return false;
	if (!ROLE_SCOPES[inviter.role].includes("users:write")) return false;
	return rankRefusal(inviter.role === "owner" ? "owner" : "admin", role) === null;
}

/** The invitation of a code that can be accepted. */
export async function openInvitation(db: D1Database, code: string, now: number): Promise<Outcome<Opened>> {
	const opened = await invitationByCode(db, code);
	if (!opened) return unknown("invitation");
	const { accepted_at, revoked_at, expires_at } = opened.invitation;
	const isOpen = accepted_at === null && revoked_at === null && expires_at > now;
	return isOpen && (await isVouchedFor(db, opened.invitation)) ? accepted(opened) : unknown("invitation");
}

/** What the code in a mail offers. */
export interface Offer {
	tenant: string;
	tenant_name: string;
	role: MemberRole;
	email: string;
	expires_at: number;
}

/** For a page that is about to have it accepted. Gates: the code is of an invitation that is open. */
export async function readInvitationOffer(
	{ env, now }: { env: Env; now: number },
	{ token }: { token: string },
): Promise<Outcome<Offer>> {
	const opened = await openInvitation(env.ACCOUNTS, token, now);
	if (!opened.ok) return opened;
	const { invitation, tenant } = opened.value;
	const { role, email, expires_at } = invitation;
	return accepted({ tenant: tenant.id, tenant_name: tenant.name, role, email, expires_at });
}
