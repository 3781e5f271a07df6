import { isAddressTaken } from "../../accounts/accounts.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { Visit } from "./visit.ts";
import { withLibrary } from "./with-library.ts";

/** Takes an address for verified, by the token that was sent to it; again does no harm. The person has a tenant from then on. */
export async function verifyEmail(
	visit: Visit,
	{ token }: { token: string },
): Promise<Outcome<{ status: "verified" }>> {
	try {
		const outcome = await withLibrary(visit, async ({ api }) => {
			await api.verifyEmail({ query: { token } });
			return accepted({ status: "verified" as const });
		});
		return outcome.ok ? outcome : inQuery(outcome);
	} catch (error) {
		if (isAddressTaken(error)) return TAKEN;
		throw error;
	}
}

const BAD = "Is not good, or not any longer.";

const TAKEN = refused({
	code: "invalid-request",
	detail: "One field is not valid.",
	errors: [{ in: "query", pointer: "/token", detail: BAD }],
});

function inQuery(outcome: ReturnType<typeof refused>): ReturnType<typeof refused> {
	const { refusal } = outcome;
	if (refusal.code !== "invalid-request") return outcome;
	return refused({ ...refusal, errors: refusal.errors.map((error) => ({ ...error, in: "query" as const })) });
}
