import { useCode } from "../../accounts/verifications.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { TOTP_CODE_KEPT_MS } from "../../domain/sign-in/limits.ts";
import { asChallenge, replacedTokenIn } from "./challenges.ts";
import { accountGiven, type NewSession, newSession } from "./new-session.ts";
import { accountOf } from "./shown.ts";
import { type Authorized, asSession } from "./signed-in.ts";
import type { Visit } from "./visit.ts";
import { withLibrary } from "./with-library.ts";

interface Answered {
	challenge: string;
	code: string;
}

const WRONG = refused({ code: "unauthenticated", detail: "The code is not right, or was used before." });

/** The second step of a sign-in, by a code of the authenticator. A code is good once: one that was seen over a shoulder is good for nothing. */
export async function answerByTotp(visit: Visit, { challenge, code }: Answered): Promise<Outcome<NewSession>> {
	try {
		const outcome = await withLibrary(visit, async (work) => {
			const { token, user } = await work.api.verifyTOTP({ body: { code }, headers: asChallenge(challenge) });
			const used = { account: user.id, code, again: "fails" } as const;
			work.writes.add(useCode(visit.env.ACCOUNTS, used, visit.now, visit.now + TOTP_CODE_KEPT_MS));
			return accepted(newSession(visit, work, token, accountGiven(user)));
		});
		return asAnswer(outcome);
	} catch (error) {
		// The session was to be committed with the use of the code.
		if (isUsed(error)) return WRONG;
		throw error;
	}
}

const isUsed = (error: unknown) => /UNIQUE constraint failed: verifications\.id/.test(String(error));

/** The second step of a sign-in, by one of the backup codes, which the library lets be used once. */
export async function answerByBackupCode(visit: Visit, { challenge, code }: Answered): Promise<Outcome<NewSession>> {
	return asAnswer(
		await withLibrary(visit, async (work) => {
			const { token, user } = await work.api.verifyBackupCode({ body: { code }, headers: asChallenge(challenge) });
			if (!token) throw new Error("the library gave no session");
			return accepted(newSession(visit, work, token, accountGiven(user)));
		}),
	);
}

/** A wrong code is a wrong credential here. */
const asAnswer = (outcome: Outcome<NewSession>): Outcome<NewSession> =>
	!outcome.ok && outcome.refusal.code === "invalid-request" ? WRONG : outcome;

/** Confirms a second factor that was begun, by a code of it. Another session takes the place of the caller's. */
export function confirmTwoFactor(
	{ visit, token, row }: Authorized,
	{ code }: { code: string },
): Promise<Outcome<NewSession>> {
	return withLibrary(visit, async (work) => {
		const { headers } = await work.api.verifyTOTP({ body: { code }, headers: asSession(token), returnHeaders: true });
		const used = { account: row.account_id, code, again: "goes on" } as const;
		work.writes.add(useCode(visit.env.ACCOUNTS, used, visit.now, visit.now + TOTP_CODE_KEPT_MS));
		const account = { ...accountOf(row), two_factor_enabled: true };
		return accepted(newSession(visit, work, replacedTokenIn(headers) ?? token, account));
	});
}
