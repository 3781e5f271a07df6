import { describe, expect, it } from "vitest";
import { CURSOR_CHARS_MAX } from "../../src/domain/limits.ts";
import {
	type Answer,
	type Code,
	expectProblem,
	headSeq,
	newClient,
	publishedQuiz,
	quizDocument,
} from "../lib/harness.ts";
import { document, limitMax, OPERATIONS, type Operation, send, taking, userWithThings } from "../lib/operations.ts";

/** Bad input: each is answered with the problem document that names the field, and changes nothing. */

const ATTEMPTS = "/v1/users/me/attempts";
const QUIZZES = "/v1/users/me/quizzes";
const LIMIT_BYTES = 1_500_000;

let shared: Promise<string> | undefined;
/** One published quiz for all tests that only read it: four questions, right answers 0, 1, 2, 3. */
const someQuiz = () => {
	shared ??= newClient().then((author) => publishedQuiz(author));
	return shared;
};

const key = () => ({ "Idempotency-Key": crypto.randomUUID() });
const json = { "Content-Type": "application/json" };

/** A user with a log, a request, the problem it gets, and the log as it was. */
async function refuses(
	send: (client: Awaited<ReturnType<typeof newClient>>) => Promise<Answer>,
	code: Code,
	pointers?: string[],
) {
	const client = await newClient();
	await client.post("/v1/users/me/credits/grants", { amount: 10, kind: "bonus" });
	const before = await headSeq(client);
	const answer = await send(client);
	expectProblem(answer, code, pointers);
	expect(await headSeq(client)).toBe(before);
	return answer;
}

/** A body that is there and has no bytes; only a request without one has no body stream at all. */
const NO_BYTES = new Uint8Array();

