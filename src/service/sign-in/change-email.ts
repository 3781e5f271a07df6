import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { addressChangeLetter, newAddressLetter } from "../../domain/sign-in/letters.ts";
import { faultIn } from "./library-refusals.ts";
import { type Authorized, asSession } from "./signed-in.ts";
import { type Work, withLibrary } from "./with-library.ts";

interface AddressChange {
	/** In lower case. */
	new_email: string;
	password: string;
}

/**
 * Asks for another address, by the password: it changes once that one is confirmed, and the one of before is told. Whether the new address has an account
 * already nobody learns. The link is good as long as the password is: whoever gets back an account gets it back with its address.
 */
export function changeEmail(
	{ visit, token, account, row }: Authorized,
	{ new_email: newEmail, password }: AddressChange,
): Promise<Outcome<{ status: "verification_sent" }>> {
	if (newEmail === row.email) {
		return Promise.resolve(refused(faultIn("new_email", "Is the account's address already.")));
	}
	const change = async ({ api, mail }: Work) => {
		const headers = asSession(token);
		await api.verifyPassword({ body: { password }, headers });
		await api.changeEmail({ body: { newEmail }, headers });
		await mail(addressChangeLetter(row.email));
		return accepted({ status: "verification_sent" as const });
	};
	const asked = { account, from: row.email, to: newEmail, asked_at: visit.now };
	return withLibrary(visit, change, {
		letter: newAddressLetter,
		token: async () => (await import("./library-tokens.ts")).addressChangeToken(visit.env, asked),
	});
}
