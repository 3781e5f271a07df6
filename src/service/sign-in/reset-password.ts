import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { passwordFault } from "../../domain/sign-in/passwords.ts";
import { faultIn } from "./library-refusals.ts";
import type { Visit } from "./visit.ts";
import { withLibrary } from "./with-library.ts";

/** Sets a new password by the token of a mail, once, and ends all sessions of the account. The token is looked for before anything is hashed. */
export async function resetPassword(
	visit: Visit,
	{ token, new_password: newPassword }: { token: string; new_password: string },
): Promise<Outcome<{ status: "changed" }>> {
	const fault = passwordFault(newPassword, "");
	if (fault !== null) return refused(faultIn("new_password", fault));
	return withLibrary(visit, async ({ api }) => {
		await api.resetPassword({ body: { newPassword, token } });
		return accepted({ status: "changed" as const });
	});
}
