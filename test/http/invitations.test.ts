import { afterEach, describe, expect, it, vi } from "vitest";
import { INVITATION_LIFE_MS, INVITATIONS_MAX, TENANTS_PER_ACCOUNT_MAX } from "../../src/domain/people/limits.ts";
import { DAY_MS } from "../../src/domain/units.ts";
import { type Answer, type Client, expectProblem, testEnv } from "../lib/harness.ts";
import { tokenBy } from "../lib/machines.ts";
import { auth, freshEmail, mailsTo, newestMail, newSignedIn, type Person, tokenIn } from "../lib/people.ts";
import { at, eventsOf, minted, newInvitation, newMember, newService, remove, withCredential } from "../lib/tenants.ts";

/** Whom a tenant asks in: by whom, how the person comes, and that a code is good for one person, once, for a while. */

afterEach(() => {
	vi.useRealTimers();
});

const ask = (by: Client, email: string, more: object = {}): Promise<Answer> =>
	by.post(at(by, "/invitations"), { email, ...more });

const accept = (person: Person, token: string): Promise<Answer> => auth("accept-invitation", { token }, person.token);

const offer = (token: string): Promise<Answer> => auth(`invitation?token=${encodeURIComponent(token)}`);

/** The person as a user of the tenant, by a token as clients get one. */
async function asUser(person: Person, user: string): Promise<Client> {
	const { status, body } = await tokenBy(person.token, { user });
	expect(status).toBe(200);
	return withCredential({ user: body.user, tenant: body.tenant } as Client, body.user, body.access_token);
}

