import { newestMails } from "../../accounts/mails.ts";
import { MAILS_SHOWN_MAX } from "../../domain/mail/limits.ts";
import type { Mail } from "../../domain/mail/mails.ts";
import { openStored, recipientHash } from "./outbox.ts";

/** The newest mails of the outbox, of one address or of all; for a developer's machine. */
export async function listKeptMails(
	env: Env,
	{ to }: { to?: string | undefined },
): Promise<(Mail & { created_at: number })[]> {
	const recipient = to === undefined ? null : recipientHash(env, to);
	const stored = await newestMails(env.ACCOUNTS, recipient, MAILS_SHOWN_MAX);
	const opened = stored.map(async ({ id, sealed, created_at }) => {
		const mail = sealed === null ? null : await openStored(env, id, sealed);
		return mail && { ...mail, created_at };
	});
	return (await Promise.all(opened)).filter((mail) => mail !== null);
}
