import {
	addMail,
	type Condition,
	claimMail,
	dueMails,
	noteMailFailed,
	noteMailSent,
	readMail,
	type StoredMail,
} from "../../accounts/mails.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import {
	MAIL_ATTEMPTS_MAX,
	MAIL_LEASE_MS,
	MAILS_COUNTED_MS,
	MAILS_PER_ADDRESS_MAX,
	MAILS_SENT_AT_ONCE_MAX,
} from "../../domain/mail/limits.ts";
import { type Mail, openMail, pauseAfter, recipientOf, sealMail } from "../../domain/mail/mails.ts";
import { BrokenSeal } from "../../domain/sealing.ts";
import { authSecretsOf, mailSettingsOf, masterKeysOf } from "../../env.ts";
import { logLine, reason, word } from "../../log-line.ts";
import { handOver } from "./transports.ts";

/**
 * Mail is written into the outbox with what it is about, in one transaction, and sent behind the answer; what could not be sent then, the schedule
 * sends. So no sign-up is lost because a mail service is down, and nobody waits for one.
 */

/** The first id of what is minted at a time or later. */
const firstIdAt = (time: number) => mintPeopleId("mail", time, new Uint8Array(10));

/** A mail that waits to be committed. */
export interface Queued {
	id: string;
	statement: D1PreparedStatement;
}

/**
 * @param only what else must hold for it to be sent, so that this takes no look first
 * @returns a statement for the transaction of what it is about, and the id for {@link sendQueued} after it
 */
export async function queueMail(env: Env, mail: Mail, now: number, only?: Condition): Promise<Queued> {
	const { MAIL } = mailSettingsOf(env);
	const id = mintPeopleId("mail", now, crypto.getRandomValues(new Uint8Array(10)));
	const isKept = MAIL === "outbox";
	const row = {
		id,
		recipient: recipientHash(env, mail.to),
		sealed: await sealMail(masterKeysOf(env), id, mail),
		// The request that queues it makes the first attempt; the schedule may once that had its time.
		due_at: isKept ? null : now + MAIL_LEASE_MS,
		attempts: isKept ? 0 : 1,
	};
	const bound = { since_id: firstIdAt(now - MAILS_COUNTED_MS), max: MAILS_PER_ADDRESS_MAX };
	return { id, statement: addMail(env.ACCOUNTS, row, bound, now, only) };
}

/** The first attempt, behind the answer. What fails is left to the schedule. */
export async function sendQueued(env: Env, ids: readonly string[], now: number): Promise<void> {
	for (const id of ids) {
		if (mailSettingsOf(env).MAIL === "outbox") {
			logLine("log", { at: "mail", id: word(id), kept: true });
			continue;
		}
		const stored = await readMail(env.ACCOUNTS, id);
		// One that was queued under a condition, or for an address that gets no more, is not there.
		if (stored) await send(env, stored, now);
	}
}

/** The schedule's part: what is due, a bounded number at once. Where none is due, how mail is sent need not be set. */
export async function sendDueMails(env: Env, now: number): Promise<void> {
	for (const stored of await dueMails(env.ACCOUNTS, now, MAILS_SENT_AT_ONCE_MAX)) {
		if (await claimMail(env.ACCOUNTS, stored, now + MAIL_LEASE_MS)) {
			await send(env, { ...stored, attempts: stored.attempts + 1 }, now);
		}
	}
}

async function send(env: Env, { id, sealed, attempts }: StoredMail, now: number): Promise<void> {
	const mail = sealed === null ? null : await openStored(env, id, sealed);
	const handover = mail
		? await handOver(env, mailSettingsOf(env), id, mail)
		: ({ ok: false, why: "refused", detail: "it cannot be opened" } as const);
	if (handover.ok) return noteMailSent(env.ACCOUNTS, id, now);
	const isOver = handover.why === "refused" || attempts >= MAIL_ATTEMPTS_MAX;
	logLine(isOver ? "error" : "warn", {
		at: "mail",
		id: word(id),
		attempts,
		given_up: isOver,
		error: reason(handover.detail),
	});
	await noteMailFailed(env.ACCOUNTS, id, isOver ? null : now + pauseAfter(attempts));
}

/** Null for one that cannot be opened any longer. */
export async function openStored(env: Env, id: string, sealed: string): Promise<Mail | null> {
	try {
		return await openMail(masterKeysOf(env), id, sealed);
	} catch (error) {
		if (error instanceof BrokenSeal) return null;
		throw error;
	}
}

/** How the mails of an address are found. */
export const recipientHash = (env: Env, address: string): string => recipientOf(authSecretsOf(env)[0].value, address);
