import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
	CONTRACT_STATUS,
	call,
	everyItem,
	expectProblem,
	headSeq,
	interceptQueue,
	newClient,
	publishedQuiz,
	quizDocument,
	readyNow,
	since,
	testEnv,
} from "../lib/harness.ts";

/** The conventions of the contract that hold for every resource: replays, waiting, preconditions, pages, the service's own pages. */

afterEach(() => {
	vi.restoreAllMocks();
});

const json = { "Content-Type": "application/json" };
const grants = "/v1/users/me/credits/grants";
const holds = "/v1/users/me/credits/holds";

describe("a retry with the same Idempotency-Key", () => {
	/** The request id is the client's, so that answers can be compared byte for byte. */
	const fixed = () => ({ "Idempotency-Key": crypto.randomUUID(), "X-Request-Id": "request-1" });

	it("answers byte for byte as the first did, says so, and changes nothing", async () => {
		const client = await newClient();
		const quiz = await publishedQuiz(client);
		const requests: [string, object][] = [
			[grants, { amount: 10, kind: "plan", expires_at: Date.now() + 1e9, reference: "é ‘quoted’" }],
			[holds, { amount: 4, prompt: "About…", over_capture: { overdraft: 2 } }],
			["/v1/users/me/attempts", { quiz, answers: { 4: 3, 1: 0, 2: 2 }, time_taken_s: 5 }],
			["/v1/users/me/quizzes", quizDocument("twice?")],
		];
		for (const [path, body] of requests) {
			const headers = fixed();
			const first = await client.post(path, body, headers);
			expect(first.status).toBe(201);
			expect(first.headers.get("Idempotent-Replayed")).toBeNull();
			const head = await headSeq(client);
			expect(first.headers.get("Sync-Seq")).toBe(String(head));
			const again = await client.post(path, body, headers);
			expect(again.status).toBe(201);
			expect(again.text).toBe(first.text);
			expect(again.headers.get("Idempotent-Replayed")).toBe("true");
			expect(again.headers.get("Sync-Seq")).toBe(String(head));
			expect(await headSeq(client)).toBe(head);
		}
	});

	it("replays a refusal too, although the request would succeed by now", async () => {
		const client = await newClient();
		await client.post(grants, { amount: 1, kind: "bonus" });
		const headers = fixed();
		const first = await client.post(holds, { amount: 2 }, headers);
		expectProblem(first, "insufficient-credits");
		await client.post(grants, { amount: 10, kind: "bonus" });
		const again = await client.post(holds, { amount: 2 }, headers);
		expect(again.status).toBe(402);
		expect(again.text).toBe(first.text);
		expect(again.headers.get("Idempotent-Replayed")).toBe("true");
		expect((await client.get("/v1/users/me/credits")).body.held).toBe(0);
	});

	it("replays an attempt whose record is of the time when it held the whole answer", async () => {
		const taker = await newClient();
		const quiz = await publishedQuiz(await newClient());
		const headers = fixed();
		const body = { quiz, answers: { 1: 0 } };
		const first = await taker.post("/v1/users/me/attempts", body, headers);
		await runInDurableObject(taker.shard(), (_, { storage: { sql } }) => {
			const kept = () => JSON.parse(String(sql.exec("SELECT outcome FROM requests").one().outcome));
			expect(kept()).toEqual({ actor: taker.user, ok: true, value: first.body.id });
			sql.exec("UPDATE requests SET outcome = ?", JSON.stringify({ ok: true, value: first.body }));
		});
		const again = await taker.post("/v1/users/me/attempts", body, headers);
		expect(again.text).toBe(first.text);
		expect(again.headers.get("Idempotent-Replayed")).toBe("true");
	});

	it("replays an attempt after the quiz was withdrawn", async () => {
		const [author, taker] = [await newClient(), await newClient()];
		const quiz = await publishedQuiz(author);
		const headers = fixed();
		const body = { quiz, answers: { 1: 0 } };
		const first = await taker.post("/v1/users/me/attempts", body, headers);
		expect(first.status).toBe(201);
		const publication = `/v1/users/me/quizzes/${quiz}/publication`;
		const withdrawn = await author.request("DELETE", publication, { headers: { Prefer: "wait=20" } });
		const again = await taker.post("/v1/users/me/attempts", body, headers);
		expect(again.text).toBe(first.text);
		expect(again.headers.get("Idempotent-Replayed")).toBe("true");
		expectProblem(await taker.post("/v1/users/me/attempts", body, since(withdrawn)), "not-found");
	});

	it("settles and releases once", async () => {
		const client = await newClient();
		await client.post(grants, { amount: 10, kind: "bonus" });
		for (const [end, body] of [
			["settlement", { amount: 2 }],
			["release", { reason: "changed my mind" }],
		] as const) {
			const hold = await client.post(holds, { amount: 3 });
			const headers = fixed();
			const path = `${holds}/${hold.body.id}/${end}`;
			const first = await client.post(path, body, headers);
			expect(first.status).toBe(200);
			const again = await client.post(path, body, headers);
			expect(again.text).toBe(first.text);
			expect(again.headers.get("Idempotent-Replayed")).toBe("true");
		}
		expect((await client.get("/v1/users/me/credits")).body).toMatchObject({ available: 8, held: 0, consumed: 2 });
	});

	it("is one effect if sent many times at once", async () => {
		const client = await newClient();
		const headers = fixed();
		const answers = await Promise.all(
			Array.from({ length: 10 }, () => client.post(grants, { amount: 5, kind: "bonus" }, headers)),
		);
		expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
		expect(answers.filter((answer) => answer.headers.has("Idempotent-Replayed"))).toHaveLength(9);
		expect((await client.get("/v1/users/me/credits")).body.granted).toBe(5);
	});
});

