import { isKnown } from "../../accounts/accounts.ts";
import { addReset } from "../../accounts/verifications.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import { resetLetter } from "../../domain/sign-in/letters.ts";
import { RESET_TOKEN_LIFE_MS } from "../../domain/sign-in/limits.ts";
import { queueMail, sendQueued } from "../mail/outbox.ts";
import { resetLink } from "./links.ts";
import type { Visit } from "./visit.ts";

const TOKEN_BYTES = 24;

/**
 * Writes to the address of an account how to choose a new password; to any other, nothing. One transaction of two statements does either, so that nothing
 * tells which it was. The library then takes the token: it would itself ask first, and do more for an address that it knows.
 */
export async function requestPasswordReset(
	visit: Visit,
	{ email }: { email: string },
): Promise<Outcome<{ status: "accepted" }>> {
	const { env, now } = visit;
	const token = Buffer.from(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))).toString("base64url");
	const { id, statement } = await queueMail(env, resetLetter(email, resetLink(env, token)), now, isKnown(email));
	await env.ACCOUNTS.batch([addReset(env.ACCOUNTS, token, email, now, now + RESET_TOKEN_LIFE_MS), statement]);
	visit.later(sendQueued(env, [id], now));
	return accepted({ status: "accepted" });
}
