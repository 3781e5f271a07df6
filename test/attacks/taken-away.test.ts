import { afterEach, describe, expect, it, vi } from "vitest";
import { changed } from "../../src/accounts/changes.ts";
import { CHANGES_READ_MAX } from "../../src/domain/people/limits.ts";
import { SECOND_MS } from "../../src/domain/units.ts";
import { AccountsView } from "../../src/service/people/accounts-view.ts";
import { rewrapSigningKeys } from "../../src/service/people/signing.ts";
import { type Client, call, caughtUp, expectProblem, newClient, publishedQuiz, testEnv } from "../lib/harness.ts";
import { by, machine, tokenBy } from "../lib/machines.ts";
import { auth, freshEmail, newSignedIn } from "../lib/people.ts";
import {
	aMinutePasses,
	at,
	minted,
	newInvitation,
	newMember,
	newService,
	patch,
	withCredential,
} from "../lib/tenants.ts";

/** What somebody may no longer do is over, by whichever way it is tried; and what guests were never given, they do not have. */

afterEach(() => {
	vi.useRealTimers();
});

const credits = (user: string) => `/v1/users/${user}/credits`;

/** A person who signed in, as a member of a tenant, with a token as clients get one. */
async function signedInMember(tenant: string, role: "admin" | "owner"): Promise<Client> {
	const person = await newSignedIn();
	const { user } = await newMember({ tenant, role, account: person.account });
	const { status, body } = await tokenBy(person.token, { user });
	expect(status).toBe(200);
	return withCredential({ user, tenant } as Client, user, body.access_token);
}

describe("a user who was disabled", () => {
	it("is not acted for within a minute, also in an isolate that sees the key of a machine and nothing else", async () => {
		const owner = await newMember();
		const service = await newService(owner, ["credits:read", "on-behalf-of"]);
		const { user } = await newMember({ tenant: owner.tenant, role: "learner" });
		expect((await service.get(credits(user))).status).toBe(200);
		await owner.post(at(owner, `/users/${user}/disabling`));
		aMinutePasses();
		expectProblem(await service.get(credits(user)), "not-found");
	});

	it("is not made known again by whoever reads what is public of the user's", async () => {
		const owner = await newMember();
		const service = await newService(owner, ["credits:read", "on-behalf-of"]);
		const author = await newMember({ tenant: owner.tenant, role: "author" });
		const quiz = await publishedQuiz(author);
		await caughtUp(author);
		await owner.post(at(owner, `/users/${author.user}/disabling`));
		aMinutePasses();
		expect((await call(`/v1/quizzes/${quiz}`)).status).toBe(200);
		expectProblem(await service.get(credits(author.user)), "not-found");
	});
});

it("an admin who was made a learner manages nothing from that moment on, and lets nobody in by an invitation of before", async () => {
	const owner = await newMember();
	const admin = await signedInMember(owner.tenant, "admin");
	expect((await admin.get(at(admin, "/users"))).status).toBe(200);
	const email = freshEmail();
	const code = await newInvitation(admin, email, "admin");
	expect((await auth(`invitation?token=${encodeURIComponent(code)}`)).status).toBe(200);
	expect((await patch(owner, at(owner, `/members/${admin.user}`), { role: "learner" })).status).toBe(200);
	expectProblem(await patch(admin, at(admin, `/members/${admin.user}`), { role: "admin" }), "forbidden");
	expectProblem(await patch(admin, at(admin), { name: "Mine" }), "forbidden");
	expectProblem(await auth(`invitation?token=${encodeURIComponent(code)}`), "not-found");
});

it("an admin does not replace the profile of an owner", async () => {
	const owner = await newMember();
	const admin = await newMember({ tenant: owner.tenant, role: "admin" });
	expectProblem(await admin.put(at(admin, `/users/${owner.user}`), { name: "Nobody" }), "forbidden");
});

describe("a key that was revoked", () => {
	it("buys no token, not even of an isolate that remembers the key", async () => {
		const { key, id } = await machine();
		expect((await tokenBy(key)).status).toBe(200);
		await testEnv.ACCOUNTS.batch([
			testEnv.ACCOUNTS.prepare("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1").bind(id, Date.now()),
			changed(testEnv.ACCOUNTS, id, true, Date.now()),
		]);
		vi.setSystemTime(Date.now() + 5 * SECOND_MS);
		expectProblem(await tokenBy(key), "unauthenticated");
	});

	it("by a rotation without an overlap takes its tokens with it", async () => {
		const owner = await newMember();
		const { body: service } = await owner.post(at(owner, "/services"), { name: "Generator" });
		const terms = { service: service.id, name: "Key", scopes: ["credits:read", "on-behalf-of"] };
		const { body: key } = await owner.post(at(owner, "/api-keys"), terms);
		const { body: token } = await tokenBy(key.secret);
		const headers = by(token.access_token);
		expect((await call(credits(owner.user), { headers })).status).toBe(200);
		await owner.post(at(owner, `/api-keys/${key.id}/rotation`), { overlap_s: 0 });
		aMinutePasses();
		expectProblem(await call(credits(owner.user), { headers }), "unauthenticated");
	});
});

