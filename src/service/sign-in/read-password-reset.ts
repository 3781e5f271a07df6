import { readReset } from "../../accounts/verifications.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Visit } from "./visit.ts";

/** Whether a reset's token is good, for a page that is about to ask for the new password. */
export async function readPasswordReset(
	{ env, now }: Visit,
	{ token }: { token: string },
): Promise<Outcome<{ expires_at: number }>> {
	const expires_at = await readReset(env.ACCOUNTS, token, now);
	if (expires_at !== null) return accepted({ expires_at });
	return refused({
		code: "invalid-request",
		detail: "One field is not valid.",
		errors: [{ in: "query", pointer: "/token", detail: "Is not good, or not any longer." }],
	});
}
