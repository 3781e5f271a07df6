import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { IDEMPOTENCY_PERIOD_MS, KEYS_PER_PERIOD_MAX } from "../../src/domain/limits.ts";
import { VISITOR_CHANGES_PER_PERIOD_MAX } from "../../src/domain/sharing/limits.ts";
import {
	ALL_SCOPES,
	type Answer,
	type Client,
	EVERY_SCOPE,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	runnerOf,
	testEnv,
} from "../lib/harness.ts";
import { CLOSED, OF_USERS, type Operation, send, snapshot, type Things, userWithThings } from "../lib/operations.ts";

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
			if (OF_USERS.includes(operation)) expectProblem(await send(twin, operation, a, twin.user), "forbidden");
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

	it("is refused by what the catalog alone says of a user who called before accounts knew users", async () => {
		const [user, tenant] = [fresh("usr"), fresh("ten")];
		const quiz = await publishedQuiz(await newClient());
		await testEnv.CATALOG.prepare("UPDATE quizzes SET audience = ? WHERE id = ?").bind(user, quiz).run();
		await testEnv.CATALOG.prepare(
			"INSERT INTO shards (user_id, tenant_id, applied_seq, head_hash, applied_at) VALUES (?, ?, 0, '', 0)",
		)
			.bind(user, tenant)
			.run();
		const twin = await newClient({ user });
		expectProblem(await twin.get(`/v1/quizzes/${quiz}`), "forbidden");
		expect((await (await newClient({ user, tenant })).get(`/v1/quizzes/${quiz}`)).status).toBe(200);
	});

	it("is in no audience by the bare id while ACCOUNTS does not answer and nobody else knows the user", async () => {
		const user = fresh("usr");
		const quiz = await publishedQuiz(await newClient());
		await testEnv.CATALOG.prepare("UPDATE quizzes SET audience = ? WHERE id = ?").bind(user, quiz).run();
		const client = await newClient({ user });
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const down = vi.spyOn(testEnv.ACCOUNTS, "prepare").mockImplementation(() => {
			throw new Error("D1_ERROR: D1 DB is overloaded.");
		});
		expectProblem(await client.get(`/v1/quizzes/${quiz}`), "not-found");
		expect(down).toHaveBeenCalled();
		vi.restoreAllMocks();
		expect((await client.get(`/v1/quizzes/${quiz}`)).status).toBe(200);
	});

	it("whoever calls first decides: the tenant of the first good credential is the user's for ever", async () => {
		const user = fresh("usr");
		const [first, second] = [await newClient({ user }), await newClient({ user })];
		expect((await first.get("/v1/users/me/credits")).status).toBe(200);
		expectProblem(await second.put("/v1/users/me/credits/preferences", { low_balance_at: 1 }), "forbidden");
		expectProblem(await second.get("/v1/quizzes"), "forbidden");
		expect((await first.put("/v1/users/me/credits/preferences", { low_balance_at: 1 })).status).toBe(200);
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

/** Every operation that takes a key. */
const KEYED = CLOSED.filter(({ method, parameters }) => {
	return method === "POST" && parameters.some(({ name }) => name === "Idempotency-Key");
});

const isReplayed = ({ headers }: Answer) => headers.get("Idempotent-Replayed") === "true";
const serviceOf = ({ tenant }: Client) =>
	newClient({ user: fresh("svc"), tenant, scope: `${ALL_SCOPES} on-behalf-of` });
const withKey = (operation: Operation, key: string): Operation => ({
	...operation,
	headers: { ...operation.headers, "Idempotency-Key": key },
});

/** What keeps others from going on comes last, in this order. */
const ENDS = ["/settlement", "/refund", "/release", "/undeletion"];
const isEnd = ({ path }: Operation) => ENDS.findIndex((end) => path.endsWith(end));

describe("an idempotency key is its actor's", () => {
	const operations = KEYED.filter((operation) => OF_USERS.includes(operation)).sort((a, b) => isEnd(a) - isEnd(b));

	/** Both use the key, for requests of their own, and each is answered for itself, at first and again. */
	async function expectApart(a: Things, operation: Operation, [first, second]: [Client, Client]): Promise<void> {
		const key = `${operation.name.replaceAll(" ", "-")}-of-${first.user}`;
		const used = { "Idempotency-Key": key };
		const burn = () => first.post(`/v1/users/${a.client.user}/collections`, { title: key.slice(0, 200) }, used);
		const burnt = await burn();
		expect([operation.name, burnt.status, isReplayed(burnt)]).toEqual([operation.name, 201, false]);
		const run = () => send(second, withKey(operation, key), a, a.client.user);
		await operation.before?.(a);
		const answer = await run();
		expect([operation.name, answer.status < 300 || answer.status === 409]).toEqual([operation.name, true]);
		expect([operation.name, isReplayed(answer)]).toEqual([operation.name, false]);
		const again = await run();
		expect([operation.name, again.status, isReplayed(again)]).toEqual([operation.name, answer.status, true]);
		const still = await burn();
		expect([operation.name, still.text, isReplayed(still)]).toEqual([operation.name, burnt.text, true]);
	}

	it("so that the user's key keeps no service from any operation, nor a service's the user", async () => {
		for (const who of ["user first", "service first"]) {
			const a = await userWithThings();
			const service = await serviceOf(a.client);
			const pair: [Client, Client] = who === "user first" ? [a.client, service] : [service, a.client];
			for (const operation of operations) await expectApart(a, operation, pair);
		}
	});

	it("so that a grant which a service asked of the release before is done once, and is nobody else's", async () => {
		const client = await newClient();
		await client.post("/v1/users/me/collections", { title: "Known" }, { Prefer: "wait=20" });
		const service = await serviceOf(client);
		const path = `/v1/users/${client.user}/credits/grants`;
		const [used, body] = [{ "Idempotency-Key": "order-1042" }, { amount: 5, kind: "purchase" }];
		const first = await service.post(path, body, used);
		// As that release kept it: under the plain key, and without whose it is.
		await runInDurableObject(client.shard(), (_, { storage: { sql } }) => {
			const row = sql.exec("SELECT key, outcome FROM requests WHERE key = 'order-1042'").one();
			const { actor, ...outcome } = JSON.parse(String(row.outcome));
			expect(actor).toBe(service.user);
			sql.exec("UPDATE requests SET outcome = ? WHERE key = ?", JSON.stringify(outcome), row.key);
		});
		const own = await client.post("/v1/users/me/credits/grants", body, used);
		expect([own.status, isReplayed(own), own.body.id === first.body.id]).toEqual([201, false, false]);
		const again = await service.post(path, body, used);
		expect([again.text, isReplayed(again)]).toEqual([first.text, true]);
	});

	it("and no visitor's by a share is the owner's, or another visitor's", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument(), "private");
		const { code } = (await owner.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "view" })).body;
		const used = { "Idempotency-Key": "the-same" };
		await owner.post("/v1/users/me/collections", { title: "Before" }, used);
		for (const visitor of [await newClient(), await newClient()]) {
			const redeemed = await visitor.post(`/v1/shares/${code}/redemption`, undefined, used);
			expect([redeemed.status, isReplayed(redeemed)]).toEqual([200, false]);
			const again = await visitor.post(`/v1/shares/${code}/redemption`, undefined, used);
			expect([again.text, isReplayed(again)]).toEqual([redeemed.text, true]);
		}
		const next = { "Idempotency-Key": "the-next" };
		const visitor = await newClient();
		await visitor.post(`/v1/shares/${code}/redemption`, undefined, next);
		const own = await owner.post("/v1/users/me/collections", { title: "After" }, next);
		expect([own.status, isReplayed(own)]).toEqual([201, false]);
	});

	it("and there are only so many of one actor in a day; others go on", async () => {
		const client = await newClient();
		await client.post("/v1/users/me/collections", { title: "Known" }, { Prefer: "wait=20" });
		const service = await serviceOf(client);
		const period = Math.floor(Date.now() / IDEMPOTENCY_PERIOD_MS);
		await runInDurableObject(client.shard(), (instance, { storage: { sql } }) => {
			sql.exec(
				`WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
				INSERT INTO requests (period, key, fingerprint, seq, outcome, digest)
				SELECT ?, 'k' || i, 'f', 2, json_object('actor', ?), printf('%064d', 0) FROM n`,
				KEYS_PER_PERIOD_MAX - 1,
				period,
				client.user,
			);
			runnerOf(instance).requests.forgetCache();
		});
		const grant = (who: Client, user: string) => {
			return who.post(`/v1/users/${user}/credits/grants`, { amount: 1, kind: "bonus" });
		};
		expect((await grant(client, "me")).status).toBe(201);
		const refused = await grant(client, "me");
		expectProblem(refused, "rate-limited");
		expect(refused.body).toMatchObject({ rule: "idempotency-keys", limit: KEYS_PER_PERIOD_MAX });
		expect(refused.body.retry_at).toBe((period + 1) * IDEMPOTENCY_PERIOD_MS);
		expect((await grant(service, client.user)).status).toBe(201);
	});
});

