import { isAddressTaken } from "../../accounts/accounts.ts";
import { isPasswordSince } from "../../accounts/passwords.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Visit } from "./visit.ts";
import { withLibrary } from "./with-library.ts";

/**
 * Takes an address for verified, by the token that was sent to it; again does no harm. The person has a tenant from then on. A change of the address ends
 * with the password by which it was asked for.
 */
export async function verifyEmail(
	visit: Visit,
	{ token }: { token: string },
): Promise<Outcome<{ status: "verified" }>> {
	const { addressChangeIn } = await import("./library-tokens.ts");
	const change = addressChangeIn(token);
	if (change && (await isPasswordSince(visit.env.ACCOUNTS, change.account, change.asked_at))) return NOT_GOOD;
	try {
		const outcome = await withLibrary(visit, async ({ api }) => {
			await api.verifyEmail({ query: { token } });
			return accepted({ status: "verified" as const });
		});
		return outcome.ok ? outcome : inQuery(outcome);
	} catch (error) {
		if (isAddressTaken(error)) return NOT_GOOD;
		throw error;
	}
}

const BAD = "Is not good, or not any longer.";

const NOT_GOOD = refused({
	code: "invalid-request",
	detail: "One field is not valid.",
	errors: [{ in: "query", pointer: "/token", detail: BAD }],
});

function inQuery(outcome: ReturnType<typeof refused>): ReturnType<typeof refused> {
	const { refusal } = outcome;
	if (refusal.code !== "invalid-request") return outcome;
	return refused({ ...refusal, errors: refusal.errors.map((error) => ({ ...error, in: "query" as const })) });
}
