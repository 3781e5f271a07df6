import { noteVerified } from "../../accounts/accounts.ts";
import { replacePassword } from "../../accounts/passwords.ts";
import { makePersonalTenant } from "../../accounts/tenants.ts";
import { Writes } from "../../accounts/writes.ts";
import type { Mail } from "../../domain/mail/mails.ts";
import { type Outcome, refused } from "../../domain/result.ts";
import { knownAddressLetter, passwordChangedLetter, verificationLetter } from "../../domain/sign-in/letters.ts";
import { queueMail, sendQueued } from "../mail/outbox.ts";
import type { Faults } from "./faults.ts";
import type { Library } from "./library.ts";
import { type FieldNames, libraryRefusal } from "./library-refusals.ts";
import { verificationLink } from "./links.ts";
import type { Visit } from "./visit.ts";

/** What a use case works with that has the library do something. */
export interface Work {
	api: Library["api"];
	/** What is added here is committed with what the library writes last. */
	writes: Writes;
	/** Queues a mail that is committed with the others, and sent behind the answer. */
	mail(mail: Mail): Promise<void>;
}

interface Manner {
	/** What the request calls the fields that a refusal may point to. */
	fields?: FieldNames;
	/** What is written to an address that is to be confirmed. */
	letter?: (to: string, link: string) => Mail;
	/** What its link carries in place of the library's token. */
	token?: () => Promise<string>;
}

/**
 * Has the library do something, and commits what it and the use case have left to be written in one transaction. Its refusals become ours; what it
 * takes for a refusal although the database has failed is thrown. What it has counted against a caller whom it refuses is committed too.
 */
export async function withLibrary<T>(
	visit: Visit,
	use: (work: Work) => Promise<Outcome<T>>,
	{ fields = {}, letter = verificationLetter, token: ownToken }: Manner = {},
): Promise<Outcome<T>> {
	const { env, now } = visit;
	const { newLibrary } = await import("./library.ts");
	const writes = new Writes(env.ACCOUNTS);
	const faults: Faults = { first: null };
	const queued: string[] = [];
	const mail = async (letter: Mail) => {
		const { id, statement } = await queueMail(env, letter, now);
		writes.add(statement);
		queued.push(id);
	};
	const library = newLibrary(visit, writes, faults, {
		verificationWanted: async ({ email }, token) =>
			mail(letter(email, verificationLink(env, ownToken ? await ownToken() : token))),
		knownSignedUp: async ({ id, email, emailVerified }, hash) => {
			if (emailVerified) return mail(knownAddressLetter(email));
			// Else who opens the link would confirm the password of whoever was first to name the address.
			writes.add(replacePassword(env.ACCOUNTS, id, hash, now));
			const { emailToken } = await import("./library-tokens.ts");
			await mail(letter(email, verificationLink(env, await emailToken(env, email, id))));
		},
		verified: (account) => makePersonalTenant(env.ACCOUNTS, account, now),
		passwordReset: async (account) => {
			await mail(passwordChangedLetter(account.email));
			if (account.emailVerified) return;
			// Who has the mail has the mailbox.
			await makePersonalTenant(env.ACCOUNTS, account, now);
			writes.add(noteVerified(env.ACCOUNTS, account.id, now));
		},
	});
	const outcome = await outcomeOf(() => use({ api: library.api, writes, mail }), faults, fields, now);
	await writes.commit();
	if (queued.length > 0) visit.later(sendQueued(env, queued, now));
	return outcome;
}

async function outcomeOf<T>(
	use: () => Promise<Outcome<T>>,
	faults: Faults,
	fields: FieldNames,
	now: number,
): Promise<Outcome<T>> {
	try {
		const outcome = await use();
		if (faults.first) throw faults.first.error;
		return outcome;
	} catch (error) {
		if (faults.first) throw faults.first.error;
		const refusal = libraryRefusal(error, fields, now);
		if (refusal) return refused(refusal);
		throw error;
	}
}