describe("what visitors leave in an owner's shard", () => {
	const requestsIn = (owner: Client) =>
		runInDurableObject(owner.shard(), (_, { storage: { sql } }) =>
			Number(sql.exec("SELECT count(*) AS n FROM requests").one().n),
		);

	it("is one row for each who uses a share, however often and under however many keys it is used", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument(), "private");
		const share = (await owner.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "view" })).body;
		const visitor = await newClient();
		const redeem = () => visitor.post(`/v1/shares/${share.code}/redemption`);
		expect((await redeem()).status).toBe(200);
		const before = await requestsIn(owner);
		for (let use = 0; use < 5; use++) expect((await redeem()).status).toBe(200);
		await owner.request("DELETE", `/v1/users/me/quizzes/${quiz}/shares/${share.id}`);
		for (let use = 0; use < 5; use++) expectProblem(await redeem(), "share-revoked");
		expect(await requestsIn(owner)).toBe(before);
	});

	it("is no more than so many changes of each in a day, and those of others and of the owner go on", async () => {
		const owner = await newClient();
		const quiz = (await owner.post("/v1/users/me/quizzes", quizDocument("Shared"))).body.id;
		const { code } = (await owner.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "edit" })).body;
		const [editor, another] = [await newClient(), await newClient()];
		for (const who of [editor, another]) expect((await who.post(`/v1/shares/${code}/redemption`)).status).toBe(200);
		let edits = 0;
		const path = `/v1/users/${owner.user}/quizzes/${quiz}`;
		const edit = (who: Client) => who.put(path, quizDocument(`Edit ${++edits}`), { "If-Match": "*" });
		expect((await edit(editor)).status).toBe(200);
		await runInDurableObject(owner.shard(), (_, { storage: { sql } }) => {
			const changes = () => sql.exec("SELECT changes FROM visits WHERE visitor = ?", editor.user).one().changes;
			// The use of the share, and the edit.
			expect(changes()).toBe(2);
			sql.exec("UPDATE visits SET changes = ? WHERE visitor = ?", VISITOR_CHANGES_PER_PERIOD_MAX - 1, editor.user);
		});
		expect((await edit(editor)).status).toBe(200);
		const refused = await edit(editor);
		expectProblem(refused, "rate-limited");
		expect(refused.body).toMatchObject({ rule: "shared-changes", limit: VISITOR_CHANGES_PER_PERIOD_MAX });
		for (const who of [another, owner]) expect((await edit(who)).status).toBe(200);
		// As if a day had passed.
		const counts = (change?: string) =>
			runInDurableObject(owner.shard(), async (instance, { storage: { sql } }) => {
				if (change) sql.exec(change);
				await instance.alarm();
				const rows = sql.exec<Counted>("SELECT visitor, changes FROM visits").toArray();
				return Object.fromEntries(rows.map(({ visitor, changes }) => [visitor, changes]));
			});
		expect(await counts()).toEqual({ [editor.user]: VISITOR_CHANGES_PER_PERIOD_MAX, [another.user]: 2 });
		expect(await counts("UPDATE visits SET period = period - 1")).toEqual({});
		expect((await edit(editor)).status).toBe(200);
		expect(await counts()).toEqual({ [editor.user]: 1 });
	});

	type Counted = { visitor: string; changes: number };
});

