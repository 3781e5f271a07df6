import { changed } from "../../accounts/changes.ts";
import { claimGuest as claimed, readGuest } from "../../accounts/guests.ts";
import { isSecretOf } from "../../domain/people/api-keys.ts";
import { guestOf } from "../../domain/people/guest-secrets.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { TokenCtx } from "./issue-token.ts";

const GONE = refused({ code: "not-found", detail: "There is no such guest, or it was claimed." });

/**
 * Gives a guest to the person who is signed in: the guest's user is one of theirs from then on, in its tenant, and nothing is moved. Gates: the secret is the
 * guest's, who has not been claimed.
 */
export async function claimGuest(
	{ env, now }: TokenCtx,
	{ account, guest_secret }: { account: string; guest_secret: string },
): Promise<Outcome<{ user: string; tenant: string }>> {
	const user = guestOf(guest_secret);
	const guest = user === null ? null : await readGuest(env.ACCOUNTS, user);
	const isTheirs = guest && isSecretOf(guest_secret, guest.hash) && guest.expires_at > now && guest.status === "active";
	if (!isTheirs) return GONE;
	const [claim] = await env.ACCOUNTS.batch([
		...claimed(env.ACCOUNTS, guest.id, account),
		changed(env.ACCOUNTS, guest.id, true, now),
	]);
	// Of two who claim at once, one changes the row.
	if (claim?.meta.changes === 0) return GONE;
	return accepted({ user: guest.id, tenant: guest.tenant_id });
}
