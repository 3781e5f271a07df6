import { listOpenSessions } from "../../accounts/sessions.ts";
import { SESSIONS_PER_ACCOUNT_MAX } from "../../domain/sign-in/limits.ts";
import { type ShownSession, shownSession } from "./shown.ts";
import type { Authorized } from "./signed-in.ts";

/** Where the person is signed in, the newest sign-in first. */
export async function listSessions({ visit, account, session }: Authorized): Promise<ShownSession[]> {
	const { ACCOUNTS } = visit.env;
	const sessions = await listOpenSessions(ACCOUNTS, account, visit.now, SESSIONS_PER_ACCOUNT_MAX);
	return sessions.map((each) => shownSession(each, session));
}
