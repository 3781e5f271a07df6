import { endOldest, expiryOf } from "../../accounts/sessions.ts";
import { SESSIONS_ENDED_AT_ONCE_MAX, SESSIONS_PER_ACCOUNT_MAX } from "../../domain/sign-in/limits.ts";
import { hashOfToken, idOfHash } from "../../domain/sign-in/tokens.ts";
import type { ShownAccount } from "./shown.ts";
import type { Visit } from "./visit.ts";
import type { Work } from "./with-library.ts";

/** A new session. The token is shown here and nowhere else. */
export interface NewSession {
	status: "signed_in";
	token: string;
	/** `ses_…` */
	session: string;
	expires_at: number;
	account: ShownAccount;
}

/** An account as the library answers with it. */
interface GivenAccount {
	id: string;
	email: string;
	name: string;
	emailVerified: boolean;
	createdAt: Date;
	twoFactorEnabled?: boolean | null | undefined;
}

export const accountGiven = (given: GivenAccount): ShownAccount => ({
	id: given.id,
	email: given.email,
	name: given.name,
	email_verified: given.emailVerified,
	two_factor_enabled: given.twoFactorEnabled === true,
	created_at: given.createdAt.getTime(),
});

/** The session as it is shown; with it the oldest of the account are ended, where there are too many. */
export function newSession({ env, now }: Visit, { writes }: Work, token: string, account: ShownAccount): NewSession {
	writes.add(...endOldest(env.ACCOUNTS, account.id, SESSIONS_PER_ACCOUNT_MAX, SESSIONS_ENDED_AT_ONCE_MAX, now));
	return {
		status: "signed_in",
		token,
		session: idOfHash("sessions", hashOfToken(token)),
		expires_at: expiryOf(now, now),
		account,
	};
}
