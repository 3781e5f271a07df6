import { accepted, type Outcome } from "../../domain/result.ts";
import { replacedTokenIn } from "./challenges.ts";
import { type NewSession, newSession } from "./new-session.ts";
import { accountOf } from "./shown.ts";
import { type Authorized, asSession } from "./signed-in.ts";
import { withLibrary } from "./with-library.ts";

/** Goes back to the password alone, by the password. Another session takes the place of the caller's. */
export function disableTwoFactor(
	{ visit, token, row }: Authorized,
	{ password }: { password: string },
): Promise<Outcome<NewSession>> {
	return withLibrary(visit, async (work) => {
		const { headers } = await work.api.disableTwoFactor({
			body: { password },
			headers: asSession(token),
			returnHeaders: true,
		});
		const account = { ...accountOf(row), two_factor_enabled: false };
		return accepted(newSession(visit, work, replacedTokenIn(headers) ?? token, account));
	});
}