describe("Prefer: wait", () => {
	it("answers with the usual status once the catalog has the change", async () => {
		const client = await newClient();
		const answer = await client.post(grants, { amount: 1, kind: "bonus" }, { Prefer: "respond-async, wait=20" });
		expect(answer.status).toBe(201);
		expect(answer.headers.get("Preference-Applied")).toBe("wait=20");
		const { applied_seq, lag, lag_ms } = (await client.get("/v1/users/me/sync")).body;
		expect({ applied_seq, lag, lag_ms }).toEqual({
			applied_seq: Number(answer.headers.get("Sync-Seq")),
			lag: 0,
			lag_ms: 0,
		});
	});

	it("answers 202 with the same body where the catalog did not get there in time", async () => {
		const client = await newClient();
		await runInDurableObject(client.shard(), (shard: DurableObject & { env: Env }) => {
			vi.spyOn(shard.env.LOG_QUEUE, "send").mockResolvedValue({
				metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
			});
		});
		const answer = await client.post(grants, { amount: 1, kind: "bonus" }, { Prefer: "wait=0" });
		expect(answer.status).toBe(202);
		expect(answer.headers.get("Preference-Applied")).toBe("wait=0");
		expect(answer.body).toMatchObject({ amount: 1, kind: "bonus", status: "active" });
		expect((await client.get("/v1/users/me/sync")).body).toMatchObject({ head_seq: 2, applied_seq: 0, lag: 2 });
	});

	it("waits for the very change, and answers 202 though the catalog has the one before", async () => {
		const client = await newClient();
		await client.post(grants, { amount: 1, kind: "bonus" }, { Prefer: "wait=20" });
		const { messages } = await interceptQueue(client);
		const answer = await client.post(grants, { amount: 1, kind: "bonus" }, { Prefer: "wait=0" });
		expect(answer.status).toBe(202);
		expect(messages).toHaveLength(1);
		const { applied_seq, lag } = (await client.get("/v1/users/me/sync")).body;
		expect({ applied_seq, lag }).toEqual({ applied_seq: Number(answer.headers.get("Sync-Seq")) - 1, lag: 1 });
	});

	it("answers 202 where the catalog cannot be read: the change is stored all the same", async () => {
		const client = await newClient();
		vi.spyOn(testEnv.CATALOG, "withSession").mockImplementation(() => {
			throw new Error("D1 is down");
		});
		const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
		const answer = await client.post(grants, { amount: 1, kind: "bonus" }, { Prefer: "wait=0" });
		expect(answer.status).toBe(202);
		expect(answer.body).toMatchObject({ amount: 1, kind: "bonus", status: "active" });
		expect(warned).toHaveBeenCalledWith(expect.stringContaining("D1 is down"));
		expect((await client.get("/v1/users/me/credits")).body.available).toBe(1);
	});

	it("of more than 30 s is a wait of 30 s, and one that cannot be read is none", async () => {
		const client = await newClient();
		const wait = async (Prefer: string) => {
			const answer = await client.post(grants, { amount: 1, kind: "bonus" }, { Prefer });
			return [answer.status, answer.headers.get("Preference-Applied")];
		};
		expect(await wait("wait=99999")).toEqual([201, "wait=30"]);
		for (const Prefer of ["wait=-1", "wait=soon", "wait", "waits=3", "wait=1.5"])
			expect(await wait(Prefer)).toEqual([201, null]);
	});

	it("does not make a refusal wait", async () => {
		const client = await newClient();
		const answer = await client.post(holds, { amount: 1 }, { Prefer: "wait=30" });
		expectProblem(answer, "not-entitled");
		expect(answer.headers.has("Preference-Applied")).toBe(false);
	});
});

