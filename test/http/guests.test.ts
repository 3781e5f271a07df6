import { describe, expect, it } from "vitest";
import { changed } from "../../src/accounts/changes.ts";
import { GUEST_LIFE_MS } from "../../src/domain/people/limits.ts";
import { type Client, call, caughtUp, expectProblem, newClient, publishedQuiz, testEnv } from "../lib/harness.ts";
import { by, tokenBy } from "../lib/machines.ts";
import { auth, newSignedIn, type Person } from "../lib/people.ts";
import { eventsOf, minted } from "../lib/tenants.ts";

/** Those who come in without an account, and what a session is good for where tokens are given. */

const allow = (tenant: string) =>
	testEnv.ACCOUNTS.prepare(`UPDATE tenants SET settings = '{"guests":"allowed"}' WHERE id = ?`).bind(tenant).run();

async function host(): Promise<{ client: Client; quiz: string }> {
	const client = await newClient();
	const quiz = await publishedQuiz(client);
	await caughtUp(client);
	await allow(client.tenant);
	return { client, quiz };
}

const submit = (token: string, quiz: string) =>
	call("/v1/users/me/attempts", {
		method: "POST",
		headers: { ...by(token), "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() },
		body: JSON.stringify({ quiz, answers: { 1: 0 } }),
	});

describe("a guest", () => {
	it("comes in by a public quiz, takes it, and comes back", async () => {
		const { client, quiz } = await host();
		const before = Date.now();
		const { status, body } = await auth("guests", { quiz });
		expect([status, body.tenant, body.scope]).toEqual([201, client.tenant, "attempts:read attempts:write"]);
		expect(body.expires_at).toBeGreaterThanOrEqual(before + GUEST_LIFE_MS);
		expect((await submit(body.access_token, quiz)).status).toBe(201);
		const again = (await tokenBy(body.guest_secret)).body;
		expect(again.user).toBe(body.user);
		const { items } = (await call("/v1/users/me/attempts", { headers: by(again.access_token) })).body;
		expect(items).toHaveLength(1);
		expectProblem(await call("/v1/users/me/quizzes", { headers: by(again.access_token) }), "forbidden");
	});

	it("comes in by a share that is alive, and by none that is not", async () => {
		const { client } = await host();
		const quiz = await publishedQuiz(client, undefined, "private");
		const shares = `/v1/users/me/quizzes/${quiz}/shares`;
		const { id, code } = (await client.post(shares, { access: "attempt" })).body;
		const { status, body } = await auth("guests", { share: code });
		expect(status).toBe(201);
		const headers = { ...by(body.access_token), "Idempotency-Key": "use" };
		expect((await call(`/v1/shares/${code}/redemption`, { method: "POST", headers })).status).toBe(200);
		expect((await submit(body.access_token, quiz)).status).toBe(201);
		await client.request("DELETE", `${shares}/${id}`);
		expectProblem(await auth("guests", { share: code }), "not-found");
		expectProblem(await auth("guests", { share: "0123456789abcdefghjk0" }), "not-found");
	});

	it("is let in by no tenant that does not say so, and by no quiz that is not public", async () => {
		const stranger = await newClient();
		expectProblem(await auth("guests", { quiz: await publishedQuiz(stranger) }), "forbidden");
		const { client } = await host();
		expectProblem(await auth("guests", { quiz: await publishedQuiz(client, undefined, "tenant") }), "not-found");
		expectProblem(await auth("guests", { quiz: `quz_${"0".repeat(24)}` }), "not-found");
		for (const body of [{}, { quiz: "quz_x" }, { share: "" }, { quiz: `quz_${"0".repeat(24)}`, share: "x" }]) {
			expectProblem(await auth("guests", body), "invalid-request");
		}
	});

	it("is claimed once, with all that it has, and is the person's from then on", async () => {
		const { client, quiz } = await host();
		const guest = (await auth("guests", { quiz })).body;
		await submit(guest.access_token, quiz);
		const [person, other] = [await newSignedIn(), await newSignedIn()];
		const claims = await Promise.all(
			[person, other].map(({ token }) => auth("guests/claim", { guest_secret: guest.guest_secret }, token)),
		);
		expect(claims.map(({ status }) => status).sort()).toEqual([200, 404]);
		const winner = claims[0]?.status === 200 ? person : other;
		const loser = winner === person ? other : person;
		expect(claims.find(({ status }) => status === 200)?.body).toEqual({ user: guest.user, tenant: client.tenant });
		const token = (await tokenBy(winner.token, { user: guest.user })).body;
		expect([token.user, token.tenant]).toEqual([guest.user, client.tenant]);
		const { items } = (await call("/v1/users/me/attempts", { headers: by(token.access_token) })).body;
		expect(items).toHaveLength(1);
		expectProblem(await tokenBy(loser.token, { user: guest.user }), "invalid-request", ["/user"]);
		expectProblem(await tokenBy(guest.guest_secret), "unauthenticated");
		const manager = await newClient({ user: client.user, tenant: client.tenant, scope: "users:write" });
		expect(await eventsOf(manager, `&subject=${guest.user}`)).toMatchObject([
			{ kind: "member.joined", actor: winner.account, before: { role: "guest" }, after: { role: "learner" } },
		]);
	});

	it("of a tenant with a place is in that place, by its id, and comes back as the same", async () => {
		const [user, tenant] = [minted("user", "-eu-weur"), minted("tenant", "-eu-weur")];
		const client = await newClient({ user, tenant });
		const quiz = await publishedQuiz(client);
		await allow(tenant);
		const { body } = await auth("guests", { quiz });
		expect(body.user).toMatch(/^usr_\w{24}-eu-weur$/);
		expect((await tokenBy(body.guest_secret)).body.user).toBe(body.user);
		expect((await submit(body.access_token, quiz)).status).toBe(201);
		const { code } = (await client.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "attempt" })).body;
		expect((await auth("guests", { share: code })).body.user).toMatch(/^usr_\w{24}-eu-weur$/);
	});
});

