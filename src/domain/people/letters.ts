import type { Mail } from "../mail/mails.ts";
import type { MemberRole } from "./roles.ts";

/** What people are written about tenants. Plain text. */

export const invitationLetter = (
	to: string,
	{ tenant, role, link }: { tenant: string; role: MemberRole; link: string },
): Mail => ({
	to,
	subject: `You are invited to ${tenant}`,
	text: `Somebody of ${tenant} invites you to Marksheet, as: ${role}.

To accept, sign in, or sign up with this address, and open this link within seven days:

${link}

If you do not know what this is about, do nothing.`,
	link,
});