describe("ETag and If-Match", () => {
	it("a draft changes only for one who has read it", async () => {
		const author = await newClient();
		const created = await author.post("/v1/users/me/quizzes", quizDocument("one"));
		const path = `/v1/users/me/quizzes/${created.body.id}`;
		const read = await author.get(path);
		const etag = read.headers.get("ETag") ?? "";
		expect(etag).toMatch(/^"[^"]+"$/);
		expect([created.headers.get("ETag"), read.body.etag]).toEqual([etag, etag]);

		expectProblem(await author.put(path, quizDocument("two")), "precondition-required");
		for (const stale of ['"0-0"', etag.replaceAll('"', ""), `W/${etag}`]) {
			const refused = await author.put(path, quizDocument("two"), { "If-Match": stale });
			expectProblem(refused, "precondition-failed");
			expect(refused.headers.get("ETag")).toBe(etag);
			expect(refused.body.current_etag).toBe(etag);
		}
		expect((await author.get(path)).body.content.title).toBe("one");

		const changed = await author.put(path, quizDocument("two"), { "If-Match": etag });
		expect(changed.status).toBe(200);
		expect(changed.headers.get("ETag")).not.toBe(etag);
		expect(changed.headers.get("Sync-Seq")).toBe("3");
		expectProblem(await author.put(path, quizDocument("three"), { "If-Match": etag }), "precondition-failed");
		expect((await author.put(path, quizDocument("three"), { "If-Match": "*" })).status).toBe(200);
		expect((await author.get(path)).body).toMatchObject({ revision: 3, title: "three" });
	});

	it("of two writers who read the same draft, one wins", async () => {
		const author = await newClient();
		const { body } = await author.post("/v1/users/me/quizzes", quizDocument("one"));
		const path = `/v1/users/me/quizzes/${body.id}`;
		const writes = ["two", "three"].map((title) => author.put(path, quizDocument(title), { "If-Match": body.etag }));
		expect((await Promise.all(writes)).map((answer) => answer.status).sort()).toEqual([200, 412]);
	});

	it("publishing and withdrawing may be conditional: a stale ETag is 412 and changes nothing", async () => {
		const author = await newClient();
		const { body } = await author.post("/v1/users/me/quizzes", quizDocument("one"));
		const path = `/v1/users/me/quizzes/${body.id}`;
		const { etag } = (await author.put(path, quizDocument("two"), { "If-Match": "*" })).body;
		const publication = `${path}/publication`;
		const publish = (condition: string) =>
			author.put(publication, { visibility: "private" }, { "If-Match": condition });
		const withdraw = (condition: string) =>
			author.request("DELETE", publication, { headers: { "If-Match": condition } });
		const stale = await publish(body.etag);
		expectProblem(stale, "precondition-failed");
		expect([stale.body.current_etag, stale.headers.get("ETag")]).toEqual([etag, etag]);
		expect((await author.get(path)).body.status).toBe("draft");
		expect((await publish(etag)).status).toBe(200);
		expectProblem(await withdraw(body.etag), "precondition-failed");
		expect((await author.get(path)).body.status).toBe("published");
		expect((await withdraw((await author.get(path)).body.etag)).body.status).toBe("withdrawn");
	});

	it("stands on a quiz, on an attempt and on a hold", async () => {
		const client = await newClient();
		const quiz = await publishedQuiz(client);
		const attempt = await client.post("/v1/users/me/attempts", { quiz, answers: {} });
		await client.post("/v1/users/me/credits/grants", { amount: 5, kind: "bonus" });
		const hold = (await client.post("/v1/users/me/credits/holds", { amount: 5 })).body.id;
		const mine = [`attempts/${attempt.body.id}`, `credits/holds/${hold}`].map((path) => `/v1/users/me/${path}`);
		for (const path of [`/v1/quizzes/${quiz}`, ...mine]) {
			expect((await client.get(path)).headers.get("ETag")).toMatch(/^"[^"]+"$/);
		}
	});
});