describe("an invitation", () => {
	it("comes by mail, shows what it offers, and makes its person a member with the role, by an account with the address", async () => {
		const owner = await newMember();
		const person = await newSignedIn();
		const sent = await ask(owner, person.email.toUpperCase(), { role: "author" });
		expect([sent.status, sent.body]).toMatchObject([
			201,
			{ email: person.email, role: "author", status: "open", created_by: owner.user, accepted_at: null },
		]);
		expect(sent.body.expires_at - sent.body.created_at).toBe(INVITATION_LIFE_MS);
		const mail = await newestMail(person.email);
		const code = tokenIn(mail);
		expect([mail.subject, mail.text]).toEqual([
			expect.stringContaining("Riverside"),
			expect.stringContaining("author"),
		]);
		expect(sent.text).not.toContain(code);
		expect((await offer(code)).body).toEqual({
			tenant: owner.tenant,
			tenant_name: "Riverside",
			role: "author",
			email: person.email,
			expires_at: sent.body.expires_at,
		});
		const accepted = await accept(person, code);
		expect([accepted.status, accepted.body]).toMatchObject([200, { tenant: owner.tenant, role: "author" }]);
		const member = await asUser(person, accepted.body.user);
		expect((await member.get("/v1/users/me")).body).toMatchObject({
			tenant: owner.tenant,
			role: "author",
			name: "Ada",
		});
		expectProblem(await member.get(at(owner, "/members")), "forbidden");
		const { items } = (await owner.get(at(owner, "/members"))).body;
		expect(items).toContainEqual(
			expect.objectContaining({ id: accepted.body.user, email: person.email, has_account: true }),
		);
		const told = await eventsOf(owner);
		expect(told).toMatchObject([
			{ kind: "member.invited", actor: owner.user, private: ["email"], after: { role: "author" } },
			{
				kind: "member.joined",
				actor: person.account,
				subject: accepted.body.user,
				after: { invitation: sent.body.id },
			},
		]);
		expect(JSON.stringify(told)).not.toContain(person.email);
		// A retry is answered as the first was, and makes nothing.
		expect((await accept(person, code)).text).toBe(accepted.text);
		expect((await owner.get(at(owner, "/invitations"))).body.items).toMatchObject([{ status: "accepted" }]);
		expectProblem(await remove(owner, at(owner, `/invitations/${sent.body.id}`)), "conflict");
		expect(await eventsOf(owner)).toHaveLength(2);
	});

	it("is of one who has the address: another account cannot accept it, and it stays open", async () => {
		const owner = await newMember();
		const [person, other] = [await newSignedIn(), await newSignedIn()];
		const code = await newInvitation(owner, person.email);
		expectProblem(await accept(other, code), "forbidden");
		expect((await accept(person, code)).status).toBe(200);
		expectProblem(await accept(other, code), "not-found");
	});

	it("is good once, also for two who accept at once, and for nobody without a session", async () => {
		const owner = await newMember();
		const person = await newSignedIn();
		const code = await newInvitation(owner, person.email);
		expectProblem(await auth("accept-invitation", { token: code }), "unauthenticated");
		expectProblem(await auth("accept-invitation", { token: code }, owner.token), "unauthenticated");
		const both = await Promise.all([accept(person, code), accept(person, code)]);
		expect(both.map(({ status }) => status)).toEqual([200, 200]);
		expect(new Set(both.map(({ body }) => body.user)).size).toBe(1);
		const count = "SELECT count(*) AS n FROM users WHERE tenant_id = ? AND account_id = ?";
		expect(await testEnv.ACCOUNTS.prepare(count).bind(owner.tenant, person.account).first<number>("n")).toBe(1);
	});

	it("ends after seven days, when it is revoked, and when another goes to the address", async () => {
		const owner = await newMember();
		const person = await newSignedIn();
		const codes: string[] = [];
		const send = async () => {
			const { body } = await ask(owner, person.email);
			codes.push(tokenIn(await newestMail(person.email)));
			return body.id as string;
		};
		await send();
		const second = await send();
		expectProblem(await offer(codes[0] ?? ""), "not-found");
		expect((await offer(codes[1] ?? "")).status).toBe(200);
		const revoked = await remove(owner, at(owner, `/invitations/${second}`));
		expect(revoked.body).toMatchObject({ status: "revoked" });
		expect((await remove(owner, at(owner, `/invitations/${second}`))).text).toBe(revoked.text);
		for (const code of codes) expectProblem(await accept(person, code), "not-found");
		await send();
		vi.setSystemTime(Date.now() + INVITATION_LIFE_MS);
		expectProblem(await offer(codes[2] ?? ""), "not-found");
		expect(codes).toHaveLength(3);
	});

	it.each(["none", "miv_", `miv_${"0".repeat(56)}`, "' OR 1=1 --", "%00"])("has no code like %s", async (code) => {
		expectProblem(await offer(code), "not-found");
	});

	it("is dead with a wrong secret, and its hash is no code", async () => {
		const owner = await newMember();
		const person = await newSignedIn();
		const code = await newInvitation(owner, person.email);
		const wrong = code.slice(0, -1) + (code.endsWith("0") ? "1" : "0");
		const query = "SELECT hash FROM invitations WHERE tenant_id = ?";
		const hash = await testEnv.ACCOUNTS.prepare(query).bind(owner.tenant).first<string>("hash");
		for (const bad of [wrong, hash ?? "", code.toUpperCase()]) expectProblem(await accept(person, bad), "not-found");
		expect((await accept(person, code)).status).toBe(200);
	});

	it("does not outlive the power of whoever sent it", async () => {
		const owner = await newMember();
		const [admin, second] = [
			await newMember({ tenant: owner.tenant, role: "admin" }),
			await newMember({ tenant: owner.tenant }),
		];
		const machine = await newService(owner, ["users:write"]);
		const codes = [
			await newInvitation(admin, freshEmail()),
			await newInvitation(second, freshEmail(), "owner"),
			await newInvitation({ ...machine, tenant: owner.tenant }, freshEmail()),
		];
		const seen = async () => Promise.all(codes.map(async (code) => (await offer(code)).status));
		expect(await seen()).toEqual([200, 200, 200]);
		await owner.post(at(owner, `/users/${admin.user}/disabling`));
		await owner.request("PATCH", at(owner, `/members/${second.user}`), { body: { role: "admin" } });
		await owner.post(at(owner, `/services/${machine.user}/disabling`));
		expect(await seen()).toEqual([404, 404, 404]);
	});

	it("to be an owner is an owner's to send, and nobody is asked into the tenant that a person has alone", async () => {
		const owner = await newMember();
		const admin = await newMember({ tenant: owner.tenant, role: "admin" });
		expectProblem(await ask(admin, freshEmail(), { role: "owner" }), "forbidden");
		expect((await ask(owner, freshEmail(), { role: "owner" })).status).toBe(201);
		expectProblem(await ask(await newMember({ kind: "personal" }), freshEmail()), "conflict");
		const none = freshEmail();
		expectProblem(await ask(await newMember({ role: "editor" }), none), "forbidden");
		expect(await mailsTo(none)).toEqual([]);
	});

	it("brings who was a member before back as the same user, and changes nothing for who is one", async () => {
		const owner = await newMember();
		const person = await newSignedIn();
		const { user } = (await accept(person, await newInvitation(owner, person.email, "learner"))).body;
		expectProblem(await accept(person, await newInvitation(owner, person.email, "admin")), "conflict");
		expect((await remove(owner, at(owner, `/members/${user}`))).status).toBe(200);
		const back = await accept(person, await newInvitation(owner, person.email, "viewer"));
		expect(back.body).toEqual({ tenant: owner.tenant, user, role: "viewer" });
		const { items } = (await owner.get(at(owner, "/members?status=active"))).body;
		expect(items).toContainEqual(expect.objectContaining({ id: user, role: "viewer", status: "active" }));
	});

	it("does not make a person a member of more tenants than there may be", async () => {
		const owner = await newMember();
		const person = await newSignedIn();
		const rows = Array.from({ length: TENANTS_PER_ACCOUNT_MAX - 1 }, () =>
			testEnv.ACCOUNTS.prepare("INSERT INTO users (id, tenant_id, account_id, created_at) VALUES (?, ?, ?, 0)").bind(
				minted("user"),
				minted("tenant"),
				person.account,
			),
		);
		await testEnv.ACCOUNTS.batch(rows);
		const code = await newInvitation(owner, person.email);
		expectProblem(await accept(person, code), "conflict");
		await testEnv.ACCOUNTS.prepare("DELETE FROM users WHERE account_id = ? AND created_at = 0 AND role = 'learner'")
			.bind(person.account)
			.run();
		expect((await accept(person, code)).status).toBe(200);
	});

	it("is one of at most so many that are open or were sent within a day", async () => {
		const owner = await newMember();
		const now = Date.now();
		const insert = `INSERT INTO invitations (id, tenant_id, email, role, hash, created_by, created_at, expires_at, revoked_at)
			VALUES (?, ?, 'a@example.org', 'learner', ?, 'usr_a', ?, ?, ?)`;
		const rows = (count: number, sent: number, revoked_at: number | null) =>
			Array.from({ length: count }, () =>
				testEnv.ACCOUNTS.prepare(insert).bind(
					minted("invitation"),
					owner.tenant,
					"0".repeat(64),
					sent,
					sent + INVITATION_LIFE_MS,
					revoked_at,
				),
			);
		const long_ago = now - 2 * DAY_MS;
		await testEnv.ACCOUNTS.batch([
			...rows(INVITATIONS_MAX - 2, now - 1, now),
			...rows(1, long_ago, null),
			...rows(5, long_ago, long_ago),
		]);
		const both = await Promise.all([1, 2].map(() => ask(owner, freshEmail())));
		expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
	});
});

