import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { effects } from "../../src/catalog/replication/fold.ts";
import { type LogEvent, type Message, messageSchema } from "../../src/domain/log/events.ts";
import { COLLECTION_QUIZZES_MAX, COLLECTIONS_PER_USER_MAX } from "../../src/domain/sharing/limits.ts";
import {
	type Answer,
	type Client,
	caughtUp,
	deliver,
	eventOf,
	everyItem,
	expectProblem,
	headSeq,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";

/** Collections: the order is the list's, each reader sees what the reader may see, and the catalog ends right. */

const OWN = "/v1/users/me/collections";

async function create(client: Client, body: object): Promise<Answer> {
	const answer = await client.post(OWN, { title: "A list", ...body }, { Prefer: "wait=20" });
	expect(answer.status).toBe(201);
	return answer;
}

const titlesOf = (items: { title: string }[]) => items.map(({ title }) => title);

describe("a collection", () => {
	it("is created, replaced under If-Match and deleted by its owner, with evictions in between", async () => {
		const owner = await newClient();
		const quizzes = ["quz_0000000205m5t8cfgq3nkw7z", "quz_0000000205m5t8cfgq3nkw7r"];
		const created = await create(owner, { title: " First ", quizzes });
		expect(created.body).toMatchObject({
			title: "First",
			description: "",
			visibility: "private",
			quizzes,
			revision: 1,
		});
		const path = `${OWN}/${created.body.id}`;
		await evictDurableObject(owner.shard());
		const read = await owner.get(path);
		expect([read.status, read.text, read.headers.get("ETag")]).toEqual([200, created.text, created.body.etag]);
		const changed = { title: "Second", visibility: "tenant", quizzes: quizzes.toReversed() };
		expectProblem(await owner.put(path, changed), "precondition-required");
		const replaced = await owner.put(path, changed, { "If-Match": created.body.etag });
		expect(replaced.body).toMatchObject({ ...changed, revision: 2, created_at: created.body.created_at });
		expectProblem(await owner.put(path, changed, { "If-Match": created.body.etag }), "precondition-failed");
		const before = await headSeq(owner);
		const same = await owner.put(path, changed, { "If-Match": replaced.body.etag });
		expect([same.text, await headSeq(owner)]).toEqual([replaced.text, before]);
		const stale = { headers: { "If-Match": created.body.etag } };
		expectProblem(await owner.request("DELETE", path, stale), "precondition-failed");
		await evictDurableObject(owner.shard());
		expect((await owner.request("DELETE", path)).status).toBe(200);
		for (const answer of [
			await owner.get(path),
			await owner.put(path, changed, { "If-Match": "*" }),
			await owner.request("DELETE", path),
		]) {
			expectProblem(answer, "not-found");
		}
		expect((await owner.get(OWN)).body.items).toEqual([]);
	});

	it("is seen in the catalog by its audience only, whichever it is", async () => {
		const owner = await newClient();
		const readers = [owner, await newClient({ tenant: owner.tenant }), await newClient()];
		for (const [visibility, statuses] of [
			["private", [200, 404, 404]],
			["tenant", [200, 200, 404]],
			["public", [200, 200, 200]],
		] as const) {
			const { body } = await create(owner, { title: `${visibility} of ${owner.user}`, visibility });
			for (const [index, reader] of readers.entries()) {
				expect((await reader.get(`/v1/collections/${body.id}`)).status).toBe(statuses[index]);
				const { items } = await everyItem(reader, "/v1/collections?limit=100");
				expect(items.some(({ id }) => id === body.id)).toBe(statuses[index] === 200);
			}
			await owner.put(`${OWN}/${body.id}`, { title: "Mine again" }, { "If-Match": "*", Prefer: "wait=20" });
			expect((await readers[1]?.get(`/v1/collections/${body.id}`))?.status).toBe(404);
		}
	});

	it("shows each reader those of its quizzes that the reader may see, in its order", async () => {
		const [owner, other] = [await newClient(), await newClient()];
		const made: Record<string, string> = {};
		for (const visibility of ["public", "private", "tenant"]) {
			made[visibility] = await publishedQuiz(owner, quizDocument(visibility), visibility);
		}
		const theirs = await publishedQuiz(other, quizDocument("theirs"), "private");
		const draft = (await owner.post("/v1/users/me/quizzes", quizDocument("draft"))).body.id;
		const quizzes = [made.tenant, theirs, made.private, draft, made.public, "quz_0000000205m5t8cfgq3nkw7z"];
		const { body } = await create(owner, { visibility: "public", quizzes });
		const path = `/v1/collections/${body.id}`;
		const neighbour = await newClient({ tenant: owner.tenant });
		const seen = async (client: Client) => titlesOf((await client.get(path)).body.published_quizzes);
		expect(await seen(owner)).toEqual(["tenant", "private", "public"]);
		expect(await seen(neighbour)).toEqual(["tenant", "public"]);
		expect(await seen(other)).toEqual(["theirs", "public"]);
		const reversed = { title: "A list", visibility: "public", quizzes: quizzes.toReversed() };
		await owner.put(`${OWN}/${body.id}`, reversed, { "If-Match": body.etag, Prefer: "wait=20" });
		expect(await seen(owner)).toEqual(["public", "private", "tenant"]);
		await owner.request("DELETE", `/v1/users/me/quizzes/${made.public}/publication`, {
			headers: { Prefer: "wait=20" },
		});
		const last = await neighbour.get(path);
		expect(titlesOf(last.body.published_quizzes)).toEqual(["tenant"]);
		// Neither the ids of what is hidden nor keys are in it.
		for (const id of [theirs, made.private, draft]) expect(last.text).not.toContain(id);
		expect(last.text).not.toMatch(/correct|canary|explanation/i);
	});

	it("is listed newest first, page by page, each once", async () => {
		const owner = await newClient();
		const ids: string[] = [];
		for (let n = 0; n < 5; n++) ids.unshift((await create(owner, { title: `List ${n}` })).body.id);
		for (const path of [`${OWN}?limit=2`, "/v1/collections?limit=2"]) {
			const { items } = await everyItem(owner, path);
			expect(items.map(({ id }) => id).filter((id) => ids.includes(id))).toEqual(ids);
		}
		expectProblem(await owner.get("/v1/collections?cursor=WzFd"), "invalid-request", ["/cursor"]);
	});

	it("ends right in the catalog whatever the order and number of its messages", async () => {
		const owner = await newClient();
		await create(owner, { title: "Opens the shard" });
		const { messages, restore } = await interceptQueue(owner);
		const kept = await owner.post(OWN, { title: "Kept", visibility: "public" });
		const gone = await owner.post(OWN, { title: "Gone", visibility: "public" });
		await owner.put(`${OWN}/${kept.body.id}`, { title: "Changed", visibility: "public" }, { "If-Match": "*" });
		await owner.request("DELETE", `${OWN}/${gone.body.id}`);
		await expect.poll(() => messages.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(4);
		restore();
		const shuffled: Message[] = [...messages.toReversed(), ...messages, ...messages];
		for (let n = 0; n < messages.length; n++) await deliver(shuffled);
		await caughtUp(owner);
		expect((await owner.get(`/v1/collections/${kept.body.id}`)).body.title).toBe("Changed");
		expectProblem(await owner.get(`/v1/collections/${gone.body.id}`), "not-found");
	});

	it("of as many quizzes as it may have fits into its event; a user has as many as a user may have", async () => {
		const owner = await newClient();
		const quizzes = Array.from({ length: COLLECTION_QUIZZES_MAX }, (_, n) => `quz_${String(n).padStart(24, "0")}`);
		const { body } = await create(owner, { description: "\u{1F4A5}".repeat(1_000), quizzes });
		expect((await owner.get(`${OWN}/${body.id}`)).body.quizzes).toEqual(quizzes);
		expectProblem(
			await owner.post(OWN, { title: "x", quizzes: [...quizzes, "quz_zzzzzzzzzzzzzzzzzzzzzzzz"] }),
			"invalid-request",
			["/quizzes"],
		);
		await runInDurableObject(owner.shard(), (_, { storage: { sql } }) => {
			for (let n = 1; n < COLLECTIONS_PER_USER_MAX - 1; n++) {
				sql.exec(
					"INSERT INTO collections SELECT ?, 'col_copy', revision, title, description, visibility, '[]', created_at, updated_at, NULL FROM collections WHERE seq = 2",
					1_000 + n,
				);
			}
		});
		const last = await owner.post(OWN, { title: "The last" });
		expect(last.status).toBe(201);
		expectProblem(await owner.post(OWN, { title: "One more" }), "conflict");
		await owner.request("DELETE", `${OWN}/${last.body.id}`);
		expect((await owner.post(OWN, { title: "In its place" })).status).toBe(201);
	});
});

it("an older event of a collection or a share that is driven again after a newer one changes nothing", async () => {
	const owner = await newClient();
	const quiz = await publishedQuiz(owner, quizDocument(), "private");
	const collection = (await create(owner, { visibility: "public" })).body.id;
	const share = (await owner.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "view" })).body.id;
	await owner.request("DELETE", `${OWN}/${collection}`);
	await owner.request("DELETE", `/v1/users/me/quizzes/${quiz}/shares/${share}`);
	await caughtUp(owner);
	const rows = async () => {
		const queries = ["SELECT * FROM collections WHERE owner = ?", "SELECT * FROM shares WHERE owner = ?"];
		return (await Promise.all(queries.map((query) => testEnv.CATALOG.prepare(query).bind(owner.user).all()))).map(
			({ results }) => results,
		);
	};
	const before = await rows();
	expect(before).toMatchObject([[{ audience: null }], [{ revoked_at: expect.any(Number) }]]);
	const { rows: logged } = messageSchema.parse(await owner.shard().log.message(0));
	const events: LogEvent[] = logged.map((row, index) => eventOf(row, index + 1));
	const own = events.filter(({ kind }) => /^(collection|share)\./.test(kind));
	expect(own).toHaveLength(4);
	const drive = (event: LogEvent) =>
		testEnv.CATALOG.batch(effects(testEnv.CATALOG, [{ user: owner.user, events: [event] }]));
	for (const event of own) {
		await drive(event);
		expect(await rows()).toEqual(before);
	}
	// And in the opposite order they give the same as in theirs.
	for (const table of ["collections", "shares"]) {
		await testEnv.CATALOG.prepare(`DELETE FROM ${table} WHERE owner = ?`).bind(owner.user).run();
	}
	for (const event of own.toReversed()) await drive(event);
	expect(await rows()).toEqual(before);
});