describe("changes that an isolate has not heard of", () => {
	const view = async (now: number) => {
		const fresh = new AccountsView(testEnv.ACCOUNTS);
		await fresh.readNow(now);
		return fresh;
	};

	it("revoke nobody's token where they revoke nothing, however many there are", async () => {
		const { ACCOUNTS } = testEnv;
		const issued = Date.now() - SECOND_MS;
		const query = `INSERT INTO changes (subject, revokes, at) SELECT 'ten_busy', 0, ?2 FROM json_each(?1)`;
		const many = JSON.stringify(Array.from({ length: CHANGES_READ_MAX + 1 }, () => 0));
		await ACCOUNTS.prepare(query).bind(many, Date.now()).run();
		expect((await view(Date.now())).isRevoked(["usr_bystander"], issued)).toBe(false);
	});

	it("are all heard of before it answers, more than are read at once", async () => {
		const { ACCOUNTS } = testEnv;
		const now = Date.now();
		const behind = await view(now);
		const query = `INSERT INTO changes (subject, revokes, at) SELECT 'usr_' || value, 1, ?2 FROM json_each(?1)`;
		const subjects = Array.from({ length: 2 * CHANGES_READ_MAX + 1 }, (_, index) => index);
		await ACCOUNTS.prepare(query).bind(JSON.stringify(subjects), now).run();
		await behind.readNow(now + SECOND_MS);
		expect(behind.isRevoked([`usr_${subjects.at(-1)}`], now)).toBe(true);
	});

	it("say when they were committed, so that a token bought meanwhile is revoked with them", async () => {
		const began = Date.now() - 10 * SECOND_MS;
		const subject = minted("user");
		await changed(testEnv.ACCOUNTS, subject, true, began).run();
		expect((await view(Date.now())).isRevoked([subject], began + 5 * SECOND_MS)).toBe(true);
	});
});

it("a master key that is taken out after a rotation leaves the keys that sign readable", async () => {
	const { key } = await machine();
	const [newest = "", older = ""] = testEnv.MASTER_KEYS.split(",");
	await testEnv.ACCOUNTS.prepare("DELETE FROM signing_keys").run();
	const signed = async (MASTER_KEYS: string) => {
		const { verifyCredential } = await import("../../src/service/people/credentials.ts");
		const { issueToken } = await import("../../src/service/people/issue-token.ts");
		const env = { ...testEnv, MASTER_KEYS } as Env;
		const ctx = { env, now: Date.now(), later: (work: Promise<unknown>) => void work };
		const issuance = await issueToken(ctx, { credential: key });
		if (issuance.who !== "known" || !issuance.outcome.ok) throw new Error("no token is given");
		return (await verifyCredential(env, issuance.outcome.value.access_token, Date.now(), ctx.later)).ok;
	};
	expect(await signed(older)).toBe(true);
	await rewrapSigningKeys({ ...testEnv, MASTER_KEYS: `${newest},${older}` } as Env, Date.now());
	expect(await signed(newest)).toBe(true);
});

it("a guest, whom anybody can become, sees nothing of what is for the tenant's members", async () => {
	const host = await newClient();
	const [open, closed] = [await publishedQuiz(host), await publishedQuiz(host, undefined, "tenant")];
	await caughtUp(host);
	const allow = `UPDATE tenants SET settings = '{"guests":"allowed"}' WHERE id = ?`;
	await testEnv.ACCOUNTS.prepare(allow).bind(host.tenant).run();
	const { body } = await auth("guests", { quiz: open });
	const headers = by(body.access_token);
	expect((await call(`/v1/quizzes/${open}`, { headers })).status).toBe(200);
	expectProblem(await call(`/v1/quizzes/${closed}`, { headers }), "not-found");
	const submission = {
		method: "POST",
		headers: { ...headers, "Content-Type": "application/json", "Idempotency-Key": "x" },
	};
	const answers = JSON.stringify({ quiz: closed, answers: {} });
	expectProblem(await call("/v1/users/me/attempts", { ...submission, body: answers }), "not-found");
});