describe("a person", () => {
	it("makes a tenant by a session too, once for each key", async () => {
		const person = await newSignedIn();
		const key = { "Idempotency-Key": crypto.randomUUID() };
		const make = (by: Person, name = "Hillside") =>
			withCredential({} as Client, by.account, by.token).post("/v1/tenants", { name }, key);
		const made = await make(person);
		expect([made.status, made.body]).toMatchObject([201, { name: "Hillside", kind: "organization" }]);
		const again = await make(person);
		expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([made.text, "true"]);
		expectProblem(await make(person, "Other"), "idempotency-key-reused");
		const owner = await asUser(person, made.body.user);
		expect((await owner.get(at(owner))).body).toMatchObject({ id: made.body.id });
		expect(await eventsOf(owner)).toMatchObject([
			{ kind: "tenant.created", actor: person.account },
			{ kind: "member.added" },
		]);
	});

	it("gets nowhere else by a session", async () => {
		const person = await newSignedIn();
		const client = withCredential({} as Client, person.account, person.token);
		for (const path of ["/v1/users/me", "/v1/tenants/ten_a", "/v1/quizzes", "/v1/admin/audit"]) {
			expectProblem(await client.get(path), "unauthenticated");
		}
		expectProblem(
			await withCredential({} as Client, "", `mss_${"0".repeat(32)}`).post("/v1/tenants", { name: "X" }),
			"unauthenticated",
		);
	});
});
