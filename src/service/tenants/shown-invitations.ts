import type { Invitation } from "../../accounts/invitations.ts";

export type InvitationStatus = "open" | "accepted" | "revoked" | "expired";

function statusOf({ accepted_at, revoked_at, expires_at }: Invitation, now: number): InvitationStatus {
	if (accepted_at !== null) return "accepted";
	if (revoked_at !== null) return "revoked";
	return expires_at <= now ? "expired" : "open";
}

/** An invitation as the tenant's managers see it, without its code. */
export function shownInvitation(row: Invitation, now: number) {
	const { id, email, role, created_by, created_at, expires_at, accepted_at, revoked_at } = row;
	const times = { created_at, expires_at, accepted_at, revoked_at };
	return { id, email, role, status: statusOf(row, now), created_by, ...times };
}
export type ShownInvitation = ReturnType<typeof shownInvitation>;