describe("a list", () => {
	it("of attempts gives each once, newest first, whole or of one quiz", async () => {
		const client = await newClient();
		const [one, two] = await Promise.all([publishedQuiz(client), publishedQuiz(client)]);
		const made: { id: string; quiz: string }[] = [];
		for (let i = 0; i < 11; i++) {
			made.unshift((await client.post("/v1/users/me/attempts", { quiz: i % 3 ? one : two, answers: {} })).body);
		}
		const all = await everyItem(client, "/v1/users/me/attempts?limit=3");
		expect(all.items).toEqual(made);
		expect(all.pages).toBe(4);
		const ofOne = await everyItem(client, `/v1/users/me/attempts?limit=2&quiz=${one}`);
		expect(ofOne.items).toEqual(made.filter((attempt) => attempt.quiz === one));
		const exact = await client.get("/v1/users/me/attempts?limit=11");
		expect([exact.body.items.length, exact.body.next_cursor, exact.headers.get("Link")]).toEqual([11, null, null]);
		expect((await client.get("/v1/users/me/attempts")).body.items).toHaveLength(11);
	});

	it("of holds, by status too, and of ledger entries gives each once, newest first", async () => {
		const client = await newClient();
		await client.post(grants, { amount: 100, kind: "bonus" });
		const ids: string[] = [];
		for (let i = 0; i < 7; i++) ids.unshift((await client.post(holds, { amount: 1 })).body.id);
		const settled = ids.filter((_, i) => i % 2 === 0);
		for (const id of settled) await client.post(`${holds}/${id}/settlement`, { amount: 1 });
		const idsOf = async (query: string) => (await everyItem(client, `${holds}?${query}`)).items.map((hold) => hold.id);
		expect(await idsOf("limit=2")).toEqual(ids);
		expect(await idsOf("limit=2&status=settled")).toEqual(settled);
		expect(await idsOf("limit=3&status=held")).toEqual(ids.filter((id) => !settled.includes(id)));
		expect(await idsOf("status=expired")).toEqual([]);
		const entries = await everyItem(client, "/v1/users/me/credits/entries?limit=5");
		expect(entries.items.map((line) => line.seq)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
	});

	it("of own quizzes and of the catalog gives each once, newest first", async () => {
		const author = await newClient();
		const titles = ["a", "b", "c", "d", "e"];
		const ids = await Promise.all(titles.map((title) => publishedQuiz(author, quizDocument(title), "tenant")));
		const own = await everyItem(author, "/v1/users/me/quizzes?limit=2");
		expect(own.items.map((quiz) => quiz.id).sort()).toEqual([...ids].sort());
		expect(own.items.map((quiz) => quiz.created_at)).toEqual(
			own.items.map((quiz) => quiz.created_at).sort((a, b) => b - a),
		);
		const catalog = await everyItem(author, "/v1/quizzes?limit=2");
		const mine = catalog.items.filter((quiz) => quiz.owner === author.user);
		expect(mine.map((quiz) => quiz.id).sort()).toEqual([...ids].sort());
		const order = catalog.items.map((quiz) => [quiz.published_at, quiz.id]);
		expect(order).toEqual([...order].sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? 1 : -1)));
		expect(new Set(catalog.items.map((quiz) => quiz.id)).size).toBe(catalog.items.length);
	});

	it("of log rows goes on after any row, in order and without a gap", async () => {
		const client = await newClient();
		for (let i = 0; i < 6; i++) await client.post(grants, { amount: 1, kind: "bonus" });
		const seqs: number[] = [];
		let after = 0;
		for (let rows = -1; rows !== 0; ) {
			const { body } = await client.get(`/v1/users/me/log?limit=3&after=${after}`);
			expect(body.head_seq).toBe(7);
			rows = body.items.length;
			seqs.push(...body.items.map((row: { seq: number }) => row.seq));
			after = body.next_after;
		}
		expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7]);
		expect((await client.get("/v1/users/me/log?after=99")).body).toMatchObject({ items: [], next_after: 99 });
	});
});

describe("x-d1-bookmark", () => {
	it("is given with every catalog read and taken by the next", async () => {
		const client = await newClient();
		const quiz = await publishedQuiz(client);
		for (const path of ["/v1/quizzes", `/v1/quizzes/${quiz}`, `/v1/quizzes/${quiz}/statistics`]) {
			const bookmark = (await client.get(path)).headers.get("x-d1-bookmark");
			expect(bookmark).toMatch(/^[0-9a-f-]+$/);
			const next = await client.request("GET", path, { headers: { "x-d1-bookmark": bookmark ?? "" } });
			expect(next.status).toBe(200);
			expect(next.headers.get("x-d1-bookmark")).toMatch(/^[0-9a-f-]+$/);
		}
	});

	it("is refused where no answer can have given it", async () => {
		const client = await newClient();
		for (const forged of ["first-primary", "", "'; DROP TABLE quizzes", "a".repeat(129), "0123-xyz"]) {
			const answer = await client.request("GET", "/v1/quizzes", { headers: { "x-d1-bookmark": forged } });
			expectProblem(answer, "invalid-request", ["/x-d1-bookmark"]);
			const attempt = { quiz: "quz_0000000205m5t8cfgq3nkw7r", answers: {} };
			const submitted = await client.post("/v1/users/me/attempts", attempt, { "x-d1-bookmark": forged });
			expectProblem(submitted, "invalid-request", ["/x-d1-bookmark"]);
		}
	});
});

