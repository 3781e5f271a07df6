import { countInvitations, insertInvitation, readInvitation, replaceInvitations } from "../../accounts/invitations.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import { hashOfSecret } from "../../domain/people/api-keys.ts";
import { makeInvitationCode } from "../../domain/people/invitation-codes.ts";
import { invitationLetter } from "../../domain/people/letters.ts";
import { INVITATION_LIFE_MS, INVITATIONS_MAX } from "../../domain/people/limits.ts";
import { rankRefusal } from "../../domain/people/members.ts";
import type { MemberRole } from "../../domain/people/roles.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { DAY_MS } from "../../domain/units.ts";
import type { Ctx } from "../context.ts";
import { queueMail, sendQueued } from "../mail/outbox.ts";
import { invitationLink } from "../sign-in/links.ts";
import { type Changed, notWritten, unknown } from "../verbs.ts";
import { aloneRefusal } from "./add-member.ts";
import { askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { managing } from "./managing.ts";
import { type ShownInvitation, shownInvitation } from "./shown-invitations.ts";

interface Input {
	tenant: string;
	/** In lower case. */
	email: string;
	role: MemberRole;
}

/** Which invitations count against the limit. */
const boundAt = (now: number) => ({
	since_id: mintPeopleId("invitation", now - INVITATION_LIFE_MS, new Uint8Array(10)),
	sent_since: now - DAY_MS,
	now,
	max: INVITATIONS_MAX,
});

/**
 * Writes to a person, who becomes a member by the code in the mail; one that was sent to the address before is good no longer. Gates:
 * `users:write`, the tenant is the caller's, and an organization; only owners ask owners in; not too many are open or were sent today.
 */
export async function invite(ctx: Ctx, { tenant, email, role }: Input): Promise<Changed<ShownInvitation>> {
	const { env, now, principal } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async (made: string): Promise<Outcome<ShownInvitation>> => {
		const row = await readInvitation(db, made);
		return row ? accepted(shownInvitation(row, now)) : unknown("invitation");
	};
	return commit(askerOf(ctx), { operation: "invitations.create", input: { tenant, email, role }, again }, async () => {
		const alone = aloneRefusal(may.value);
		if (alone) return alone;
		const tooHigh = rankRefusal(may.value.authority, role);
		if (tooHigh) return refused(tooHigh);
		const bound = boundAt(now);
		if ((await countInvitations(db, tenant, bound)) >= INVITATIONS_MAX) {
			const detail = `A tenant has at most ${INVITATIONS_MAX} invitations that are open or were sent within a day.`;
			return refused({ code: "conflict", detail });
		}
		const id = mintPeopleId("invitation", now, crypto.getRandomValues(new Uint8Array(10)));
		const code = makeInvitationCode(id, crypto.getRandomValues(new Uint8Array(20)));
		const expires_at = now + INVITATION_LIFE_MS;
		const row = {
			id,
			tenant_id: tenant,
			email,
			role,
			hash: hashOfSecret(code),
			created_by: principal.actor,
			created_at: now,
			expires_at,
		};
		const link = invitationLink(env, code);
		const mail = await queueMail(env, invitationLetter(email, { tenant: may.value.tenant.name, role, link }), now);
		const says = { private: ["email"], after: { role, expires_at } };
		return accepted({
			made: id,
			writes: [replaceInvitations(db, row, bound), insertInvitation(db, row, bound), mail.statement],
			tells: [{ tenant, kept: may.value.settings, kind: "member.invited", subject: id, says }],
			value: shownInvitation({ ...row, accepted_at: null, revoked_at: null }, now),
			behind: () => sendQueued(env, [mail.id], now),
		});
	});
}
