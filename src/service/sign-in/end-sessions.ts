import { endSessions } from "../../accounts/sessions.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import { unknown } from "../verbs.ts";
import type { Authorized } from "./signed-in.ts";

/** Ends the person's own session. */
export async function signOut({ visit, account, session }: Authorized): Promise<{ status: "signed_out" }> {
	await endSessions(visit.env.ACCOUNTS, account, { id: session }, visit.now);
	return { status: "signed_out" };
}

/** Ends one session of the person, by its id. */
export async function revokeSession(
	{ visit, account }: Authorized,
	{ session }: { session: string },
): Promise<Outcome<{ revoked: number }>> {
	const revoked = await endSessions(visit.env.ACCOUNTS, account, { id: session }, visit.now);
	return revoked === 0 ? unknown("session") : accepted({ revoked });
}

/** Ends all sessions of the person but the one that asks. */
export async function revokeOtherSessions({ visit, account, session }: Authorized): Promise<{ revoked: number }> {
	return { revoked: await endSessions(visit.env.ACCOUNTS, account, { but: session }, visit.now) };
}
