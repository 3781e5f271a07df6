import { isUnverified } from "../../accounts/accounts.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import { verificationLetter } from "../../domain/sign-in/letters.ts";
import { queueMail, sendQueued } from "../mail/outbox.ts";
import { verificationLink } from "./links.ts";
import type { Visit } from "./visit.ts";

/** Writes once more to an address that has an account and is not verified; to any other, nothing, by the very same statement. */
export async function sendVerification(
	visit: Visit,
	{ email }: { email: string },
): Promise<Outcome<{ status: "accepted" }>> {
	const { env, now } = visit;
	const { emailToken } = await import("./library-tokens.ts");
	const letter = verificationLetter(email, verificationLink(env, await emailToken(env, email, null)));
	const { id, statement } = await queueMail(env, letter, now, isUnverified(email));
	await statement.run();
	visit.later(sendQueued(env, [id], now));
	return accepted({ status: "accepted" });
}
