import { isAddressTaken } from "../../accounts/accounts.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { passwordFault } from "../../domain/sign-in/passwords.ts";
import { faultIn } from "./library-refusals.ts";
import type { Visit } from "./visit.ts";
import { withLibrary } from "./with-library.ts";

interface SignUp {
	/** In lower case. */
	email: string;
	password: string;
	name: string;
}

/**
 * Makes an account that has to confirm its address, and writes to it. Whoever asks learns nothing of whether the address has one already: its owner
 * is written to instead, by as many queries and hashes and one transaction, as for a new one.
 */
export async function signUp(
	visit: Visit,
	{ email, password, name }: SignUp,
): Promise<Outcome<{ status: "verification_sent" }>> {
	const fault = passwordFault(password, email);
	if (fault !== null) return refused(faultIn("password", fault));
	const attempt = () =>
		withLibrary(visit, async ({ api }) => {
			await api.signUpEmail({ body: { email, password, name } });
			return accepted({ status: "verification_sent" as const });
		});
	try {
		return await attempt();
	} catch (error) {
		// Another sign-up with the address was faster; now it is known.
		if (isAddressTaken(error)) return attempt();
		throw error;
	}
}
