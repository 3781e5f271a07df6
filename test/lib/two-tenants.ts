import { expect } from "vitest";
import { ROLES } from "../../src/domain/people/roles.ts";
import { requestErasure } from "./erasures.ts";
import {
	ALL_SCOPES,
	type Answer,
	type Client,
	caughtUp,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
} from "./harness.ts";
import { OPERATIONS, type Things, userWithThings } from "./operations.ts";
import { at, eventsOf, minted, newMember, newService } from "./tenants.ts";

/** Two tenants: A with one of everything that only A may see, and B with readers of every kind and the same things of their own. */

/** Stands in everything of A, and nowhere else. */
export const CANARY = "kingfisher";
/** In every sum of A, and greater than all sums of B. */
const MUCH = 7_919_113;

const canaryQuiz = (title: string) =>
	JSON.parse(JSON.stringify(quizDocument(`${CANARY} ${title}`)).replaceAll("For tests.", `${CANARY} description`));

export interface TenantA extends Things {
	/** Which texts are A's alone, with what they are. */
	secrets: Map<string, string>;
}

/** One of everything, with the canary in each text, and of each visibility what others may not see. */
export async function tenantA(): Promise<TenantA> {
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
	const cost = { tokens_used: MUCH, cost_cents: MUCH };
	const settled = { amount: 1, quiz: tenantQuiz, ...cost };
	expect((await client.post(`/v1/users/me/credits/holds/${hold}/settlement`, settled)).status).toBe(200);
	for (const list of ["favorites", "likes"]) {
		expect((await client.put(`/v1/users/me/${list}/${tenantQuiz}`)).status).toBeLessThan(300);
	}
	const service = await client.post(at(client, "/services"), { name: `${CANARY} logged` });
	expect(service.status).toBe(201);
	await eventsOf(client);
	await caughtUp(client);
	const ids = { ...a, tenantQuiz, draft, hold, collection, logged: service.body.id, user: client.user };
	const secrets = new Map([
		[CANARY, "a text"],
		[String(MUCH), "a sum"],
	]);
	for (const [what, id] of Object.entries(ids)) {
		if (typeof id === "string" && /^[a-z]{3}_/.test(id)) secrets.set(id.toLowerCase(), `the id of the ${what}`);
	}
	return { ...a, secrets };
}

export interface TenantB {
	/** By role, by a key with every scope that a key may have, and one who has all that A has. */
	readers: Map<string, Client>;
	/** What its tenant may see. */
	quiz: string;
	slug: string;
	collection: string;
}

export async function tenantB(): Promise<TenantB> {
	const b = await newMember();
	const { client, ...things } = await ownerOfTheSame(b);
	const readers = new Map([["owner of its own things", client]]);
	for (const role of ROLES) readers.set(role, await newMember({ tenant: b.tenant, role }));
	const scopes = "attempts:read credits:read analytics:read users:write on-behalf-of quizzes:write credits:grant";
	readers.set("machine", await newService(b, scopes.split(" ")));
	const scope = `${ALL_SCOPES} users:write on-behalf-of`;
	readers.set("token with every scope but admin", await newClient({ tenant: b.tenant, scope }));
	return { readers, ...things };
}

/** The same things in B, so that lists and sums are not empty. */
async function ownerOfTheSame({ user, tenant }: Client): Promise<Omit<TenantB, "readers"> & { client: Client }> {
	const client = await newClient({ user, tenant, scope: `${ALL_SCOPES} users:write` });
	await publishedQuiz(client, quizDocument("Ours"), "private");
	const quiz = await publishedQuiz(client, quizDocument("Ours"), "tenant");
	const listed = { title: "Ours", visibility: "tenant", quizzes: [quiz] };
	const collection = (await client.post("/v1/users/me/collections", listed)).body.id;
	await client.post("/v1/users/me/credits/grants", { amount: 20, kind: "bonus" });
	const hold = (await client.post("/v1/users/me/credits/holds", { amount: 2, model: "m" })).body.id;
	await client.post(`/v1/users/me/credits/holds/${hold}/settlement`, { amount: 1 });
	await caughtUp(client);
	const { slug } = (await client.get(`/v1/users/me/quizzes/${quiz}`)).body;
	return { client, quiz, slug, collection };
}

/** Without those whose address is a secret that gives what it names: a share's code. */
export const READS = OPERATIONS.filter(
	({ method, path, open, session }) => method === "GET" && !open && !session && !path.includes("{code}"),
);

/** What of A's a text has in it. @param asked what whoever asked has named, in lower case */
export function secretsIn(text: string, secrets: TenantA["secrets"], asked: string): string[] {
	const said = text.toLowerCase();
	return [...secrets].filter(([secret]) => said.includes(secret) && !asked.includes(secret)).map(([, what]) => what);
}

/** What stands in an answer of A's. What the request names itself may be said again, as problems do. */
export const leaked = ({ text, headers }: Answer, secrets: TenantA["secrets"], asked: string): string[] =>
	secretsIn(`${text} ${JSON.stringify([...headers])}`, secrets, asked.toLowerCase());
