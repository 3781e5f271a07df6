import { describe, expect, it } from "vitest";
import { UPLOAD_TYPES } from "../../src/api/interchange/schemas.ts";
import { MEDIA_TYPES } from "../../src/domain/media/image-headers.ts";
import { ALL_SCOPES, type Answer, call, expectProblem, fresh, newClient, testEnv } from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";
import {
	CASES,
	CLOSED,
	document,
	fill,
	NOBODYS,
	OF_USERS,
	OPERATIONS,
	type Operation,
	objectCount,
	send,
	snapshot,
	someUser,
	type Things,
	userWithThings,
	withoutCredential,
} from "../lib/operations.ts";

/** Who may do what: one suite over every operation of the OpenAPI document, so that a new one cannot be forgotten. */

describe("the OpenAPI document", () => {
	it("has a case here for each operation, and an operation for each case", () => {
		expect(OPERATIONS.map((operation) => operation.name).sort()).toEqual(Object.keys(CASES).sort());
	});

	it("is of version 3.1; each operation has a summary, tags, and the problems that it can answer with", () => {
		expect(document.openapi).toBe("3.1.0");
		expect(document.info).toMatchObject({ title: "Marksheet", version: expect.any(String) });
		for (const [path, item] of Object.entries<Record<string, Answer["body"]>>(document.paths)) {
			const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
			for (const operation of Object.values(item)) {
				expect(operation.summary).toMatch(/\S/);
				expect(operation.tags).toHaveLength(1);
				const inPath = operation.parameters?.filter((parameter: { in: string }) => parameter.in === "path") ?? [];
				expect(inPath.map((parameter: { name: string }) => parameter.name)).toEqual(named);
				const { responses } = operation;
				expect(Object.keys(responses).some((status) => status.startsWith("2"))).toBe(true);
				for (const status of ["400", "404", "500", "503"]) expect(responses).toHaveProperty(status);
				for (const [status, { $ref, ...own }] of Object.entries<Answer["body"]>(responses)) {
					const response = $ref ? document.components.responses[$ref.split("/").at(-1)] : own;
					expect(response.description).toMatch(/\S/);
					if (status.startsWith("3")) {
						expect(response.headers).toHaveProperty(status === "304" ? "ETag" : "Location");
						continue;
					}
					const files = path.endsWith("/export")
						? ["text/plain", "application/xml", "text/csv", "application/zip"]
						: [];
					const lines = path.endsWith("/audit") ? ["application/x-ndjson"] : [];
					const isArchive = path === "/v1/users/{user}/export";
					const documents = isArchive ? ["application/zip"] : ["application/json", ...files, ...lines];
					const shown = path === "/v1/media/{media}" ? MEDIA_TYPES : documents;
					const types = status < "300" ? shown : ["application/problem+json"];
					expect(Object.keys(response.content)).toEqual(types);
				}
				const bytes = new Map<string, readonly string[]>([
					["/v1/users/{user}/media", MEDIA_TYPES],
					["/v1/users/{user}/quizzes/imports/files", ["multipart/form-data", ...UPLOAD_TYPES]],
				]);
				const taken = bytes.get(path) ?? ["application/json"];
				if (operation.requestBody) expect(Object.keys(operation.requestBody.content)).toEqual(taken);
			}
		}
		const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
			([, name]) => name,
		);
		for (const name of refs) expect(document.components.schemas).toHaveProperty(name ?? "");
	});

	it.each(OPERATIONS)("$name is there", async (operation) => {
		const client = await newClient();
		const answer = await client.request(operation.method, fill(operation.path, { user: "me", ...NOBODYS }));
		expect(answer.status).not.toBe(405);
		expect(answer.body.detail).not.toBe("There is nothing at this address.");
	});
});

describe("a stranger", () => {
	it.each(OPERATIONS.filter(({ open }) => !open))("without a credential gets 401 from $name", async (operation) => {
		const { method, path, isOpenRead } = operation;
		const before = await objectCount();
		for (const Authorization of [...(isOpenRead ? [] : [null]), "Bearer a.b.c", "Basic dXNyX2FkYTo=", "Bearer"]) {
			const ids = { user: someUser, ...NOBODYS };
			const answer = await call(fill(path, ids), { method, headers: Authorization === null ? {} : { Authorization } });
			expectProblem(answer, "unauthenticated");
			expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer /);
		}
		expect(await objectCount()).toBe(before);
	});

	it.each(OPERATIONS.filter((operation) => operation.open))("may call $name", async (operation) => {
		const client = await newClient();
		const a: Things = { client, ...NOBODYS, code: "not-found", media: await uploaded(client, png(2, 2)) };
		await operation.before?.(a);
		expect([200, 201]).toContain((await send(withoutCredential(client), operation, a, "me")).status);
	});
});