describe("a session", () => {
	const own = async ({ account }: Person) =>
		testEnv.ACCOUNTS.prepare("SELECT id, tenant_id, role FROM users WHERE account_id = ?").bind(account).first();

	it("is given a token of the person's own user, whose owner the person is", async () => {
		const person = await newSignedIn();
		const row = await own(person);
		const { status, body } = await tokenBy(person.token);
		expect([status, body.user, body.tenant]).toEqual([200, row?.id, row?.tenant_id]);
		expect(body.scope.split(" ")).toEqual(expect.arrayContaining(["quizzes:write", "users:write", "analytics:read"]));
		expect(body.scope).not.toMatch(/admin|credits:grant|on-behalf-of/);
		expect((await call("/v1/users/me/quizzes", { headers: by(body.access_token) })).status).toBe(200);
		expect((await tokenBy(person.token, { scope: "attempts:read" })).body.scope).toBe("attempts:read");
	});

	it("is no credential for anything else, and nor is a token for a session", async () => {
		const person = await newSignedIn();
		expectProblem(await call("/v1/users/me/quizzes", { headers: by(person.token) }), "unauthenticated");
		const { access_token } = (await tokenBy(person.token)).body;
		expectProblem(await auth("get-session", undefined, access_token), "unauthenticated");
		expectProblem(await tokenBy(access_token), "unauthenticated");
	});

	it("gives none for another's user, and says whose it could be for", async () => {
		const [person, other] = [await newSignedIn(), await newSignedIn()];
		const theirs = await own(other);
		const refused = await tokenBy(person.token, { user: theirs?.id });
		expectProblem(refused, "invalid-request", ["/user"]);
		expect(refused.body.errors[0].detail).toContain(String((await own(person))?.id));
		expect(refused.text).not.toContain(String(theirs?.tenant_id));
	});

	it("gives none once it is signed out, nor for a user who was disabled", async () => {
		const person = await newSignedIn();
		const user = String((await own(person))?.id);
		await testEnv.ACCOUNTS.batch([
			testEnv.ACCOUNTS.prepare("UPDATE users SET status = 'disabled' WHERE id = ?").bind(user),
			changed(testEnv.ACCOUNTS, user, true, Date.now()),
		]);
		expectProblem(await tokenBy(person.token, { user }), "forbidden");
		await auth("sign-out", {}, person.token);
		expectProblem(await tokenBy(person.token, { user }), "unauthenticated");
	});
});
