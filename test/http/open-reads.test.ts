import { describe, expect, it } from "vitest";
import {
	type Answer,
	type Client,
	call,
	caughtUp,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import { OPERATIONS } from "../lib/operations.ts";

/** What whoever has no credential is shown: what is public, of tenants that let that be, and nothing else. */

const setting = (tenant: string, settings: object) =>
	testEnv.ACCOUNTS.prepare("UPDATE tenants SET settings = ? WHERE id = ?").bind(JSON.stringify(settings), tenant).run();

/** One of each visibility, with a share of the first, a collection of all, and a word that only they have. */
async function author(): Promise<{
	client: Client;
	word: string;
	quizzes: string[];
	code: string;
	collection: string;
}> {
	const client = await newClient();
	const word = fresh("word").replaceAll("_", "");
	const quizzes: string[] = [];
	for (const visibility of ["public", "tenant", "private"]) {
		quizzes.push(await publishedQuiz(client, quizDocument(`${word} ${visibility}`), visibility));
	}
	const share = await client.post(`/v1/users/me/quizzes/${quizzes[2]}/shares`, { access: "view" });
	const made = { title: word, quizzes, visibility: "public" };
	const collection = await client.post("/v1/users/me/collections", made, { Prefer: "wait=20" });
	await caughtUp(client);
	return { client, word, quizzes, code: share.body.code, collection: collection.body.id };
}

describe("without a credential", () => {
	it("the document says of the very operations that answer that they may be called", async () => {
		const open = OPERATIONS.filter(({ isOpenRead }) => isOpenRead).map(({ name }) => name);
		expect(open.sort()).toEqual([
			"GET /v1/collections",
			"GET /v1/collections/{collection}",
			"GET /v1/quizzes",
			"GET /v1/quizzes/{quiz}",
			"GET /v1/quizzes/{quiz}/related",
			"GET /v1/quizzes/{quiz}/statistics",
			"GET /v1/shares/{code}",
			"GET /v1/slugs/{slug}",
		]);
	});

	it("public quizzes are found and read, and no other is", async () => {
		const { word, quizzes, collection } = await author();
		const titles = (await call(`/v1/quizzes?q=${word}`)).body.items.map(({ title }: { title: string }) => title);
		expect(titles).toEqual([`${word} public`]);
		const [open, ...closed] = quizzes;
		for (const rest of ["", "/related", "/statistics"]) {
			expect((await call(`/v1/quizzes/${open}${rest}`)).status).toBe(200);
			for (const quiz of closed) expectProblem(await call(`/v1/quizzes/${quiz}${rest}`), "not-found");
		}
		expect((await call(`/v1/quizzes/${open}`)).text).not.toContain("CANARY");
		const { body } = await call(`/v1/collections/${collection}`);
		expect(body.published_quizzes.map(({ id }: { id: string }) => id)).toEqual([open]);
		const listed: { id: string; visibility: string }[] = [];
		for (let next: string | null = ""; next !== null; ) {
			const page: Answer = await call(`/v1/collections?limit=100${next && `&cursor=${next}`}`);
			listed.push(...page.body.items);
			next = page.body.next_cursor;
		}
		expect(listed.map(({ id }) => id)).toContain(collection);
		expect(new Set(listed.map(({ visibility }) => visibility))).toEqual(new Set(["public"]));
	});

	it("a share is previewed, and not used", async () => {
		const { code, word } = await author();
		const offer = await call(`/v1/shares/${code}`);
		expect([offer.status, offer.body.title]).toEqual([200, `${word} private`]);
		const used = await call(`/v1/shares/${code}/redemption`, { method: "POST" });
		expectProblem(used, "unauthenticated");
	});

	it("nothing is shown of a tenant that lets nobody read so, which users of others see as before", async () => {
		const { client, word, quizzes, code, collection } = await author();
		await setting(client.tenant, { public_reads: "refused" });
		for (const path of [
			`/v1/quizzes/${quizzes[0]}`,
			`/v1/quizzes/${quizzes[0]}/related`,
			`/v1/quizzes/${quizzes[0]}/statistics`,
			`/v1/collections/${collection}`,
			`/v1/shares/${code}`,
		]) {
			expectProblem(await call(path), "not-found");
			expect((await (await newClient()).get(path)).status).toBe(200);
		}
		expect((await call(`/v1/quizzes?q=${word}`)).body.items).toEqual([]);
		expect((await call("/v1/collections?limit=100")).text).not.toContain(collection);
	});

	it("codes that do not exist are tried by one address a few times only", async () => {
		const headers = { "CF-Connecting-IP": "192.0.2.77" };
		const answers = [];
		for (let i = 0; i < 40; i++) answers.push((await call("/v1/shares/0123456789abcdefghjk0", { headers })).status);
		expect(answers[0]).toBe(404);
		expect(answers.at(-1)).toBe(429);
		expect((await call("/v1/quizzes", { headers })).status).toBe(200);
	});
});
