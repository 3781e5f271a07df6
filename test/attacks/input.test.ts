import { afterEach, describe, expect, it, vi } from "vitest";
import {
	EVERY_SCOPE,
	expectProblem,
	headSeq,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import {
	bearerOf,
	CLOSED,
	fill,
	NOBODYS,
	OPERATIONS,
	type Operation,
	send,
	sendRaw,
	sessionFor,
	userWithThings,
	WITH_BODY,
} from "../lib/operations.ts";

/** Hostile bodies and parameters, and faults of ours: over every operation of the OpenAPI document. */

afterEach(() => {
	vi.restoreAllMocks();
});

describe("a query parameter that the operation does not take", () => {
	it.each(OPERATIONS)("is refused by $name, which says what it takes", async (operation) => {
		const { method, path, parameters, ...rest } = operation;
		const client = await newClient({ scope: EVERY_SCOPE });
		const credential = bearerOf(await sessionFor(operation));
		const known = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
		for (const name of ["nope", "Limit", "constructor", "__proto__"]) {
			const body = rest.body?.({ client, ...NOBODYS });
			const headers = { "Idempotency-Key": crypto.randomUUID(), ...credential, ...rest.headers };
			const address = `${fill(path, { user: "me", ...NOBODYS })}?${name}=1`;
			const answer = await client.request(method, address, { body, headers });
			expectProblem(answer, "invalid-request");
			const fault = answer.body.errors.find(({ pointer }: { pointer: string }) => pointer === `/${name}`);
			expect(fault).toMatchObject({ in: "query", detail: expect.stringMatching(/not known/) });
			for (const one of known) expect(fault.detail).toContain(`\`${one}\``);
		}
	});
});

describe("a body", () => {
	const FOREIGN = [
		"__proto__",
		"constructor",
		"prototype",
		"id",
		"user",
		"owner",
		"tenant",
		"actor",
		"role",
		"scope",
		"available",
		"seq",
		"toString",
	];

	it.each(WITH_BODY)(
		"of $name with a field that is not the client's to set is 400, and nothing changes",
		async (operation) => {
			const a = { ...(await userWithThings()), ...(await sessionFor(operation)) };
			const before = await headSeq(a.client);
			for (const name of FOREIGN) {
				// Not an object literal, where `__proto__` would set the prototype and be gone.
				const body = JSON.stringify(operation.body?.(a)).replace(/\}$/, `,${JSON.stringify(name)}:{"admin":true}}`);
				expectProblem(await sendRaw(a, operation, body), "invalid-request", [`/${name}`]);
			}
			expect(await headSeq(a.client)).toBe(before);
			expect(({} as Record<string, unknown>).admin).toBeUndefined();
		},
	);

	it("names `__proto__` wherever it stands and however it is written", async () => {
		const a = { client: await newClient({ scope: EVERY_SCOPE }), ...NOBODYS };
		const post = CLOSED.find(({ name }) => name === "POST /v1/users/{user}/attempts") as Operation;
		for (const name of ["__proto__", "\\u005f_proto__", "__\\u0070roto__", "__pr\\u006Fto__"]) {
			const body = `{"quiz": "${a.quiz}", "answers": {"1": 0, "${name}": 0}}`;
			expectProblem(await sendRaw(a, post, body), "invalid-request", ["/answers/__proto__"]);
		}
		// It is a name that is refused, not a word.
		const title = { ...quizDocument("__proto__ and \\u005f_proto__") };
		expect((await a.client.post("/v1/users/me/quizzes", title)).status).toBe(201);
	});

	it("with half a surrogate pair, which no UTF-8 can hold, is 400 and the place is named, in values and in names", async () => {
		const a = { client: await newClient({ scope: EVERY_SCOPE }), ...NOBODYS };
		const holds = CLOSED.find(({ name }) => name === "POST /v1/users/{user}/credits/holds") as Operation;
		const halves = [
			"\\ud800",
			"\\uDBFF",
			"\\udc00",
			"\\uDFFF",
			"\\udc00\\ud800",
			"\\ud83d \\udca5",
			"\\ud800\\ud83d\\udca5",
		];
		for (const half of halves) {
			const inValue = `{"amount": 1, "conversation": [{"role": "user", "content": "a ${half} b"}]}`;
			expectProblem(await sendRaw(a, holds, inValue), "invalid-request", ["/conversation/0/content"]);
			const inName = `{"amount": 1, "conversation": [{"x/~${half}": {}}]}`;
			const pointer = `/conversation/0/x~1~0${JSON.parse(`"${half}"`)}`;
			expectProblem(await sendRaw(a, holds, inName), "invalid-request", [pointer]);
			expectProblem(await sendRaw(a, holds, `"${half}"`), "invalid-request", [""]);
		}
		await a.client.post("/v1/users/me/credits/grants", { amount: 9, kind: "bonus" });
		// Whole pairs are characters, and an escaped backslash is no escape.
		for (const [raw, text] of [
			["\\ud83d\\udca5", "💥"],
			["\\\\ud800", "\\ud800"],
		]) {
			const answer = await sendRaw(a, holds, `{"amount": 1, "prompt": "${raw}"}`);
			expect([answer.status, answer.body.prompt]).toEqual([201, text]);
		}
	});

	const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])));
	const HOSTILE = [
		"[".repeat(100_000),
		`${"[".repeat(100_000)}${"]".repeat(100_000)}`,
		`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
		wide,
		`{"answers": ${wide}}`,
		`{"subjects": [${"1,".repeat(100_000)}1]}`,
		`{"tags": [${'"a",'.repeat(100_000)}"a"]}`,
		`{"title": "${"\\u0000".repeat(200_000)}"}`,
		"1".repeat(1_400_000),
	];
	/** All go through few doors, so each operation has a part of them in its turn, and in the long run all. */
	const AT_ONCE = testEnv.TEST_LONG ? HOSTILE.length : 3;
	const turns = WITH_BODY.map((operation, turn) => ({ name: operation.name, operation, turn }));

	it.each(turns)(
		"of $name that is nested, long or wide beyond measure is refused fast",
		async ({ operation, turn }) => {
			const client = await newClient({ scope: EVERY_SCOPE });
			const a = { client, ...NOBODYS, ...(await sessionFor(operation)) };
			for (let n = 0; n < AT_ONCE; n++) {
				const body = HOSTILE[(turn * AT_ONCE + n) % HOSTILE.length] ?? "";
				const started = performance.now();
				const answer = await sendRaw(a, operation, body);
				expect([400, 413]).toContain(answer.status);
				expectProblem(answer, answer.status === 413 ? "payload-too-large" : "invalid-request");
				expect(answer.body.errors?.length ?? 0).toBeLessThanOrEqual(100);
				expect(answer.text.length).toBeLessThan(30_000);
				expect(performance.now() - started).toBeLessThan(5_000);
			}
		},
	);

	it.each(["credits/grants", "credits/holds", "credits/holds/hld_0000000205m5t8cfgq3nkw7r/settlement"])(
		"of %s whose amount is no amount is 400, and nothing is booked",
		async (path) => {
			const client = await newClient();
			await client.post("/v1/users/me/credits/grants", { amount: 10, kind: "bonus" });
			const kind = path.endsWith("grants") ? ', "kind": "bonus"' : "";
			const zero = path.endsWith("settlement") ? [] : ["0", "-0"];
			const huge = ["1e400", "-1e400", "9007199254740992", "9007199254740993", "1e16", "1000000001"];
			for (const amount of [...zero, ...huge, "-1", "0.5", "1e-7", '"NaN"', '"5"', "null", "true", "[1]", "{}", '""']) {
				const raw = `{"amount": ${amount}${kind}}`;
				const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
				const answer = await client.request("POST", `/v1/users/me/${path}`, { raw, headers });
				expectProblem(answer, "invalid-request");
				for (const error of answer.body.errors) expect(error.pointer).toBe("/amount");
			}
			expect(await headSeq(client)).toBe(2);
		},
	);
});

describe("odd input", () => {
	const ODD = [
		"'",
		'"',
		"' OR '1'='1",
		"'; DROP TABLE quizzes; --",
		"1; SELECT 1",
		"%",
		"_",
		"\\",
		"\0",
		"\n",
		"NEAR(",
		"a AND",
		'"*',
		"*",
		"../../etc/passwd",
		"%2e%2e",
		"$(id)",
		"{{7*7}}",
		"<script>alert(1)</script>",
		"\u202e",
		"💥",
		"\ud800",
		"null",
		"undefined",
		"NaN",
		"Infinity",
		"-1",
		"9".repeat(400),
		"x".repeat(5_000),
		"[]",
		"{}",
		"[object Object]",
		"__proto__",
		"constructor",
	];

	it.each(OPERATIONS)("in any parameter of $name is never a fault of the server", async (operation) => {
		const client = await newClient();
		const query = operation.parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
		const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
		const good = { user: "me", ...NOBODYS };
		const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
		const paths = ODD.flatMap((odd) => [
			...[...query, "unknown"].map((name) => `${fill(operation.path, good)}?${name}=${encoded(odd)}`),
			...inPath.map((name) =>
				operation.path.replace(/\{(\w+)\}/g, (_, other: keyof typeof good) =>
					other === name ? encoded(odd) : good[other],
				),
			),
		]);
		const raw = ["%", "%zz", "%c0%ae", "%ff"].flatMap((odd) => [
			`${fill(operation.path, good)}?cursor=${odd}`,
			operation.path.replace(/\{\w+\}/g, odd),
		]);
		for (const path of [...paths, ...raw]) {
			const answer = await client.request(operation.method, path, {
				headers: { "Idempotency-Key": crypto.randomUUID() },
			});
			expect([path, answer.status < 500]).toEqual([path, true]);
			if (answer.status >= 400) expectProblem(answer, answer.body.code);
		}
	});

	it("in texts that are stored comes back as it went in", async () => {
		const client = await newClient();
		await client.post("/v1/users/me/credits/grants", { amount: 100, kind: "bonus" });
		for (const odd of ODD.filter((text) => text.trim() !== "" && text.length <= 100 && text.isWellFormed())) {
			const hold = await client.post("/v1/users/me/credits/holds", { amount: 1, prompt: odd, purpose: odd });
			expect([hold.status, hold.body.prompt]).toEqual([201, odd]);
			const released = await client.post(`/v1/users/me/credits/holds/${hold.body.id}/release`, { reason: odd });
			expect([released.status, released.body.reason]).toEqual([200, odd]);
		}
		expect((await client.get("/v1/users/me/credits/entries?limit=100")).status).toBe(200);
	});

	it("in a quiz reaches the catalog, and stops nobody's log there", async () => {
		const author = await newClient();
		for (const odd of ["'; DROP TABLE quizzes; --", "a\0b", "💥", '"*', "\\u0000"]) {
			const quiz = await publishedQuiz(
				author,
				{ ...quizDocument(`x ${odd} x`), tags: [odd], description: odd },
				"tenant",
			);
			const { status, body } = await author.get(`/v1/quizzes/${quiz}`);
			expect(status).toBe(200);
			expect(body.title).toBe(`x ${odd} x`);
			expect((await author.get("/v1/quizzes?limit=100")).status).toBe(200);
		}
	});
});

describe("a fault of ours", () => {
	const SECRET = "SQLITE_ERROR at /srv/secret.ts: no such table users";

	it.each(CLOSED.filter(({ freshly }) => !freshly))(
		"in $name is a 500 that says nothing of the inside",
		async (operation) => {
			const a = { client: await newClient({ scope: EVERY_SCOPE }), ...NOBODYS };
			const fault = () => {
				throw Object.assign(new Error(SECRET), { cause: SECRET, remote: true });
			};
			vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation(fault);
			for (const method of ["withSession", "prepare"] as const) {
				vi.spyOn(testEnv.CATALOG, method).mockImplementation(fault);
			}
			for (const method of ["batch", "prepare"] as const) vi.spyOn(testEnv.ACCOUNTS, method).mockImplementation(fault);
			const recorded = vi.spyOn(console, "error").mockImplementation(() => undefined);
			const answer = await send(a.client, operation, a, "me");
			expectProblem(answer, "internal-error");
			expect(answer.text).not.toMatch(/SQLITE|secret|table|\.ts|stack|cause/);
			expect(Object.keys(answer.body).sort()).toEqual([
				"code",
				"detail",
				"instance",
				"request_id",
				"status",
				"title",
				"type",
			]);
			// What the client is not told is in the log, under the id that the client has.
			const lines = recorded.mock.calls.map(([line]) => JSON.parse(String(line)));
			const { request_id } = answer.body;
			expect(lines).toContainEqual(
				expect.objectContaining({ at: "api", request_id, error: expect.stringContaining(SECRET) }),
			);
		},
	);

	it("that a retry may get past is a 503 with Retry-After", async () => {
		const client = await newClient({ scope: EVERY_SCOPE });
		vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation(() => {
			throw Object.assign(new Error(SECRET), { retryable: true });
		});
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const answer = await client.get("/v1/users/me/credits");
		expectProblem(answer, "unavailable");
		expect(answer.headers.get("Retry-After")).toBe("1");
		expect(answer.text).not.toContain("SQLITE");
	});

	it("that is a full storage is a 503 with Retry-After", async () => {
		const client = await newClient({ scope: EVERY_SCOPE });
		vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation(() => {
			throw new Error("database or disk is full: SQLITE_FULL");
		});
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const answer = await client.get("/v1/users/me/credits");
		expectProblem(answer, "unavailable");
		expect(answer.headers.get("Retry-After")).toBe("60");
		expect(answer.text).not.toMatch(/SQLITE|disk|full/);
	});

	it("while content is put away publishes nothing", async () => {
		const client = await newClient();
		vi.spyOn(testEnv.CONTENT, "put").mockRejectedValue(new Error(SECRET));
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const { body } = await client.post("/v1/users/me/quizzes", quizDocument());
		const answer = await client.put(`/v1/users/me/quizzes/${body.id}/publication`, { visibility: "public" });
		expectProblem(answer, "internal-error");
		expect(answer.text).not.toMatch(/SQLITE|secret/);
		expect((await client.get(`/v1/users/me/quizzes/${body.id}`)).body.status).toBe("draft");
	});
});
