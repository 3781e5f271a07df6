import { createHmac } from "node:crypto";
import { z } from "zod";
import { type MasterKeys, unwrap, wrap } from "../sealing.ts";
import { MAIL_PAUSE_MS, MAIL_PAUSE_MS_MAX } from "./limits.ts";

/** A mail: plain text, with one link that it is about. */
export interface Mail {
	to: string;
	subject: string;
	text: string;
	/** Null for a mail that only tells something. */
	link: string | null;
}

const mailSchema = z.object({ to: z.string(), subject: z.string(), text: z.string(), link: z.string().nullable() });

/** Mails wait in a table, and their links are credentials: so they are sealed there, bound to the id of their row. */
export const sealMail = (keys: MasterKeys, id: string, mail: Mail): Promise<string> =>
	wrap(keys, new Uint8Array(Buffer.from(JSON.stringify(mail))), `mail ${id}`);

/** @throws BrokenSeal for what was not sealed with one of these keys for this row */
export async function openMail(keys: MasterKeys, id: string, sealed: string): Promise<Mail> {
	const bytes = await unwrap(keys, sealed, `mail ${id}`);
	return mailSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
}

/** A keyed hash of an address, by which its mails are counted and found. */
export const recipientOf = (secret: string, address: string): string =>
	createHmac("sha256", secret).update(`marksheet recipient 1 ${address.toLowerCase()}`).digest("hex");

/** How long to wait after so many attempts that failed. */
export const pauseAfter = (attempts: number): number =>
	Math.min(MAIL_PAUSE_MS * 2 ** (attempts - 1), MAIL_PAUSE_MS_MAX);
