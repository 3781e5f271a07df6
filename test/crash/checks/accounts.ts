import { isDeepStrictEqual } from "node:util";
import type { Balance } from "../../../dev/contract.ts";
import type { Caller } from "../caller.ts";
import { inParallel } from "../parallel.ts";
import { readLog, type Totals } from "./logs.ts";
import type { Violations } from "./violation.ts";

interface Verification {
	ok: boolean;
	conservation: Totals & { ok: boolean };
	chain: { rows: number };
}

/** Every user's records agree with the log, as the product itself finds out and as it is counted here. */
export async function checkAccounts(caller: Caller, users: readonly string[], violations: Violations): Promise<void> {
	await inParallel(users, async (user) => {
		const reader = caller.reader(user);
		// The clock may book something between two reads: what the verification says is compared with the log up to its last row.
		const balance = await reader.get<Balance>("/v1/users/me/credits");
		const verification = await reader.get<Verification>("/v1/users/me/credits/verification");
		violations.require(verification.ok, "verification", () => JSON.stringify(verification), { user });
		const { totals } = await readLog(caller, user, violations, verification.chain.rows);
		const { granted, available, held, consumed, expired, voided } = verification.conservation;
		const said = { granted, available, held, consumed, expired, voided };
		const detail = () => `the log adds up to ${JSON.stringify(totals)}, the account says ${JSON.stringify(said)}`;
		violations.require(isDeepStrictEqual(totals, said), "account", detail, { user });
		const sum = balance.available + balance.held + balance.consumed + balance.expired + balance.voided;
		violations.require(sum === balance.granted, "conservation", () => JSON.stringify(balance), { user });
	});
}
