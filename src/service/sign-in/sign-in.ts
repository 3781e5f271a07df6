import { accepted, type Outcome } from "../../domain/result.ts";
import { CHALLENGE_LIFE_MS } from "../../domain/sign-in/limits.ts";
import { challengeIn } from "./challenges.ts";
import { accountGiven, type NewSession, newSession } from "./new-session.ts";
import type { Visit } from "./visit.ts";
import { withLibrary } from "./with-library.ts";

/** The password was right, and the account has a second factor. */
export interface Challenge {
	status: "second_factor_required";
	challenge: string;
	expires_at: number;
}

/**
 * Signs a person in by address and password. An address that has no account takes one query and one hash too, and is answered as a wrong password is.
 */
export function signIn(
	visit: Visit,
	{ email, password }: { email: string; password: string },
): Promise<Outcome<NewSession | Challenge>> {
	return withLibrary<NewSession | Challenge>(visit, async (work) => {
		const { headers, response } = await work.api.signInEmail({ body: { email, password }, returnHeaders: true });
		const challenge = challengeIn(headers);
		if (challenge === null) return accepted(newSession(visit, work, response.token, accountGiven(response.user)));
		return accepted({
			status: "second_factor_required",
			challenge,
			expires_at: visit.now + CHALLENGE_LIFE_MS,
		});
	});
}
