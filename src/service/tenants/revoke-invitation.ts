import { readInvitation, revokeInvitation as revoke } from "../../accounts/invitations.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, notWritten, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { managing } from "./managing.ts";
import { type ShownInvitation, shownInvitation } from "./shown-invitations.ts";

/**
 * Takes an invitation back: its code is dead at once. Again, it changes nothing. Gates: `users:write`, the tenant is the caller's, the invitation is
 * one of it and was not accepted.
 */
export async function revokeInvitation(
	ctx: Ctx,
	{ tenant, invitation: id }: { tenant: string; invitation: string },
): Promise<Changed<ShownInvitation>> {
	const { env, now } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async (): Promise<Outcome<ShownInvitation>> => unknown("invitation");
	return commit(askerOf(ctx), { operation: "invitations.revoke", input: { tenant, id }, again }, async () => {
		const row = await readInvitation(db, id);
		if (!row || row.tenant_id !== tenant) return unknown("invitation");
		if (row.accepted_at !== null) {
			return refused({ code: "conflict", detail: "It was accepted; end the membership instead." });
		}
		if (row.revoked_at !== null) {
			return accepted({ made: id, writes: [], tells: [], value: shownInvitation(row, now) });
		}
		const says = { private: ["email"], before: { role: row.role, expires_at: row.expires_at } };
		return accepted({
			made: id,
			writes: [revoke(db, id, now)],
			tells: [{ tenant, kept: may.value.settings, kind: "member.uninvited", subject: id, says }],
			value: shownInvitation({ ...row, revoked_at: now }, now),
		});
	});
}
