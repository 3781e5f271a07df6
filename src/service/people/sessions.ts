import { extendSession, type OpenSession, readOpenSession } from "../../accounts/sessions.ts";
import { isLikeSessionToken } from "../../domain/sign-in/tokens.ts";

/** A person who is signed in. */
export interface SignedIn {
	/** `acc_…` */
	account: string;
	/** `ses_…`: what is in the claim `sid` of tokens that are given for it. */
	session: string;
	/** Milliseconds since the epoch. */
	signed_in_at: number;
	/** All of both rows. */
	row: OpenSession;
}

/**
 * Who is signed in with a token; null where nobody is. Reads two rows by their keys, and writes one at most once a day, since a session that is used
 * lives on. What has not the form of such a token costs no read.
 * @param now milliseconds since the epoch
 */
export async function sessionOf(
	{ ACCOUNTS }: Pick<Env, "ACCOUNTS">,
	token: string | null,
	now: number,
): Promise<SignedIn | null> {
	if (token === null || !isLikeSessionToken(token)) return null;
	const row = await readOpenSession(ACCOUNTS, token, now);
	if (!row) return null;
	await extendSession(ACCOUNTS, row, now);
	return { account: row.account_id, session: row.id, signed_in_at: row.created_at, row };
}
