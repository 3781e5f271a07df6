import { describe, expect, it } from "vitest";
import { ROLES } from "../../src/domain/people/roles.ts";
import { requestErasure } from "../lib/erasures.ts";
import {
	ALL_SCOPES,
	type Answer,
	type Client,
	caughtUp,
	EVERY_SCOPE,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "../lib/harness.ts";
import {
	addressFor,
	OF_TENANTS,
	OPERATIONS,
	type Operation,
	send,
	type Things,
	userWithThings,
} from "../lib/operations.ts";
import { at, eventsOf, minted, newMember, newService } from "../lib/tenants.ts";

/**
 * Two tenants with the same things. Whatever one of B asks, by whatever role or key, has nothing in it of A's that is not public: over every
 * operation of the OpenAPI document, so that a new one, and a new query behind it, cannot be forgotten.
 */

/** Stands in everything of A that only A may see, and nowhere else. */
const CANARY = "kingfisher";

const canaryQuiz = (title: string) =>
	JSON.parse(JSON.stringify(quizDocument(`${CANARY} ${title}`)).replaceAll("For tests.", `${CANARY} description`));

interface World {
	a: Things;
	/** Of tenant B, by role, and by a key with every scope that a key may have. */
	readers: Record<string, Client>;
	/** Which texts are A's alone, with what they are. */
	secrets: Map<string, string>;
}

let world: Promise<World> | undefined;
const theWorld = () => {
	world ??= makeWorld();
	return world;
};

/** One of everything, with the canary in each text, and of each visibility what others may not see. */
async function makeWorld(): Promise<World> {
	const a = await userWithThings(canaryQuiz("private"));
	const { client } = a;
	await testEnv.ACCOUNTS.batch([
		testEnv.ACCOUNTS.prepare("UPDATE tenants SET name = ? WHERE id = ?").bind(`${CANARY} school`, a.tenant),
		testEnv.ACCOUNTS.prepare("UPDATE users SET name = ?, account_id = ? WHERE id = ?").bind(
			`${CANARY} person`,
			minted("account"),
			client.user,
		),
		testEnv.ACCOUNTS.prepare("UPDATE users SET name = ?, preferences = ? WHERE id = ?").bind(
			`${CANARY} member`,
			JSON.stringify({ bird: CANARY }),
			a.member,
		),
		testEnv.ACCOUNTS.prepare("UPDATE services SET name = ? WHERE id = ?").bind(`${CANARY} machine`, a.service),
		testEnv.ACCOUNTS.prepare("UPDATE api_keys SET name = ? WHERE id = ?").bind(`${CANARY} key`, a.key),
		testEnv.ACCOUNTS.prepare("UPDATE invitations SET email = ? WHERE id = ?").bind(
			`${CANARY}@example.org`,
			a.invitation,
		),
	]);
	a.erasure = (await requestErasure(await newMember({ tenant: a.tenant, role: "learner" }))).body.id;
	const tenantQuiz = await publishedQuiz(client, canaryQuiz("for the tenant"), "tenant");
	const draft = (await client.post("/v1/users/me/quizzes", canaryQuiz("draft"))).body.id;
	const listed = { title: `${CANARY} list`, visibility: "tenant", quizzes: [tenantQuiz] };
	const collection = (await client.post("/v1/users/me/collections", listed)).body.id;
	const texts = { prompt: `${CANARY} prompt`, purpose: CANARY, model: `${CANARY}-1` };
	const hold = (await client.post("/v1/users/me/credits/holds", { amount: 2, ...texts })).body.id;
	await client.post(`/v1/users/me/credits/holds/${hold}/settlement`, { amount: 1, quiz: tenantQuiz });
	const service = await client.post(at(client, "/services"), { name: `${CANARY} logged` });
	expect(service.status).toBe(201);
	await eventsOf(client);
	await caughtUp(client);
	const ids = { ...a, tenantQuiz, draft, hold, collection, logged: service.body.id, user: client.user };
	const secrets = new Map([[CANARY, "a text"]]);
	for (const [what, id] of Object.entries(ids)) {
		if (typeof id === "string" && /^[a-z]{3}_/.test(id)) secrets.set(id, `the id of the ${what}`);
	}
	const b = await newMember();
	const readers: Record<string, Client> = { "owner of its own things": await ownerOfTheSame(b) };
	for (const role of ROLES) readers[role] = await newMember({ tenant: b.tenant, role });
	readers.machine = await newService(b, [
		..."attempts:read credits:read analytics:read users:write on-behalf-of quizzes:write credits:grant".split(" "),
	]);
	readers["token with every scope but admin"] = await newClient({
		tenant: b.tenant,
		scope: `${ALL_SCOPES} users:write on-behalf-of`,
	});
	return { a, readers, secrets };
}

/** The same things in B, so that lists and sums are not empty. */
async function ownerOfTheSame({ user, tenant }: Client): Promise<Client> {
	const client = await newClient({ user, tenant, scope: `${ALL_SCOPES} users:write` });
	for (const visibility of ["private", "tenant"]) await publishedQuiz(client, quizDocument("Ours"), visibility);
	await client.post("/v1/users/me/credits/grants", { amount: 20, kind: "bonus" });
	const hold = (await client.post("/v1/users/me/credits/holds", { amount: 2, model: "m" })).body.id;
	await client.post(`/v1/users/me/credits/holds/${hold}/settlement`, { amount: 1 });
	await caughtUp(client);
	return client;
}

/** Without those whose address is a secret that gives what it names: a share's code. */
const READS = OPERATIONS.filter(
	({ method, path, open, session }) => method === "GET" && !open && !session && !path.includes("{code}"),
);

/** What stands in an answer of A's. What the request names itself may be said again, as problems do. */
function leaked({ text, headers }: Answer, secrets: World["secrets"], asked: string): string[] {
	const said = `${text} ${JSON.stringify([...headers])}`.toLowerCase();
	return [...secrets].filter(([secret]) => said.includes(secret) && !asked.includes(secret)).map(([, what]) => what);
}

describe("whoever is of tenant B", () => {
	it("would be noticed: A's own reads are full of what is A's alone", async () => {
		const { a, secrets } = await theWorld();
		const found = new Set<string>();
		for (const operation of READS) {
			for (const each of leaked(await send(a.client, operation, a, "me"), secrets, "")) found.add(each);
		}
		expect(found.size).toBeGreaterThan(10);
		for (const what of ["a text", "the id of the tenantQuiz", "the id of the collection", "the id of the key"]) {
			expect([...found]).toContain(what);
		}
	});

	it.each(READS)("sees nothing of tenant A's by $name, as any role", async (operation) => {
		const { a, readers, secrets } = await theWorld();
		for (const [who, reader] of Object.entries(readers)) {
			// About A's things, and about B's own; with what would find A's if anything did.
			const about: [Things, string][] = [
				[a, a.client.user],
				[a, "me"],
				[{ ...a, tenant: reader.tenant, member: reader.user }, "me"],
			];
			for (const [things, user] of about) {
				const answer = await send(reader, operation, things, user);
				const asked = addressFor(operation, things, user);
				expect(leaked(answer, secrets, asked), `${who}: ${answer.status}`).toEqual([]);
			}
		}
	});

	it("finds nothing of A's by any search, filter or order", async () => {
		const { a, readers, secrets } = await theWorld();
		const searches = [
			`q=${CANARY}`,
			`author=${a.client.user}`,
			"sort=popular&limit=100",
			"sort=title&limit=100",
			"facets=true&tag=test",
			"limit=100",
		];
		for (const [who, reader] of Object.entries(readers)) {
			for (const path of ["/v1/quizzes", "/v1/collections"]) {
				for (const query of path === "/v1/quizzes" ? searches : ["limit=100"]) {
					const answer = await reader.get(`${path}?${query}`);
					expect([who, query, answer.status]).toEqual([who, query, 200]);
					expect(leaked(answer, secrets, query)).toEqual([]);
				}
			}
		}
	});

	it("counts nothing of A's in what analysts see", async () => {
		const { a, readers } = await theWorld();
		const { editor, machine } = readers;
		for (const reader of [editor, machine]) {
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
