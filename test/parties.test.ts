import { describe, expect, it } from "vitest";
import {
	caughtUp,
	EVERY_SCOPE,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "./harness.ts";
import { CLOSED, send, snapshot, userWithThings } from "./operations.ts";

/** Parties of different trust: what is one's own names its party whole, and nobody else can reach it. */

describe("a token of another tenant than its user's", () => {
	it("is refused by every operation with a plain 403, and opens and changes nothing", async () => {
		const a = await userWithThings();
		const twin = await newClient({ user: a.client.user, scope: `${EVERY_SCOPE} on-behalf-of` });
		const before = await snapshot(a.client);
		for (const operation of CLOSED) {
			const answer = await send(twin, operation, a, "me");
			expect([operation.name, answer.status, answer.body.code]).toEqual([operation.name, 403, "forbidden"]);
			expect(answer.body.detail).toContain("another tenant");
			if (operation.path.includes("{user}")) expectProblem(await send(twin, operation, a, twin.user), "forbidden");
		}
		expect(await snapshot(a.client)).toEqual(before);
	});

	it("is refused although the catalog has not heard of the user yet", async () => {
		const user = fresh("usr");
		const client = await newClient({ user });
		expect((await client.post("/v1/users/me/credits/grants", { amount: 5, kind: "bonus" })).status).toBe(201);
		const twin = await newClient({ user });
		for (const path of ["credits", "attempts", "quizzes", "log", "sync", `quizzes/quz_${"0".repeat(24)}`]) {
			expectProblem(await twin.get(`/v1/users/me/${path}`), "forbidden");
		}
		expectProblem(await twin.post("/v1/users/me/credits/holds", { amount: 1 }), "forbidden");
	});

	it("is refused by what the catalog alone says of the user, and nothing of a user whom it does not know is shown", async () => {
		const [user, tenant] = [fresh("usr"), fresh("ten")];
		const quiz = await publishedQuiz(await newClient());
		const lend = (audience: string | null) =>
			testEnv.CATALOG.prepare("UPDATE quizzes SET audience = ? WHERE id = ?").bind(audience, quiz).run();
		await lend(user);
		const twin = await newClient({ user });
		expectProblem(await twin.get(`/v1/quizzes/${quiz}`), "not-found");
		await testEnv.CATALOG.prepare(
			"INSERT INTO shards (user_id, tenant_id, applied_seq, head_hash, applied_at) VALUES (?, ?, 0, '', 0)",
		)
			.bind(user, tenant)
			.run();
		expectProblem(await twin.get(`/v1/quizzes/${quiz}`), "forbidden");
		expect((await (await newClient({ user, tenant })).get(`/v1/quizzes/${quiz}`)).status).toBe(200);
	});

	it("whoever comes first decides: the tenant of a shard's first command is the user's for ever", async () => {
		const user = fresh("usr");
		const [first, second] = [await newClient({ user }), await newClient({ user })];
		expect((await second.get("/v1/users/me/credits")).status).toBe(200);
		expect((await first.put("/v1/users/me/credits/preferences", { low_balance_at: 1 })).status).toBe(200);
		expectProblem(await second.put("/v1/users/me/credits/preferences", { low_balance_at: 1 }), "forbidden");
		await caughtUp(first);
		expectProblem(await second.get("/v1/quizzes"), "forbidden");
		expect((await first.get("/v1/quizzes")).status).toBe(200);
	});

	it("finds no private quiz of the user by the bare id, in any of the ways in which quizzes are found", async () => {
		const author = await newClient();
		const title = `Hidden ${fresh("t")}`.replaceAll("_", " ");
		const quiz = await publishedQuiz(author, quizDocument(title), "private");
		expect((await author.get(`/v1/quizzes/${quiz}`)).status).toBe(200);
		const twin = await newClient({ user: author.user });
		for (const path of [`/v1/quizzes/${quiz}`, `/v1/quizzes/${quiz}/statistics`, `/v1/quizzes/${quiz}/related`]) {
			expectProblem(await twin.get(path), "forbidden");
		}
		expectProblem(await twin.get(`/v1/quizzes?q=${encodeURIComponent(title)}`), "forbidden");
		expectProblem(await twin.post("/v1/users/me/attempts", { quiz, answers: {} }), "forbidden");
		expectProblem(await twin.put(`/v1/users/me/favorites/${quiz}`), "forbidden");
	});
});