describe("a body that is not what it should be", () => {
	it.each([
		["cut off", '{"quiz": "quz_'],
		["two values", "{} {}"],
		["a trailing comma", '{"quiz": "x",}'],
		["NaN", '{"amount": NaN}'],
		["not UTF-8", new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
	])("malformed JSON (%s) is 400 and points to the whole body", async (_, raw) => {
		await refuses((c) => c.request("POST", ATTEMPTS, { raw, headers: { ...json, ...key() } }), "invalid-request", [""]);
	});

	it.each(["POST /v1/users/me/attempts", "POST /v1/users/me/quizzes", "POST /v1/users/me/credits/grants"])(
		"%s with an empty body is 400, with and without a Content-Type",
		async (route) => {
			const [method = "", path = ""] = route.split(" ");
			await refuses((c) => c.request(method, path, { raw: "", headers: { ...json, ...key() } }), "invalid-request");
			await refuses((c) => c.request(method, path, { headers: key() }), "invalid-request");
			await refuses((c) => c.request(method, path, { raw: NO_BYTES, headers: key() }), "invalid-request");
			const text = { "Content-Type": "text/plain", ...key() };
			await refuses((c) => c.request(method, path, { raw: "", headers: text }), "unsupported-media-type");
		},
	);

	it("none at all, as Content-Length: 0 says it, is right where nothing is required of it", async () => {
		const client = await newClient();
		const lot = await client.post("/v1/users/me/credits/grants", { amount: 5, kind: "bonus" });
		const hold = await client.post("/v1/users/me/credits/holds", { amount: 1 });
		const changes = [`holds/${hold.body.id}/release`, `lots/${lot.body.id}/void`];
		for (const change of changes) {
			const path = `/v1/users/me/credits/${change}`;
			expect((await client.request("POST", path, { raw: NO_BYTES, headers: key() })).status).toBe(200);
		}
	});

	it("a JSON value that is not an object is 400", async () => {
		for (const body of [null, 1, "text", [], true]) {
			await refuses((c) => c.post(ATTEMPTS, body), "invalid-request", [""]);
		}
	});

	it("a body without Content-Type is 415", async () => {
		// A body of bytes has no type of its own, where one of text would be text/plain.
		const raw = new TextEncoder().encode("{}");
		const { body } = await refuses(
			(c) => c.request("POST", ATTEMPTS, { raw, headers: key() }),
			"unsupported-media-type",
		);
		expect(body.detail).toContain("no Content-Type");
	});

	it.each([
		"text/plain",
		"application/x-www-form-urlencoded",
		"application/jsonp",
		"application/ld+json",
		"application/json;",
		"json",
	])("a body of type %s is 415", async (type) => {
		const headers = { "Content-Type": type, ...key() };
		await refuses((c) => c.request("POST", ATTEMPTS, { raw: "{}", headers }), "unsupported-media-type");
	});

	it.each(["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"])(
		"a body of type %s is JSON",
		async (type) => {
			const client = await newClient();
			const raw = JSON.stringify({ amount: 3, kind: "bonus" });
			const headers = { "Content-Type": type, ...key() };
			const granted = await client.request("POST", "/v1/users/me/credits/grants", { raw, headers });
			expect(granted.status).toBe(201);
			const held = await client.post("/v1/users/me/credits/holds", { amount: 3 });
			const path = `/v1/users/me/credits/holds/${held.body.id}/release`;
			const released = await client.request("POST", path, {
				raw: '{"reason": "why"}',
				headers: { "Content-Type": type },
			});
			expect(released.body.reason).toBe("why");
		},
	);

	it.each(["gzip", "br", "identity, gzip"])(
		"a body with Content-Encoding %s is 415, not decompressed",
		async (encoding) => {
			const headers = { ...json, ...key(), "Content-Encoding": encoding };
			const raw = new Uint8Array([0x1f, 0x8b, 8, 0]);
			await refuses((c) => c.request("POST", ATTEMPTS, { raw, headers }), "unsupported-media-type");
		},
	);
});

describe("fields that are wrong", () => {
	it("unknown fields are 400 and each is named, at the top and nested", async () => {
		const quiz = await someQuiz();
		await refuses((c) => c.post(ATTEMPTS, { quiz, answers: {}, score: 4, "a/b~c": 1 }), "invalid-request", [
			"/score",
			"/a~1b~0c",
		]);
		const document = quizDocument();
		const [subject] = document.subjects;
		const questions = [{ ...subject?.questions[0], clue: "one" }];
		const nested = { ...document, owner: "usr_x", subjects: [{ name: "all", teacher: "me", questions }] };
		await refuses((c) => c.post(QUIZZES, nested), "invalid-request", [
			"/subjects/0/questions/0/clue",
			"/subjects/0/teacher",
			"/owner",
		]);
	});

	it("answers to questions that do not exist and choices out of range are 400, each named", async () => {
		const quiz = await someQuiz();
		const bad = { quiz, answers: { 1: 0, 99: 1, nope: 2, 4: 4 } };
		await refuses((c) => c.post(ATTEMPTS, bad), "invalid-request", ["/answers/4", "/answers/99", "/answers/nope"]);
		for (const choice of [-1, 1.5, 10, "1", null, true, [0]]) {
			await refuses((c) => c.post(ATTEMPTS, { quiz, answers: { 2: choice } }), "invalid-request", ["/answers/2"]);
		}
		await refuses((c) => c.post(ATTEMPTS, { quiz, answers: { "a b": 1 } }), "invalid-request", ["/answers/a b"]);
	});

	it("an attempt that was started in the future is 400", async () => {
		const late = { quiz: await someQuiz(), answers: {}, started_at: Date.now() + 60_000 };
		await refuses((c) => c.post(ATTEMPTS, late), "invalid-request", ["/started_at"]);
	});

	it("a quiz whose key is no option, whose options are equal or whose ids repeat is 400, each named", async () => {
		const question = { id: 1, question: "?", options: ["a", "b", "a"], correctAnswer: 3 };
		const content = { title: "t", subjects: [{ name: "s", questions: [question, { ...question, id: "1" }] }] };
		const at = (index: number, field: string) => `/subjects/0/questions/${index}/${field}`;
		await refuses((c) => c.post(QUIZZES, content), "invalid-request", [
			at(0, "options/2"),
			at(0, "correctAnswer"),
			at(1, "id"),
			at(1, "options/2"),
			at(1, "correctAnswer"),
		]);
	});

	it("a question whose id is `__proto__` is 400", async () => {
		const [document, question] = [quizDocument(), quizDocument().subjects[0]?.questions[0]];
		const content = { ...document, subjects: [{ name: "all", questions: [{ ...question, id: "__proto__" }] }] };
		await refuses((c) => c.post(QUIZZES, content), "invalid-request", ["/subjects/0/questions/0/id"]);
	});

	it.each([
		["/v1/users/me/attempts/att_1", "/attempt"],
		["/v1/users/me/attempts/quz_0000000205m5t8cfgq3nkw7r", "/attempt"],
		["/v1/users/me/credits/holds/hld_%00", "/hold"],
		["/v1/users/me/quizzes/1%20OR%201=1", "/quiz"],
		["/v1/users/ada/credits", "/user"],
		["/v1/quizzes/..", undefined],
		["/v1/quizzes/quz_U", "/quiz"],
	])("the id in %s is refused", async (path, pointer) => {
		const { body } = await refuses(
			(c) => c.get(path),
			pointer ? "invalid-request" : "not-found",
			pointer ? [pointer] : undefined,
		);
		if (pointer) expect(body.errors[0].in).toBe("path");
	});
});

describe("quizzes that cannot be taken", () => {
	const submit = (quiz: string) => ({ quiz, answers: { 1: 0 } });

	it("one that does not exist, is not published, or was withdrawn is 404", async () => {
		await refuses((c) => c.post(ATTEMPTS, submit("quz_0000000205m5t8cfgq3nkw7r")), "not-found");
		const author = await newClient();
		const draft = await author.post(QUIZZES, quizDocument());
		await refuses((c) => c.post(ATTEMPTS, submit(draft.body.id)), "not-found");
		expectProblem(await author.post(ATTEMPTS, submit(draft.body.id)), "not-found");
		const withdrawn = await publishedQuiz(author);
		await author.request("DELETE", `${QUIZZES}/${withdrawn}/publication`, { headers: { Prefer: "wait=20" } });
		await refuses((c) => c.post(ATTEMPTS, submit(withdrawn)), "not-found");
		expectProblem(await author.get(`/v1/quizzes/${withdrawn}`), "not-found");
		expectProblem(await (await newClient()).get(`/v1/quizzes/${withdrawn}/statistics`), "not-found");
		expect((await author.get(`/v1/quizzes/${withdrawn}/statistics`)).status).toBe(200);
	});

	it("a private one is for its author, a tenant's for the tenant, and 404 for all others", async () => {
		const author = await newClient();
		const [colleague, stranger] = await Promise.all([newClient({ tenant: author.tenant }), newClient()]);
		const [mine, ours] = await Promise.all([
			publishedQuiz(author, quizDocument("mine"), "private"),
			publishedQuiz(author, quizDocument("ours"), "tenant"),
		]);
		const expected: [string, typeof author, boolean][] = [
			[mine, author, true],
			[mine, colleague, false],
			[mine, stranger, false],
			[ours, author, true],
			[ours, colleague, true],
			[ours, stranger, false],
		];
		for (const [quiz, client, may] of expected) {
			expect((await client.post(ATTEMPTS, submit(quiz))).status).toBe(may ? 201 : 404);
			expect((await client.get(`/v1/quizzes/${quiz}`)).status).toBe(may ? 200 : 404);
			expect((await client.get(`/v1/quizzes/${quiz}/statistics`)).status).toBe(may ? 200 : 404);
			const listed = (await client.get("/v1/quizzes?limit=100")).body.items.map((item: { id: string }) => item.id);
			expect(listed.includes(quiz)).toBe(may);
		}
		expect(await headSeq(stranger)).toBe(0);
	});
});

describe("Idempotency-Key", () => {
	it("is required on attempts, grants and holds", async () => {
		const quiz = await someQuiz();
		const bodies = {
			attempts: { quiz, answers: {} },
			"credits/grants": { amount: 1, kind: "bonus" },
			"credits/holds": { amount: 1 },
		};
		for (const [path, body] of Object.entries(bodies)) {
			await refuses((c) => c.request("POST", `/v1/users/me/${path}`, { body }), "idempotency-key-required");
		}
	});

	it("has 1 to 255 visible characters", async () => {
		const body = { amount: 1, kind: "bonus" };
		const path = "/v1/users/me/credits/grants";
		for (const bad of ["", "x".repeat(256), "a b"]) {
			const headers = { "Idempotency-Key": bad };
			const { body: problem } = await refuses((c) => c.post(path, body, headers), "invalid-request", [
				"/Idempotency-Key",
			]);
			expect(problem.errors[0].in).toBe("header");
		}
		const client = await newClient();
		expect((await client.post(path, body, { "Idempotency-Key": "x".repeat(255) })).status).toBe(201);
	});

	it("with another body, or for another operation, is 422 and nothing changes", async () => {
		const client = await newClient();
		const used = key();
		const grant = { amount: 7, kind: "bonus" };
		await client.post("/v1/users/me/credits/grants", grant, used);
		const before = await headSeq(client);
		const others: [string, object][] = [
			["credits/grants", { ...grant, amount: 8 }],
			["credits/grants", { ...grant, reference: "x" }],
			["credits/holds", { amount: 7 }],
			["attempts", { quiz: await someQuiz(), answers: {} }],
			["quizzes", quizDocument()],
		];
		for (const [path, body] of others) {
			const answer = await client.post(`/v1/users/me/${path}`, body, used);
			expectProblem(answer, "idempotency-key-reused");
			expect(answer.headers.has("Idempotent-Replayed")).toBe(false);
		}
		expect(await headSeq(client)).toBe(before);
		const same = { kind: "bonus", amount: 7 };
		expect((await client.post("/v1/users/me/credits/grants", same, used)).headers.get("Idempotent-Replayed")).toBe(
			"true",
		);
	});

	it("of one user means nothing for another, of the same tenant too", async () => {
		const one = await newClient();
		const two = await newClient({ tenant: one.tenant });
		const used = key();
		const path = "/v1/users/me/credits/grants";
		const first = await one.post(path, { amount: 1, kind: "bonus" }, used);
		const second = await two.post(path, { amount: 2, kind: "plan" }, used);
		expect(second.status).toBe(201);
		expect(second.body.id).not.toBe(first.body.id);
	});
});

describe("pages", () => {
	/** Somebody who has one of everything, so that every list is there; they only read. */
	let reader: ReturnType<typeof userWithThings> | undefined;
	async function read(operation: Operation, parameter: string): Promise<Answer> {
		reader ??= userWithThings();
		const things = await reader;
		const query = operation.query === undefined ? parameter : `${operation.query}&${parameter}`;
		return send(things.client, { ...operation, query }, things, "me");
	}

	it.each(taking("limit"))("$name refuses limits that are not from 1 to its largest", async (operation) => {
		const most = limitMax(operation) ?? 0;
		expect(most).toBeGreaterThan(1);
		for (const limit of ["0", `${most + 1}`, "abc", "-1", "1.5", "1e1", "", "99999", "1&limit=2"]) {
			const answer = await read(operation, `limit=${limit}`);
			expectProblem(answer, "invalid-request", ["/limit"]);
			expect(answer.body.errors[0].in).toBe("query");
		}
		for (const limit of [1, most]) expect((await read(operation, `limit=${limit}`)).status).toBe(200);
	});

	it.each(taking("cursor"))("$name refuses a cursor that no page of it gave", async (operation) => {
		const forged = [null, {}, [], "x", -1, 1.5, [1], [1, 2], [1, "quz_x"], { seq: 1 }];
		const cursors = [
			...forged.map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
			"",
			"!",
			"MQ==",
			"M".repeat(CURSOR_CHARS_MAX + 1),
		];
		for (const cursor of cursors) {
			const answer = await read(operation, `cursor=${encodeURIComponent(cursor)}`);
			expectProblem(answer, "invalid-request", ["/cursor"]);
		}
	});

	/** Of the change feed one reads on by `after`; related quizzes are all there at once. */
	const WITHOUT_CURSOR = ["GET /v1/users/{user}/log", "GET /v1/quizzes/{quiz}/related"];

	it("whatever reads a page takes a limit, and a cursor but where there is no next page", () => {
		const isPageSchema = ({ $ref, properties = {}, allOf = [] }: Answer["body"]): boolean =>
			"next_cursor" in properties ||
			allOf.some(isPageSchema) ||
			($ref !== undefined && isPageSchema(document.components.schemas[$ref.split("/").at(-1)]));
		const isPage = ({ method, path }: Operation) => {
			const shown = document.paths[path][method.toLowerCase()].responses["200"]?.content?.["application/json"]?.schema;
			return method === "GET" && shown !== undefined && isPageSchema(shown);
		};
		const pages = OPERATIONS.filter(isPage);
		expect(pages.length).toBeGreaterThan(10);
		const without = (parameter: string) => pages.filter((each) => !taking(parameter).includes(each));
		// A page of a digest is as long as it is, so that pages of equal tables are equal.
		expect(without("limit").map(({ path }) => path)).toEqual(["/v1/admin/replication/digest"]);
		expect(
			without("cursor")
				.map(({ name }) => name)
				.sort(),
		).toEqual(WITHOUT_CURSOR.sort());
	});

	it("the ledger's cursor, forged to name a row that is no entry, is refused too", async () => {
		const client = await newClient();
		await client.post("/v1/users/me/credits/grants", { amount: 1, kind: "bonus" });
		for (const cursor of ["MQ", "OTk"]) {
			const answer = await client.get(`/v1/users/me/credits/entries?cursor=${cursor}`);
			expectProblem(answer, "invalid-request", ["/cursor"]);
		}
	});

	it("a bookmark that D1 never gave is 400", async () => {
		const client = await newClient();
		for (const path of ["/v1/quizzes", "/v1/analytics/ai-usage"]) {
			const answer = await client.request("GET", path, { headers: { "x-d1-bookmark": "abc" } });
			expectProblem(answer, "invalid-request", ["/x-d1-bookmark"]);
			expect(answer.body.errors[0].in).toBe("header");
			const given = (await client.get(path)).headers.get("x-d1-bookmark") ?? "";
			expect((await client.request("GET", path, { headers: { "x-d1-bookmark": given } })).status).toBe(200);
		}
	});

	it("filters that are not known are 400", async () => {
		const client = await newClient();
		expectProblem(await client.get(`${ATTEMPTS}?quiz=nope`), "invalid-request", ["/quiz"]);
		expectProblem(await client.get("/v1/users/me/credits/holds?status=open"), "invalid-request", ["/status"]);
		expectProblem(await client.get("/v1/users/me/log?after=-1"), "invalid-request", ["/after"]);
		expectProblem(await client.get("/v1/users/me/log?after=x"), "invalid-request", ["/after"]);
	});
});

describe("size", () => {
	const streamOf = (bytes: number) => {
		let left = bytes;
		return new ReadableStream<Uint8Array>({
			pull(controller) {
				const size = Math.min(left, 64 * 1_024);
				if (size === 0) return controller.close();
				left -= size;
				controller.enqueue(new Uint8Array(size).fill(0x20));
			},
		});
	};

	it("a body of 2 MB is 413, announced or streamed", async () => {
		const raw = " ".repeat(2_000_000);
		const announced = { ...json, ...key(), "Content-Length": "2000000" };
		const first = await refuses((c) => c.request("POST", ATTEMPTS, { raw, headers: announced }), "payload-too-large");
		expect(first.body.limit_bytes).toBe(LIMIT_BYTES);
		const headers = { ...json, ...key() };
		await refuses((c) => c.request("POST", ATTEMPTS, { raw: streamOf(2_000_000), headers }), "payload-too-large");
		await refuses((c) => c.request("PUT", `${QUIZZES}/x`, { raw: streamOf(2_000_000), headers }), "payload-too-large");
		const lying = { ...headers, "Content-Length": "5" };
		await refuses(
			(c) => c.request("POST", ATTEMPTS, { raw: streamOf(2_000_000), headers: lying }),
			"payload-too-large",
		);
	});

	it("a body of exactly the limit is read, one byte more is 413", async () => {
		const client = await newClient();
		const text = JSON.stringify({ amount: 1, kind: "bonus" });
		const send = (bytes: number) => {
			const headers = { ...json, ...key() };
			return client.request("POST", "/v1/users/me/credits/grants", { raw: text.padEnd(bytes), headers });
		};
		expect((await send(LIMIT_BYTES)).status).toBe(201);
		expectProblem(await send(LIMIT_BYTES + 1), "payload-too-large");
	});

	it("quiz content of more than 1 MB is refused, though the body is within its limit", async () => {
		const letters = ["a", "b", "c", "d"];
		const document = quizDocument("long", 260);
		const [subject] = document.subjects;
		const long = subject?.questions.map((question) => ({
			...question,
			options: letters.map((letter) => letter.repeat(1_000)),
		}));
		const content = { ...document, subjects: [{ name: "all", questions: long }] };
		expect(JSON.stringify(content).length).toBeLessThan(LIMIT_BYTES);
		await refuses((c) => c.post(QUIZZES, content), "invalid-request", [""]);
		const less = { ...document, subjects: [{ name: "all", questions: long?.slice(0, 200) }] };
		expect((await (await newClient()).post(QUIZZES, less)).status).toBe(201);
	});

	it("32 levels of nesting are read, 33 are refused; brackets in strings do not count", async () => {
		const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
		const send = (raw: string) =>
			refuses((c) => c.request("POST", ATTEMPTS, { raw, headers: { ...json, ...key() } }), "invalid-request");
		expect((await send(nested(32))).body.detail).not.toContain("nested");
		expect((await send(nested(33))).body.detail).toContain("nested too deep");
		const client = await newClient();
		expect((await client.post(QUIZZES, quizDocument(`\\"${"[{".repeat(40)}`))).status).toBe(201);
	});
});