describe("a replayed redemption asks again before it gives anything anew", () => {
	it("a copy that could not be made before the share was revoked is not made after it; one that was made stays", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument("Copied"), "private");
		const share = (await owner.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "copy" })).body;
		const [late, soon] = [await newClient(), await newClient()];
		const used = { "Idempotency-Key": "copy-1" };
		const redeem = (who: Client) => who.post(`/v1/shares/${share.code}/redemption`, undefined, used);
		// A copier without room: the owner's shard has counted the use by then.
		await late.post("/v1/users/me/quizzes", quizDocument("Own"));
		const quizzes = (count: number) =>
			runInDurableObject(late.shard(), (instance) => {
				const { stores } = runnerOf(instance);
				stores.quizzes.count = () => count;
			});
		await quizzes(1e9);
		expectProblem(await redeem(late), "conflict");
		await quizzes(1);
		const made = await redeem(soon);
		expect(made.body.copy.quiz).toMatch(/^quz_/);
		await owner.request("DELETE", `/v1/users/me/quizzes/${quiz}/shares/${share.id}`);
		expectProblem(await redeem(late), "share-revoked");
		expect((await late.get("/v1/users/me/quizzes")).body.items).toHaveLength(1);
		const again = await redeem(soon);
		expect([again.status, again.text]).toEqual([200, made.text]);
	});

	it("a use is of one user of one tenant: the same id of another tenant gets nothing by it", async () => {
		const owner = await newClient();
		const quiz = await publishedQuiz(owner, quizDocument("Draft"), "private");
		const { code } = (await owner.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "edit" })).body;
		const user = fresh("usr");
		const [one, twin] = [await newClient({ user }), await newClient({ user })];
		const path = `/v1/users/${owner.user}/quizzes/${quiz}`;
		expect((await one.post(`/v1/shares/${code}/redemption`)).status).toBe(200);
		expect((await one.get(path)).status).toBe(200);
		expectProblem(await twin.get(path), "forbidden");
		expectProblem(await twin.put(path, quizDocument("Taken"), { "If-Match": "*" }), "forbidden");
		expectProblem(await twin.post(`/v1/shares/${code}/redemption`), "forbidden");
	});
});
