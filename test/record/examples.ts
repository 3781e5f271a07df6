import { expect, test } from "vitest";
import { QUIZ_EXAMPLE } from "../../src/api/quizzes/example.ts";
import { ANSWERS } from "../../src/api/quizzes/question-schemas.ts";
import { success } from "../lib/answers.ts";
import { caughtUp, testEnv } from "../lib/harness.ts";
import { OPERATIONS, type Things, userWithThings } from "../lib/operations.ts";
import { keepFixture } from "./fixtures.ts";

/** What the document shows as the answer of each operation: what it really answered, under names that are nobody's. */

/** Where the attack suites send as little as an operation takes, and people want to see more. */
const BODIES: Record<string, (a: Things) => unknown> = {
	submitAttempt: ({ quiz }) => ({ quiz, answers: ANSWERS, time_taken_s: 95 }),
	createQuiz: () => QUIZ_EXAMPLE,
	replaceQuiz: () => ({ ...QUIZ_EXAMPLE, title: "Volcanoes of Europe" }),
	importQuizzes: () => ({
		format: "gift",
		title: "Capitals",
		text: "The capital of France is {~Rome =Paris ~Berlin}.",
	}),
	grantCredits: () => ({ amount: 100, kind: "purchase", reference: "order 1042" }),
	reserveCredits: () => ({ amount: 5, ttl_s: 600, purpose: "quiz generation", model: "gpt-5-mini" }),
	settleHold: () => ({ amount: 4, tokens_used: 5321, cost_cents: 2.35 }),
	releaseHold: () => ({ reason: "provider failed", error: "timeout after 30 s" }),
	createShare: () => ({ access: "attempt", max_uses: 30 }),
	createCollection: ({ quiz }) => ({ title: "Week 1", visibility: "tenant", quizzes: [quiz] }),
	claimSlug: () => ({ slug: "volcanoes-for-beginners" }),
};

/** What makes lists that are empty else show something. */
async function more({ client, quiz }: Things, operationId: string): Promise<void> {
	const me = "/v1/users/me";
	await client.put(`${me}/quizzes/${quiz}/publication`, { visibility: "tenant" }, { Prefer: "wait=20" });
	if (operationId === "listFavorites") await client.put(`${me}/favorites/${quiz}`);
	if (operationId === "listLikes") await client.put(`${me}/likes/${quiz}`);
	if (operationId === "compareQuizVersions") {
		await client.put(`${me}/quizzes/${quiz}`, { ...QUIZ_EXAMPLE, title: "Another" }, { "If-Match": "*" });
	}
	if (operationId === "getAiUsage") {
		const { body } = await client.post(`${me}/credits/holds`, { amount: 5, model: "gpt-5-mini" });
		const usage = { amount: 4, tokens_used: 5321, cost_cents: 2.35 };
		await client.post(`${me}/credits/holds/${body.id}/settlement`, usage, { Prefer: "wait=20" });
	}
	if (operationId === "listDeadLetters") {
		const letter = "INSERT INTO dead_letters (user_id, seq, error, row, at) VALUES (?, 7, ?, ?, 1795211110500)";
		const row = {
			seq: 7,
			at: 1795211110000,
			kind: "attempt.submitted",
			subject: "att_00000002gjx7fvtcy4em5pdq",
			body: {},
		};
		await testEnv.CATALOG.prepare(letter).bind(client.user, "body.quiz: expected string", JSON.stringify(row)).run();
	}
	if (operationId === "listDeadMessages") {
		const message = "INSERT INTO dead_messages (at, id, reason, body) VALUES (1795211110500, ?, ?, ?)";
		await testEnv.CATALOG.prepare(message)
			.bind("b3f1c2d4", "not a message of a shard", JSON.stringify("nonsense"))
			.run();
	}
	await caughtUp(client);
}

test("an example of each operation's answer", { timeout: 600_000 }, async () => {
	const examples: Record<string, unknown> = {};
	for (const operation of OPERATIONS) {
		const a = await userWithThings(QUIZ_EXAMPLE);
		await more(a, operation.operationId);
		const { status, headers, body } = await success(operation, a, BODIES[operation.operationId]?.(a));
		expect([200, 201, 202], operation.name).toContain(status);
		if (!headers.get("Content-Type")?.startsWith("application/json")) continue;
		const text = JSON.stringify(body).replaceAll(a.client.user, "usr_ada").replaceAll(a.client.tenant, "ten_school");
		examples[operation.operationId] = JSON.parse(text);
	}
	await keepFixture("examples.json", `${JSON.stringify(examples, null, "\t")}\n`);
});
