import { changed } from "../../accounts/changes.ts";
import { claimGuest as claimed, readGuest } from "../../accounts/guests.ts";
import { readTenant } from "../../accounts/tenants.ts";
import { isSecretOf } from "../../domain/people/api-keys.ts";
import { guestOf } from "../../domain/people/guest-secrets.ts";
import { settingsIn } from "../../domain/people/tenants.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Asker } from "../tenants/asker.ts";
import { commit } from "../tenants/commit.ts";

const GONE = refused({ code: "not-found", detail: "There is no such guest, or it was claimed." });

/**
 * Gives a guest to the person who is signed in: the guest's user is one of theirs from then on, in its tenant, and nothing is moved. Gates: the secret is the
 * guest's, who has not been claimed.
 */
export async function claimGuest(
	asker: Asker,
	{ account, guest_secret }: { account: string; guest_secret: string },
): Promise<Outcome<{ user: string; tenant: string }>> {
	const { env, now } = asker;
	const db = env.ACCOUNTS;
	const asked = { operation: "guests.claim", input: {}, again: async () => GONE };
	const { outcome } = await commit({ ...asker, idempotency_key: undefined }, asked, async () => {
		const user = guestOf(guest_secret);
		const guest = user === null ? null : await readGuest(db, user);
		const isTheirs =
			guest && isSecretOf(guest_secret, guest.hash) && guest.expires_at > now && guest.status === "active";
		const tenant = isTheirs ? await readTenant(db, guest.tenant_id) : null;
		if (!isTheirs || !tenant) return GONE;
		const { id } = guest;
		const says = { before: { role: "guest" }, after: { role: "learner" } };
		return accepted({
			made: id,
			// Of two who claim at once one is undone, and finds that the guest is gone.
			writes: [...claimed(db, id, account), changed(db, id, true, now)],
			tells: [{ tenant: tenant.id, kept: settingsIn(tenant.settings), kind: "member.joined", subject: id, says }],
			value: { user: id, tenant: tenant.id },
		});
	});
	return outcome;
}
