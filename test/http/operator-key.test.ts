import { afterEach, expect, it, vi } from "vitest";
import { endOfOperatorKey, newOperatorKey, type OperatorKey } from "../../dev/operator-key.ts";
import { handOverEvents } from "../../src/ops/hand-over-events.ts";
import { type Client, expectProblem, testEnv } from "../lib/harness.ts";
import { aMinutePasses, at, newMember, patch, withCredential } from "../lib/tenants.ts";

/** What `npm run ops -- operator-key` writes into ACCOUNTS. */

afterEach(() => {
	vi.useRealTimers();
});

/** As wrangler does it: the statements as text, all of them or none. */
const execute = (statements: string[]) =>
	testEnv.ACCOUNTS.batch(statements.map((statement) => testEnv.ACCOUNTS.prepare(statement)));

async function newKey(options = { name: "Ada's", days: 90 }): Promise<OperatorKey & { client: Client }> {
	const key = newOperatorKey(options, Date.now());
	await execute(key.statements);
	return { ...key, client: withCredential({} as Client, "svc_operator", key.secret) };
}

it("a key with scope admin is an operator's: it opens what is under /v1/admin, and manages no tenant but its plan", async () => {
	const { client, id } = await newKey();
	expect((await client.get("/v1/admin/replication")).status).toBe(200);
	const owner = await newMember();
	expect((await patch(client, at(owner), { plan: "premium" })).body).toMatchObject({ plan: "premium" });
	expectProblem(await client.get(at(owner, "/members")), "not-found");
	await handOverEvents(testEnv, Date.now());
	const { items } = (await client.get(`/v1/admin/audit?subject=${id}`)).body;
	expect(items).toMatchObject([
		{ kind: "key.created", actor: "npm run ops", after: { name: "Ada's", scopes: ["admin"] } },
	]);
});

it("of it the hash is written, and no text that opens anything", async () => {
	const { secret, statements } = newOperatorKey({ name: "'; DROP TABLE users; --", days: 1 }, Date.now());
	for (const statement of statements) expect(statement).not.toContain(secret.slice(28));
	await execute(statements);
	expect(await testEnv.ACCOUNTS.prepare("SELECT count(*) AS n FROM users").first<number>("n")).toBeGreaterThanOrEqual(
		0,
	);
});

it("a second key leaves the first as it is; each ends by itself, and when it expires", async () => {
	const [first, second] = [await newKey(), await newKey({ name: "Bob's", days: 1 })];
	const seen = async () =>
		Promise.all([first, second].map(async ({ client }) => (await client.get("/v1/admin/dead-letters")).status));
	expect(await seen()).toEqual([200, 200]);
	await execute(endOfOperatorKey(first.id, Date.now()));
	aMinutePasses();
	expect(await seen()).toEqual([401, 200]);
	vi.setSystemTime(second.expires_at);
	expect(await seen()).toEqual([401, 401]);
});
