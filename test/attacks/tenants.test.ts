import { describe, expect, it } from "vitest";
import { ROLES } from "../../src/domain/people/roles.ts";
import { type Client, EVERY_SCOPE, expectProblem, fresh, newClient, testEnv } from "../lib/harness.ts";
import { addressFor, OF_TENANTS, type Operation, send, type Things } from "../lib/operations.ts";
import { at, eventsOf, newMember, newService } from "../lib/tenants.ts";
import { CANARY, leaked, READS, type TenantA, tenantA, tenantB } from "../lib/two-tenants.ts";

/**
 * Two tenants with the same things. Whatever one of B asks, by whatever role or key, has nothing in it of A's that is not public: over every
 * operation of the OpenAPI document, so that a new one, and a new query behind it, cannot be forgotten.
 */

interface World {
	a: TenantA;
	readers: Map<string, Client>;
}

let world: Promise<World> | undefined;
const theWorld = () => {
	world ??= (async () => ({ a: await tenantA(), readers: (await tenantB()).readers }))();
	return world;
};

describe("whoever is of tenant B", () => {
	it("would be noticed: A's own reads are full of what is A's alone", async () => {
		const { a } = await theWorld();
		const found = new Set<string>();
		for (const operation of READS) {
			for (const each of leaked(await send(a.client, operation, a, "me"), a.secrets, "")) found.add(each);
		}
		expect(found.size).toBeGreaterThan(10);
		for (const what of ["a text", "the id of the tenantQuiz", "the id of the collection", "the id of the key"]) {
			expect([...found]).toContain(what);
		}
	});

	it.each(READS)("sees nothing of tenant A's by $name, as any role", async (operation) => {
		const { a, readers } = await theWorld();
		for (const [who, reader] of readers) {
			// About A's things, and about B's own; with what would find A's if anything did.
			const about: [Things, string][] = [
				[a, a.client.user],
				[a, "me"],
				[{ ...a, tenant: reader.tenant, member: reader.user }, "me"],
			];
			for (const [things, user] of about) {
				const answer = await send(reader, operation, things, user);
				const asked = addressFor(operation, things, user);
				expect(leaked(answer, a.secrets, asked), `${who}: ${answer.status}`).toEqual([]);
			}
		}
	});

	it("finds nothing of A's by any search, filter or order", async () => {
		const { a, readers } = await theWorld();
		const searches = [
			`q=${CANARY}`,
			`author=${a.client.user}`,
			"sort=popular&limit=100",
			"sort=title&limit=100",
			"facets=true&tag=test",
			"limit=100",
		];
		for (const [who, reader] of readers) {
			for (const path of ["/v1/quizzes", "/v1/collections"]) {
				for (const query of path === "/v1/quizzes" ? searches : ["limit=100"]) {
					const answer = await reader.get(`${path}?${query}`);
					expect([who, query, answer.status]).toEqual([who, query, 200]);
					expect(leaked(answer, a.secrets, query)).toEqual([]);
				}
			}
		}
	});

	it("counts nothing of A's in what analysts see", async () => {
		const { a, readers } = await theWorld();
		for (const reader of [readers.get("editor"), readers.get("machine")]) {
			if (!reader) throw new Error("no reader");
			const all = (await reader.get("/v1/analytics/ai-usage?by=model")).body;
			expect(JSON.stringify(all)).not.toContain(CANARY);
			const one = (await reader.get(`/v1/analytics/ai-usage?by=model&user=${a.client.user}`)).body;
			expect(JSON.stringify(one)).not.toContain(CANARY);
			const own = (await a.client.get("/v1/analytics/ai-usage?by=model")).body;
			expect(JSON.stringify(own)).toContain(CANARY);
		}
	});
});

