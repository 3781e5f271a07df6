import { endingSessions } from "../../accounts/sessions.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { passwordChangedLetter } from "../../domain/sign-in/letters.ts";
import { passwordFault } from "../../domain/sign-in/passwords.ts";
import { faultIn } from "./library-refusals.ts";
import { type Authorized, asSession } from "./signed-in.ts";
import { type Work, withLibrary } from "./with-library.ts";

interface PasswordChange {
	current_password: string;
	new_password: string;
}

/** Sets a new password by the one of before, and ends all other sessions of the account, whose owner is written to. */
export async function changePassword(
	{ visit, token, session, account, row }: Authorized,
	{ current_password: currentPassword, new_password: newPassword }: PasswordChange,
): Promise<Outcome<{ status: "changed" }>> {
	const fault = passwordFault(newPassword, row.email);
	if (fault !== null) return refused(faultIn("new_password", fault));
	const change = async ({ api, mail, writes }: Work) => {
		await api.changePassword({ body: { currentPassword, newPassword }, headers: asSession(token) });
		await mail(passwordChangedLetter(row.email));
		writes.add(...endingSessions(visit.env.ACCOUNTS, account, { but: session }, visit.now));
		return accepted({ status: "changed" as const });
	};
	return withLibrary(visit, change, { fields: { password: "current_password" } });
}