describe("the service's own pages", () => {
	it("a page explains every problem, at the address that is its type", async () => {
		for (const [code, status] of Object.entries(CONTRACT_STATUS)) {
			const { status: answered, body } = await call(`/problems/${code}`);
			expect(answered).toBe(200);
			expect(body).toMatchObject({
				code,
				status,
				title: expect.stringMatching(/\S/),
				advice: expect.stringMatching(/\S/),
			});
		}
		for (const code of ["nope", "constructor", "__proto__", "toString"])
			expectProblem(await call(`/problems/${code}`), "not-found");
	});

	it("a path that is not there is 404, a method that is not there 405 with Allow", async () => {
		const client = await newClient();
		for (const path of ["/v1", "/v1/nope", "/v1/users/me/attempts/", "/v1/users//attempts", "/openapi.json/x"]) {
			expectProblem(await client.get(path), "not-found");
		}
		const cases = {
			"DELETE /v1/users/me/attempts": "GET, HEAD, OPTIONS, POST",
			"PUT /v1/users/me/credits/grants": "OPTIONS, POST",
			"PATCH /v1/users/me/quizzes/quz_0000000205m5t8cfgq3nkw7r": "DELETE, GET, HEAD, OPTIONS, PUT",
			"POST /v1/users/me/quizzes/quz_0000000205m5t8cfgq3nkw7r/publication": "DELETE, OPTIONS, PUT",
			"POST /health": "GET, HEAD, OPTIONS",
			"DELETE /openapi.json": "GET, HEAD, OPTIONS",
		};
		for (const [route, allow] of Object.entries(cases)) {
			const [method = "", path = ""] = route.split(" ");
			const answer = await client.request(method, path);
			expectProblem(answer, "method-not-allowed");
			expect(answer.headers.get("Allow")).toBe(allow);
		}
	});

	it("HEAD answers as GET does, without a body", async () => {
		const client = await newClient();
		for (const path of ["/health", "/v1/quizzes", "/v1/users/me/credits", "/v1/users/me/attempts/att_x", "/nope"]) {
			const [get, head] = [await client.get(path), await client.request("HEAD", path)];
			expect([head.status, head.text]).toEqual([get.status, ""]);
			expect(head.headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
		}
	});

	it("health needs no credential, and readiness says when a database does not answer", async () => {
		const health = await call("/health");
		expect([health.status, health.body]).toEqual([200, { status: "ok" }]);
		const ready = await readyNow();
		expect([ready.status, ready.body]).toMatchObject([200, { status: "ready", checks: { alarms: expect.any(Array) } }]);
		const first = () => Promise.reject(new Error("D1_ERROR: no such host db-17.internal"));
		vi.spyOn(testEnv.ACCOUNTS, "prepare").mockReturnValue({ first } as unknown as D1PreparedStatement);
		const unready = await readyNow();
		expectProblem(unready, "unavailable");
		expect(unready.headers.get("Retry-After")).toMatch(/^\d+$/);
		expect(unready.text).not.toContain("db-17");
	});

	it("X-Request-Id is the client's if it is one, and stands in the problem document", async () => {
		const client = await newClient();
		const withId = (id: string) => client.request("GET", "/v1/nope", { headers: { "X-Request-Id": id } });
		const answer = await withId("order-1042_a");
		expect([answer.headers.get("X-Request-Id"), answer.body.request_id]).toEqual(["order-1042_a", "order-1042_a"]);
		for (const bad of ["x".repeat(256), "<script>", "a b", '"']) {
			const replaced = await withId(bad);
			expect(replaced.body.request_id).not.toBe(bad);
			expectProblem(replaced, "not-found");
		}
	});

	it("answers are no-store, whether they succeed or not", async () => {
		const client = await newClient();
		const answers = [
			await client.get("/v1/users/me/credits"),
			await client.get("/v1/users/me/favorites"),
			await client.get("/v1/users/me/log"),
			await client.post(grants, { amount: 1, kind: "bonus" }),
			await client.request("POST", grants, { raw: "{", headers: json }),
			await call("/v1/users/me/log"),
		];
		for (const { headers } of answers) {
			expect(headers.get("Cache-Control")).toBe("no-store");
			expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
		}
	});
});
