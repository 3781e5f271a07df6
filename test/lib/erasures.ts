import { expect } from "vitest";
import { ERASURE_PAUSE_MS } from "../../src/domain/privacy/limits.ts";
import { forgetErasedQuizzes } from "../../src/service/privacy/erased-quizzes.ts";
import { continueErasures } from "../../src/service/privacy/erasures.ts";
import { forgetUserKeys } from "../../src/service/privacy/user-keys.ts";
import { type Answer, type Client, EVERY_SCOPE, newClient, testEnv } from "./harness.ts";

/** Asks for the erasure of a user, as an administrator of the tenant does. */
export async function requestErasure({ user, tenant }: Pick<Client, "user" | "tenant">): Promise<Answer> {
	const admin = await newClient({ tenant, scope: `${EVERY_SCOPE} users:write` });
	return admin.request("DELETE", `/v1/users/${user}`);
}

/** Has the schedule go on with all erasures, as if the pause were over, until there are none; another isolate would see what this one then sees. */
export async function finishErasures(): Promise<void> {
	for (let runs = 1; runs < 200; runs++) {
		const open = await testEnv.ACCOUNTS.prepare(
			"SELECT count(*) AS n FROM erasures WHERE finished_at IS NULL",
		).first<number>("n");
		if (open === 0) {
			forgetUserKeys();
			forgetErasedQuizzes();
			return;
		}
		await continueErasures(testEnv, () => Date.now() + 2 * runs * ERASURE_PAUSE_MS);
	}
	const { results } = await testEnv.ACCOUNTS.prepare(
		"SELECT step, position, trouble FROM erasures WHERE finished_at IS NULL",
	).all();
	expect(results, "erasures that do not end").toEqual([]);
}

export async function erase(client: Pick<Client, "user" | "tenant">): Promise<void> {
	expect((await requestErasure(client)).status).toBe(202);
	await finishErasures();
}