describe("whoever manages tenant B", () => {
	const MANAGING = OF_TENANTS.filter(({ name }) => name !== "GET /v1/tenants/{tenant}");

	it("gets 404 from every operation about tenant A, and A stays as it is", async () => {
		const { a } = await theWorld();
		const b = await newMember();
		const managers: Client[] = [
			b,
			await newMember({ tenant: b.tenant, role: "admin" }),
			await newService(b, ["users:write"]),
			// An operator manages no tenant either, but its plan.
			await newClient({ scope: EVERY_SCOPE }),
		];
		const before = await stateOf(a);
		for (const operation of [...MANAGING, ...OF_TENANTS.filter(({ method }) => method === "GET")]) {
			for (const manager of managers) {
				const isOperators = operation.name === "GET /v1/tenants/{tenant}" && manager === managers.at(-1);
				if (!isOperators) expectProblem(await send(manager, operation, a, "me"), "not-found");
			}
		}
		expect(await stateOf(a)).toEqual(before);
	});

	it("gets 404 for A's user, machine, key and invitation in their own tenant, and A stays as it is", async () => {
		const { a } = await theWorld();
		const b = await newMember();
		const before = await stateOf(a);
		const ofThings = MANAGING.filter(({ path }) => /\{(user|service|key|invitation)\}/.test(path));
		expect(ofThings.length).toBeGreaterThan(8);
		for (const operation of ofThings) {
			expectProblem(await send(b, operation, { ...a, tenant: b.tenant }, "me"), "not-found");
		}
		const body = { service: a.service, name: "Theirs", scopes: ["credits:read"] };
		expectProblem(await b.post(at(b, "/api-keys"), body), "not-found");
		expect(await stateOf(a)).toEqual(before);
	});

	it.each(MANAGING)("needs the scope for $name", async (operation) => {
		const { a } = await theWorld();
		for (const role of ROLES.filter((each) => each !== "owner" && each !== "admin")) {
			const member = await newMember({ tenant: a.tenant, role });
			const answer = await send(member, operation, a, "me");
			expectProblem(answer, "forbidden");
			expect(answer.body.required_scope).toBe("users:write");
		}
	});
});

describe("a key of idempotency", () => {
	const KEYED = OF_TENANTS.filter(({ method }) => method === "POST");

	it.each(KEYED)("makes $name happen once, and is its actor's", async (operation: Operation) => {
		const owner = await newMember();
		const second = await newMember({ tenant: owner.tenant });
		const things = await thingsIn(owner);
		const key = `${operation.operationId}-${fresh("key")}`;
		const keyed = { ...operation, headers: { ...operation.headers, "Idempotency-Key": key } };
		const body = operation.body?.(things);
		const first = await send(owner, keyed, things, "me", body);
		expect([operation.name, first.status]).toEqual([operation.name, expect.toBeOneOf([200, 201])]);
		const told = (await eventsOf(owner)).length;
		const again = await send(owner, keyed, things, "me", body);
		expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([first.status, "true"]);
		const { secret: _s, ...made } = first.body;
		expect(again.body).toMatchObject(made);
		expect((await eventsOf(owner)).length).toBe(told);
		const other = await send(second, keyed, things, "me", body);
		expect(other.headers.get("Idempotent-Replayed")).toBeNull();
	});
});

/** A machine, a key and a member of the tenant, as its owner makes them. */
async function thingsIn(owner: Client): Promise<Things> {
	const service = (await owner.post(at(owner, "/services"), { name: "Machine" })).body.id;
	const terms = { service, name: "Key", scopes: ["credits:read"] };
	const key = (await owner.post(at(owner, "/api-keys"), terms)).body.id;
	const member = (await owner.post(at(owner, "/members"), {})).body.id;
	return { ...(await theWorld()).a, client: owner, tenant: owner.tenant, service, key, member };
}

/** Everything that ACCOUNTS has of a tenant. */
async function stateOf({ tenant }: Things): Promise<unknown[]> {
	const tables = {
		tenants: "id",
		users: "tenant_id",
		services: "tenant_id",
		api_keys: "tenant_id",
		invitations: "tenant_id",
	};
	return Promise.all(
		Object.entries(tables).map(async ([table, column]) => {
			const query = `SELECT * FROM ${table} WHERE ${column} = ? ORDER BY id`;
			return (await testEnv.ACCOUNTS.prepare(query).bind(tenant).all()).results;
		}),
	);
}
