import { purgeMails } from "../../accounts/mails.ts";
import { purgeSessions, purgeVerifications } from "../../accounts/sign-in-purge.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import { MAILS_KEPT_MS } from "../../domain/mail/limits.ts";
import { SIGN_IN_PURGE_ROWS_MAX } from "../../domain/sign-in/limits.ts";
import { logLine, stopwatch } from "../../log-line.ts";

/** Removes sessions, resets, challenges and mails that are over, a bounded number of each; what is left the next minute removes. */
export async function purgeSignIns({ ACCOUNTS }: Pick<Env, "ACCOUNTS">, now: number): Promise<void> {
	const elapsed = stopwatch();
	const sessions = await purgeSessions(ACCOUNTS, now, SIGN_IN_PURGE_ROWS_MAX);
	const verifications = await purgeVerifications(ACCOUNTS, now, SIGN_IN_PURGE_ROWS_MAX);
	const before = mintPeopleId("mail", now - MAILS_KEPT_MS, new Uint8Array(10));
	const mails = await purgeMails(ACCOUNTS, before, SIGN_IN_PURGE_ROWS_MAX);
	if (sessions + verifications + mails === 0) return;
	logLine("log", { at: "sign-in-purge", sessions, verifications, mails, duration_ms: elapsed() });
}