describe("another user", () => {
	it("gets 404 for A's id and A's things from every operation, and A's data stay as they are", async () => {
		const a = await userWithThings();
		const { tenant } = a.client;
		const all = `${ALL_SCOPES} on-behalf-of admin`;
		const others = [await newClient(), await newClient({ tenant }), await newClient({ scope: all })];
		const before = await snapshot(a.client);
		for (const operation of OF_USERS) {
			for (const other of others) {
				expectProblem(await send(other, operation, a, a.client.user), "not-found");
				const ofA = /\{(attempt|hold|lot|quiz|collection|share|media)\}/.test(operation.path);
				if (ofA) expectProblem(await send(other, operation, a, "me"), "not-found");
			}
		}
		for (const operation of CLOSED.filter(({ path }) => /^\/v1\/(quizzes|slugs|collections)\/\{/.test(path))) {
			for (const other of others) expectProblem(await send(other, operation, a, "me"), "not-found");
		}
		expect(await snapshot(a.client)).toEqual(before);
	});

	it("cannot take A's private quiz, nor settle A's hold with a key that A used", async () => {
		const [a, b] = [await userWithThings(), await newClient()];
		expectProblem(await b.post("/v1/users/me/attempts", { quiz: a.quiz, answers: {} }), "not-found");
		const used = { "Idempotency-Key": crypto.randomUUID() };
		const path = `/v1/users/me/credits/holds/${a.hold}/settlement`;
		expect((await a.client.post(path, { amount: 1 }, used)).status).toBe(200);
		expectProblem(await b.post(path, { amount: 1 }, used), "not-found");
	});
});

describe("a service that acts on behalf of users", () => {
	const serviceOf = (tenant: string, scope = `${ALL_SCOPES} on-behalf-of`) =>
		newClient({ user: fresh("svc"), tenant, scope });

	it("may call every operation of a user of its tenant who has called, and is named as the actor", async () => {
		const a = await userWithThings();
		const service = await serviceOf(a.client.tenant);
		// What ends a hold or withdraws the quiz comes last, in this order.
		const ends = ["/settlement", "/release", "/refund", "/status", "/undeletion"];
		const isEnd = ({ name }: Operation) => ends.some((end) => name.endsWith(end)) || name.startsWith("DELETE");
		const operations = OF_USERS.sort((x, y) => Number(isEnd(x)) - Number(isEnd(y)));
		for (const operation of operations) {
			await operation.before?.(a);
			const { status } = await send(service, operation, a, a.client.user);
			expect([operation.name, status < 300 || (status === 409 && isEnd(operation))]).toEqual([operation.name, true]);
		}
		const { items } = (await a.client.get("/v1/users/me/log?limit=100")).body;
		expect(items.at(-1).actor).toBe(service.user);
	});

	it("may act for a user whom ACCOUNTS knows and who never called", async () => {
		const [user, tenant] = [fresh("usr"), fresh("ten")];
		await testEnv.ACCOUNTS.prepare("INSERT INTO users (id, tenant_id, created_at) VALUES (?, ?, 0)")
			.bind(user, tenant)
			.run();
		const service = await serviceOf(tenant);
		const path = `/v1/users/${user}/credits`;
		// Asked first, while there is no shard yet that would know its tenant.
		const elsewhere = await serviceOf(fresh("ten"));
		const before = await objectCount();
		expectProblem(await elsewhere.post(`${path}/grants`, { amount: 9, kind: "bonus" }), "not-found");
		expect(await objectCount()).toBe(before);
		expect((await service.post(`${path}/grants`, { amount: 3, kind: "bonus" })).status).toBe(201);
		expect((await service.get(path)).body.available).toBe(3);
		expect((await (await newClient({ user, tenant })).get(path)).body.available).toBe(3);
	});

	it("gets 404 for a user of another tenant, for unknown ones, and for itself; none of it makes an object", async () => {
		const a = await userWithThings();
		const [elsewhere, here] = [await serviceOf(fresh("ten")), await serviceOf(a.client.tenant)];
		const [before, data] = [await objectCount(), await snapshot(a.client)];
		for (const operation of OF_USERS) {
			expectProblem(await send(elsewhere, operation, a, a.client.user), "not-found");
			for (const user of [fresh("usr"), "me"]) expectProblem(await send(here, operation, a, user), "not-found");
		}
		expect(await objectCount()).toBe(before);
		expect(await snapshot(a.client)).toEqual(data);
	});

	it("needs the scope: without it another user is 404 although the tenant is the same", async () => {
		const a = await userWithThings();
		const service = await serviceOf(a.client.tenant, ALL_SCOPES);
		expectProblem(await service.get(`/v1/users/${a.client.user}/credits`), "not-found");
	});

	it("makes no object with fuzzed user ids", async () => {
		const service = await serviceOf(fresh("ten"));
		const before = await objectCount();
		const odd = [
			"usr_",
			"usr_é",
			"usr_a%2Fb",
			"usr_a%00",
			"..",
			"%2e%2e",
			"usr_'--",
			"USR_a",
			`usr_${"a".repeat(49)}`,
			"usr_a b",
			"svc_x",
		];
		for (const user of [
			...odd,
			...Array.from({ length: 30 }, () => fresh("usr")),
			"usr_a",
			"usr_-",
			"usr_constructor",
		]) {
			for (const path of ["credits", "log", "sync", "attempts"]) {
				const { status } = await service.get(`/v1/users/${user}/${path}`);
				expect([400, 404]).toContain(status);
			}
		}
		expect(await objectCount()).toBe(before);
	});
});

describe("a scope", () => {
	it.each(CLOSED.filter((operation) => operation.scope))("$scope is needed for $name", async (operation) => {
		const scope = ALL_SCOPES.split(" ")
			.filter((name) => name !== operation.scope)
			.join(" ");
		const a = { client: await newClient({ scope }), ...NOBODYS };
		for (const client of [
			a.client,
			await newClient({ scope: "" }),
			await newClient({ scope: `x${operation.scope} Admin` }),
		]) {
			const before = await objectCount();
			const answer = await send(client, operation, a, "me");
			expectProblem(answer, "forbidden");
			expect(answer.body.required_scope).toBe(operation.scope);
			expect(await objectCount()).toBe(before);
		}
	});
});
