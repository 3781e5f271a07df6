import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { type Answer, call, expectProblem, fresh, newClient, testEnv } from "../lib/harness.ts";
import {
	auth,
	challenged,
	freshEmail,
	mailsTo,
	newestMail,
	newPerson,
	newSecondFactor,
	newSignedIn,
	PASSWORD,
	type Person,
	rowsOf,
	tokenIn,
	totp,
} from "../lib/people.ts";

/** How people sign up and in: accounts, addresses, passwords, second factors, sessions. */

afterEach(() => {
	vi.restoreAllMocks();
});

const OTHER_PASSWORD = "another walk to the harbour";
const verifyPath = (token: string) => `verify-email?token=${encodeURIComponent(token)}`;
const signIn = (email: string, password = PASSWORD) => auth("sign-in/email", { email, password });

describe("signing up", () => {
	it("makes an account that can be used once its address is confirmed", async () => {
		const email = freshEmail();
		const answer = await auth("sign-up/email", { email, password: PASSWORD, name: "Ada" });
		expect([answer.status, answer.body]).toEqual([200, { status: "verification_sent" }]);
		expectProblem(await signIn(email), "unauthenticated");
		const verified = await auth(verifyPath(tokenIn(await newestMail(email))));
		expect([verified.status, verified.body]).toEqual([200, { status: "verified" }]);
		const { status, body } = await signIn(email);
		expect(status).toBe(200);
		expect(body).toMatchObject({ status: "signed_in", account: { email, name: "Ada", email_verified: true } });
		const session = await auth("get-session", undefined, body.token);
		expect(session.body).toMatchObject({ session: { id: body.session, current: true }, account: { email } });
	});

	it("gives the person one tenant of their own, however often the link is opened", async () => {
		const email = freshEmail();
		await auth("sign-up/email", { email, password: PASSWORD, name: "Ada" });
		const token = tokenIn(await newestMail(email));
		const answers = await Promise.all([1, 2, 3].map(() => auth(verifyPath(token))));
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
		const { account } = (await signIn(email)).body;
		const users = `SELECT u.role, t.kind, t.name, t.plan FROM users AS u JOIN tenants AS t ON t.id = u.tenant_id WHERE u.account_id = ?`;
		const { results } = await testEnv.ACCOUNTS.prepare(users).bind(account.id).all();
		expect(results).toEqual([{ role: "owner", kind: "personal", name: "Ada", plan: "free" }]);
	});

	it("and signing in with that password tells nobody whether the address had an account", async () => {
		const emails = [freshEmail(), freshEmail(), (await newPerson()).email];
		const [, pending = ""] = emails;
		await auth("sign-up/email", { email: pending, password: PASSWORD });
		const answers = [];
		for (const email of emails) {
			const up = await auth("sign-up/email", { email, password: OTHER_PASSWORD });
			const { status, body } = await signIn(email, OTHER_PASSWORD);
			answers.push([up.status, up.body, status, body.type, body.detail, body.reason]);
		}
		expect(answers.map(([, , status]) => status)).toEqual([401, 401, 401]);
		expect(answers[1]).toEqual(answers[0]);
		expect(answers[2]).toEqual(answers[0]);
	});

	it("a second time before the address is confirmed takes the place of the first password", async () => {
		const email = freshEmail();
		await auth("sign-up/email", { email, password: PASSWORD });
		const second = await auth("sign-up/email", { email, password: OTHER_PASSWORD });
		expect([second.status, second.body]).toEqual([200, { status: "verification_sent" }]);
		expect((await auth(verifyPath(tokenIn(await newestMail(email))))).status).toBe(200);
		expectProblem(await signIn(email), "unauthenticated");
		expect((await signIn(email, OTHER_PASSWORD)).status).toBe(200);
	});

	it("a second time once the address is confirmed changes nothing", async () => {
		const { email } = await newPerson();
		await auth("sign-up/email", { email, password: OTHER_PASSWORD });
		expect((await signIn(email)).status).toBe(200);
		expectProblem(await signIn(email, OTHER_PASSWORD), "unauthenticated");
	});

	it("takes an address in either case for the same", async () => {
		const { email } = await newPerson(`Case.${freshEmail()}`);
		expect((await signIn(email.toUpperCase().replace("EXAMPLE.ORG", "example.org"))).status).toBe(200);
	});

	it("twice at once with one address makes one account", async () => {
		const email = freshEmail();
		const both = await Promise.all([1, 2].map(() => auth("sign-up/email", { email, password: PASSWORD })));
		expect(both.map(({ status, body }) => [status, body])).toEqual([
			[200, { status: "verification_sent" }],
			[200, { status: "verification_sent" }],
		]);
		const of = "SELECT count(*) AS n FROM accounts WHERE email = ?";
		expect(await testEnv.ACCOUNTS.prepare(of).bind(email).first("n")).toBe(1);
	});

	it.each([
		["is too short", "short one"],
		["is tried first", "password123!"],
		["is a run of characters", "abcdefghijkl"],
		["is one character over and over", "aaaaaaaaaaaaaa"],
	])("with a password that %s is refused by name, and nobody is written to", async (_, password) => {
		const email = freshEmail();
		expectProblem(await auth("sign-up/email", { email, password }), "invalid-request", ["/password"]);
		expect(await mailsTo(email)).toEqual([]);
	});

	it("with the address as the password is refused", async () => {
		const email = freshEmail();
		expectProblem(await auth("sign-up/email", { email, password: email }), "invalid-request", ["/password"]);
	});

	it("takes passwords of 10 to 128 characters of any kind, and no others", async () => {
		const good = ["é 漢字仮名交じり文", "correct horse battery staple ".repeat(5).slice(0, 128)];
		for (const password of good)
			expect((await auth("sign-up/email", { email: freshEmail(), password })).status).toBe(200);
		for (const password of ["9 letters", `${"x".repeat(100)}abcdefghijklmnopqrstuvwxyz012`]) {
			expectProblem(await auth("sign-up/email", { email: freshEmail(), password }), "invalid-request", ["/password"]);
		}
	});

	it.each(["no address", "a@b", "a b@example.org", `${"a".repeat(250)}@example.org`, "ada@example.org\nBcc: x@y.org"])(
		"refuses %s as an address",
		async (email) => {
			const answer = await auth("sign-up/email", { email, password: PASSWORD });
			expectProblem(answer, "invalid-request");
			expect(answer.body.errors[0].pointer).toBe("/email");
		},
	);
});

describe("the mail that confirms an address", () => {
	it("comes again where it is asked for, and not once the address is confirmed", async () => {
		const email = freshEmail();
		await auth("sign-up/email", { email, password: PASSWORD });
		const again = await auth("send-verification-email", { email });
		expect([again.status, again.body]).toEqual([200, { status: "accepted" }]);
		const mails = await mailsTo(email);
		expect(mails.length).toBe(2);
		for (const mail of mails) expect((await auth(verifyPath(tokenIn(mail)))).status).toBe(200);
		expect((await auth("send-verification-email", { email })).body).toEqual({ status: "accepted" });
		expect((await mailsTo(email)).length).toBe(2);
	});

	it("leads to the application's page where the deployment has one", async () => {
		const email = freshEmail();
		const env = { ...testEnv, APP_ORIGIN: "https://app.example.org" };
		await fetchWith(env, "sign-up/email", { email, password: PASSWORD });
		const { link, text } = await newestMail(email);
		expect(link).toMatch(/^https:\/\/app\.example\.org\/verify-email\?token=/);
		expect(text).toContain(link);
	});

	it.each(["", "none", "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFkYUBleGFtcGxlLm9yZyJ9.", "a.b.c"])(
		"is not forged: %s is refused",
		async (token) => {
			expectProblem(await auth(verifyPath(token)), "invalid-request", ["/token"]);
		},
	);
});

describe("a session", () => {
	it("is listed with where it is, without its token, and ends when it is revoked", async () => {
		const person = await newSignedIn();
		const headers = { "User-Agent": "Tester/1", "CF-Connecting-IP": "203.0.113.77" };
		const { email, password } = person;
		const second = (await auth("sign-in/email", { email, password }, undefined, headers)).body;
		const { body } = await auth("list-sessions", undefined, person.token);
		expect(body.items.map((each: { id: string; current: boolean }) => [each.id, each.current]).sort()).toEqual(
			[
				[second.session, false],
				[person.session, true],
			].sort(),
		);
		const listed = body.items.find(({ id }: { id: string }) => id === second.session);
		expect(listed).toMatchObject({ network: "203.0.113.0/24", user_agent: "Tester/1" });
		expect(JSON.stringify(body)).not.toContain("mss_");
		const ended = await auth("revoke-session", { session: second.session }, person.token);
		expect([ended.status, ended.body]).toEqual([200, { revoked: 1 }]);
		expectProblem(await auth("get-session", undefined, second.token), "unauthenticated");
		expectProblem(await auth("revoke-session", { session: second.session }, person.token), "not-found");
		expect((await auth("get-session", undefined, person.token)).status).toBe(200);
	});

	it("of somebody else is not found", async () => {
		const [a, b] = [await newSignedIn(), await newSignedIn()];
		expectProblem(await auth("revoke-session", { session: a.session }, b.token), "not-found");
		expect((await auth("get-session", undefined, a.token)).status).toBe(200);
	});

	it("ends by signing out, and all others of the person by one call", async () => {
		const a = await newSignedIn();
		const others = [(await signIn(a.email)).body, (await signIn(a.email)).body];
		expect((await auth("revoke-other-sessions", {}, a.token)).body).toEqual({ revoked: 2 });
		for (const { token } of others) expectProblem(await auth("get-session", undefined, token), "unauthenticated");
		expect((await auth("sign-out", {}, a.token)).body).toEqual({ status: "signed_out" });
		expectProblem(await auth("sign-out", {}, a.token), "unauthenticated");
	});

	it("that ends is told to every isolate, in the transaction that ends it", async () => {
		const a = await newSignedIn();
		await auth("sign-out", {}, a.token);
		const told = "SELECT revokes FROM changes WHERE subject = ?";
		expect(await testEnv.ACCOUNTS.prepare(told).bind(a.session).first("revokes")).toBe(1);
	});

	it("lives on while it is used, by one write a day, and no longer than 90 days", async () => {
		const a = await newSignedIn();
		const day = 86_400_000;
		const at = async (days: number) => {
			vi.spyOn(Date, "now").mockReturnValue(began + days * day);
			return auth("get-session", undefined, a.token);
		};
		const expiry = () =>
			testEnv.ACCOUNTS.prepare("SELECT expires_at FROM sessions WHERE id = ?")
				.bind(a.session)
				.first<number>("expires_at");
		const began = Date.now();
		const first = await expiry();
		await at(0.9);
		expect(await expiry()).toBe(first);
		await at(1.1);
		expect(await expiry()).toBe(began + 15.1 * day);
		for (let days = 12; days < 90; days += 12) expect([days, (await at(days)).status]).toEqual([days, 200]);
		expectProblem(await at(90.1), "unauthenticated");
	});

	it("ends when it was not used for 14 days", async () => {
		const a = await newSignedIn();
		vi.spyOn(Date, "now").mockReturnValue(Date.now() + 14.1 * 86_400_000);
		expectProblem(await auth("get-session", undefined, a.token), "unauthenticated");
	});

	it("is the 101st of its account: the oldest goes", async () => {
		const a = await newSignedIn();
		const copy = `INSERT INTO sessions (id, account_id, hash, created_at, updated_at, expires_at)
			SELECT sessions.id || value, account_id, hash, created_at + value, updated_at, expires_at FROM sessions, json_each(?) WHERE sessions.id = ?`;
		const numbers = JSON.stringify(Array.from({ length: 99 }, (_, index) => index + 1));
		await testEnv.ACCOUNTS.prepare(copy).bind(numbers, a.session).run();
		expect((await auth("list-sessions", undefined, a.token)).body.items.length).toBe(100);
		vi.spyOn(Date, "now").mockReturnValue(Date.now() + 1_000);
		const { token } = (await signIn(a.email)).body;
		expectProblem(await auth("get-session", undefined, a.token), "unauthenticated");
		expect((await auth("list-sessions", undefined, token)).body.items.length).toBe(100);
	});

	it("is no token: it opens nothing but the operations of signing in", async () => {
		const { token } = await newSignedIn();
		for (const path of ["/v1/users/me/credits", "/v1/quizzes"]) {
			expectProblem(await call(path, { headers: { Authorization: `Bearer ${token}` } }), "unauthenticated");
		}
		const client = await newClient();
		expectProblem(await client.get("/v1/auth/get-session"), "unauthenticated");
	});

	it("keeps nothing of where it is where the deployment says so, and of an address no more than the network", async () => {
		const { email, password } = await newPerson();
		const headers = { "User-Agent": "x".repeat(500), "CF-Connecting-IP": "2001:db8:aaaa:bbbb:cccc::1" };
		const kept = await auth("sign-in/email", { email, password }, undefined, headers);
		await fetchWith({ ...testEnv, SIGN_IN_TRACES: "none" }, "sign-in/email", { email, password }, headers);
		const { body } = await auth("list-sessions", undefined, kept.body.token);
		const traces = body.items.map(({ network, user_agent }: Record<string, unknown>) => ({ network, user_agent }));
		expect(traces).toContainEqual({ network: "2001:db8:aaaa::/48", user_agent: "x".repeat(200) });
		expect(traces).toContainEqual({ network: null, user_agent: null });
	});
});

describe("a password", () => {
	it("is reset by a mail, once, and ends all sessions", async () => {
		const a = await newSignedIn();
		expect((await auth("request-password-reset", { email: a.email })).body).toEqual({ status: "accepted" });
		const token = tokenIn(await newestMail(a.email));
		const look = await auth(`reset-password?token=${encodeURIComponent(token)}`);
		expect([look.status, look.body.expires_at > Date.now()]).toEqual([200, true]);
		const reset = () => auth("reset-password", { token, new_password: OTHER_PASSWORD });
		expect((await reset()).body).toEqual({ status: "changed" });
		expectProblem(await reset(), "invalid-request", ["/token"]);
		expectProblem(await auth(`reset-password?token=${encodeURIComponent(token)}`), "invalid-request", ["/token"]);
		expectProblem(await auth("get-session", undefined, a.token), "unauthenticated");
		expectProblem(await signIn(a.email), "unauthenticated");
		expect((await signIn(a.email, OTHER_PASSWORD)).status).toBe(200);
		expect((await newestMail(a.email)).subject).toBe("Your password was changed");
	});

	it("is not reset twice by two who have the same mail at once", async () => {
		const { email } = await newPerson();
		await auth("request-password-reset", { email });
		const token = tokenIn(await newestMail(email));
		const passwords = [OTHER_PASSWORD, "a third walk to the harbour"];
		const answers = await Promise.all(passwords.map((new_password) => auth("reset-password", { token, new_password })));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
		const good = await Promise.all(passwords.map((password) => signIn(email, password)));
		expect(good.map(({ status }) => status)).toEqual(answers.map(({ status }) => (status === 200 ? 200 : 401)));
	});

	it("of an address that was never confirmed is reset too, which confirms it", async () => {
		const email = freshEmail();
		await auth("sign-up/email", { email, password: PASSWORD });
		await auth("request-password-reset", { email });
		const token = tokenIn(await newestMail(email));
		expect((await auth("reset-password", { token, new_password: OTHER_PASSWORD })).status).toBe(200);
		const { status, body } = await signIn(email, OTHER_PASSWORD);
		expect([status, body.account?.email_verified]).toEqual([200, true]);
		const users = "SELECT count(*) AS n FROM users WHERE account_id = ?";
		expect(await testEnv.ACCOUNTS.prepare(users).bind(body.account.id).first("n")).toBe(1);
	});

	it("is changed by the one of before, which ends the other sessions and is told to the owner", async () => {
		const a = await newSignedIn();
		const other = (await signIn(a.email)).body;
		const wrong = { current_password: "not the password", new_password: OTHER_PASSWORD };
		expectProblem(await auth("change-password", wrong, a.token), "invalid-request", ["/current_password"]);
		const change = { current_password: PASSWORD, new_password: OTHER_PASSWORD };
		expect((await auth("change-password", change, a.token)).body).toEqual({ status: "changed" });
		expect((await auth("get-session", undefined, a.token)).status).toBe(200);
		expectProblem(await auth("get-session", undefined, other.token), "unauthenticated");
		expect((await signIn(a.email, OTHER_PASSWORD)).status).toBe(200);
		expect((await newestMail(a.email)).subject).toBe("Your password was changed");
	});
});

describe("an address", () => {
	it("is changed by the password, once the new one is confirmed, and the old one is told", async () => {
		const a = await newSignedIn();
		const email = freshEmail();
		const change = (password: string) => auth("change-email", { new_email: email, password }, a.token);
		expectProblem(await change("not the password"), "invalid-request", ["/password"]);
		expect((await change(PASSWORD)).body).toEqual({ status: "verification_sent" });
		expect((await newestMail(a.email)).subject).toBe("Your address is about to change");
		expect((await signIn(a.email)).status).toBe(200);
		const { subject, ...mail } = await newestMail(email);
		expect(subject).toBe("Confirm your new address");
		expect((await auth(verifyPath(tokenIn(mail)))).body).toEqual({ status: "verified" });
		expectProblem(await signIn(a.email), "unauthenticated");
		expect((await signIn(email)).body.account).toMatchObject({ id: a.account, email, email_verified: true });
	});

	/** Both give the account another password, by the one of before and by a mail. */
	const NEW_PASSWORDS = {
		changed: async ({ token }: Person) => {
			const change = { current_password: PASSWORD, new_password: OTHER_PASSWORD };
			return auth("change-password", change, token);
		},
		reset: async ({ email }: Person) => {
			await auth("request-password-reset", { email });
			return auth("reset-password", { token: tokenIn(await newestMail(email)), new_password: OTHER_PASSWORD });
		},
	};
	it.each(Object.entries(NEW_PASSWORDS))(
		"that was asked for before the password was %s is not confirmed by its link any longer",
		async (_, renew) => {
			const a = await newSignedIn();
			const email = freshEmail();
			await auth("change-email", { new_email: email, password: PASSWORD }, a.token);
			const token = tokenIn(await newestMail(email));
			expect((await renew(a)).status).toBe(200);
			expectProblem(await auth(verifyPath(token)), "invalid-request", ["/token"]);
			const { body } = await signIn(a.email, OTHER_PASSWORD);
			expect(body.account).toMatchObject({ id: a.account, email: a.email });
			expectProblem(await signIn(email, OTHER_PASSWORD), "unauthenticated");
			await auth("change-email", { new_email: email, password: OTHER_PASSWORD }, body.token);
			expect((await auth(verifyPath(tokenIn(await newestMail(email))))).status).toBe(200);
			expect((await signIn(email, OTHER_PASSWORD)).body.account.id).toBe(a.account);
		},
	);

	it("that has an account is asked for with the same answer, and its owner keeps it", async () => {
		const [a, b] = [await newSignedIn(), await newPerson()];
		const before = (await mailsTo(b.email)).length;
		const answer = await auth("change-email", { new_email: b.email, password: PASSWORD }, a.token);
		expect([answer.status, answer.body]).toEqual([200, { status: "verification_sent" }]);
		expect((await mailsTo(b.email)).length).toBe(before);
	});

	it("that somebody took meanwhile is not taken from them by the link", async () => {
		const a = await newSignedIn();
		const email = freshEmail();
		await auth("change-email", { new_email: email, password: PASSWORD }, a.token);
		const token = tokenIn(await newestMail(email));
		await newPerson(email);
		expectProblem(await auth(verifyPath(token)), "invalid-request", ["/token"]);
		expect((await signIn(a.email)).body.account.id).toBe(a.account);
	});
});

describe("a second factor", () => {
	it("is asked for once it is confirmed, and a sign-in without it has no session", async () => {
		const a = await newSecondFactor();
		expect((await auth("get-session", undefined, a.token)).body.account.two_factor_enabled).toBe(true);
		const { challenge, code } = await challenged(a);
		const body = (await signIn(a.email)).body;
		expect(Object.keys(body).sort()).toEqual(["challenge", "expires_at", "status"]);
		expect(body.status).toBe("second_factor_required");
		for (const path of ["get-session", "list-sessions"]) {
			expectProblem(await auth(path, undefined, challenge), "unauthenticated");
		}
		const answer = await auth("two-factor/verify-totp", { code, challenge });
		expect([answer.status, answer.body.status, answer.body.account.id]).toEqual([200, "signed_in", a.account]);
		expect((await auth("get-session", undefined, answer.body.token)).status).toBe(200);
	});

	it("takes a code once, although two sign-ins wait for it", async () => {
		const a = await newSecondFactor();
		const [one, two] = [await challenged(a), await challenged(a)];
		const answers = await Promise.all(
			[one, two].map(({ challenge }) => auth("two-factor/verify-totp", { code: one.code, challenge })),
		);
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
	});

	it("ends a sign-in after five wrong codes, and takes none for a while after ten", async () => {
		const a = await newSecondFactor();
		const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, "0");
		const attempts = async () => {
			const { challenge, code } = await challenged(a);
			for (let n = 0; n < 5; n++) {
				expectProblem(await auth("two-factor/verify-totp", { code: wrong(code), challenge }), "unauthenticated");
			}
			return auth("two-factor/verify-totp", { code, challenge });
		};
		expectProblem(await attempts(), "unauthenticated");
		const locked = await attempts();
		expectProblem(locked, "rate-limited");
		expect(locked.body).toMatchObject({ rule: "second-factor", limit: 10 });
		const again = await challenged(a);
		expectProblem(await auth("two-factor/verify-totp", again), "invalid-request");
		expectProblem(
			await auth("two-factor/verify-totp", { code: again.code, challenge: again.challenge }),
			"rate-limited",
		);
	});

	it("is answered by a backup code too, each once", async () => {
		const a = await newSecondFactor();
		const [code = ""] = a.backup_codes;
		const answer = async () =>
			auth("two-factor/verify-backup-code", { code, challenge: (await challenged(a)).challenge });
		expect((await answer()).body.status).toBe("signed_in");
		expectProblem(await answer(), "unauthenticated");
		const renewed = await auth("two-factor/generate-backup-codes", { password: PASSWORD }, a.token);
		expect(renewed.body.backup_codes.length).toBe(10);
		const [, old = ""] = a.backup_codes;
		const { challenge } = await challenged(a);
		expectProblem(await auth("two-factor/verify-backup-code", { code: old, challenge }), "unauthenticated");
	});

	it("is answered by several backup codes at once: one counts, and each other is refused as a conflict", async () => {
		const a = await newSecondFactor();
		const waiting: { code: string; challenge: string }[] = [];
		for (const code of a.backup_codes.slice(0, 4)) waiting.push({ code, challenge: (await challenged(a)).challenge });
		const answers = await Promise.all(waiting.map((each) => auth("two-factor/verify-backup-code", each)));
		const statuses = answers.map(({ status }) => status);
		expect(statuses).toContain(200);
		expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
		for (const answer of answers) if (answer.status === 409) expectProblem(answer, "conflict");
	});

	it("is begun twice at once: one of them counts, and the other is refused as a conflict", async () => {
		const a = await newSignedIn();
		const env = { ...testEnv, ACCOUNTS: lookedAtTogether(testEnv.ACCOUNTS, 2) };
		const bearer = { Authorization: `Bearer ${a.token}` };
		const answers = await Promise.all(
			[1, 2].map(() => fetchWith(env, "two-factor/enable", { password: PASSWORD }, bearer)),
		);
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
		const of = "SELECT count(*) AS n FROM second_factors WHERE account_id = ?";
		expect(await testEnv.ACCOUNTS.prepare(of).bind(a.account).first("n")).toBe(1);
	});

	it("is begun, given up and furnished with codes by the password, and not without it", async () => {
		const a = await newSignedIn();
		for (const path of ["two-factor/enable", "two-factor/disable"]) {
			expectProblem(await auth(path, { password: "not the password" }, a.token), "invalid-request", ["/password"]);
		}
		expectProblem(await auth("two-factor/generate-backup-codes", { password: PASSWORD }, a.token), "conflict");
	});

	it("is not begun a second time, and given up for the password alone, by another session", async () => {
		const b = await newSecondFactor();
		expectProblem(await auth("two-factor/enable", { password: PASSWORD }, b.token), "conflict");
		const given = await auth("two-factor/disable", { password: PASSWORD }, b.token);
		expect(given.body.account.two_factor_enabled).toBe(false);
		expectProblem(await auth("get-session", undefined, b.token), "unauthenticated");
		expect((await auth("get-session", undefined, given.body.token)).status).toBe(200);
		expect((await signIn(b.email)).body.status).toBe("signed_in");
	});

	it("is opened with the secret that it was sealed with, after the deployment has got another", async () => {
		const [first, second] = ["the first secret of the deployment one", "the second secret of the deployment"];
		const a = await newSignedIn();
		const as = (AUTH_SECRET: string) => ({ ...testEnv, AUTH_SECRET });
		const bearer = { Authorization: `Bearer ${a.token}` };
		const { body } = await fetchWith(as(first), "two-factor/enable", { password: PASSWORD }, bearer);
		const secret = new URL(body.totp_uri).searchParams.get("secret") ?? "";
		const rotated = as(`2:${second},1:${first}`);
		const code = totp(secret, Date.now() - 30_000);
		expect((await fetchWith(rotated, "two-factor/verify-totp", { code }, bearer)).status).toBe(200);
		const half = (await fetchWith(rotated, "sign-in/email", { email: a.email, password: PASSWORD })).body;
		const answer = { challenge: half.challenge, code: totp(secret, Date.now()) };
		expect((await fetchWith(rotated, "two-factor/verify-totp", answer)).body.status).toBe("signed_in");
		const [backup] = body.backup_codes;
		const { challenge } = (await fetchWith(rotated, "sign-in/email", { email: a.email, password: PASSWORD })).body;
		expect((await fetchWith(rotated, "two-factor/verify-backup-code", { challenge, code: backup })).status).toBe(200);
	});

	it.each(["", "too short", "1:abc", `1:${"x".repeat(40)},1:${"y".repeat(40)}`])(
		"is sealed with no secret like %s: the deployment is told, and nobody what it is",
		async (AUTH_SECRET) => {
			const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
			const env = { ...testEnv, AUTH_SECRET };
			expect((await fetchWith(env, "sign-in/email", { email: freshEmail(), password: PASSWORD })).status).toBe(500);
			const lines = told.mock.calls.map(([line]) => String(line)).join();
			expect(lines).toContain("AUTH_SECRET");
			if (AUTH_SECRET !== "") expect(lines).not.toContain(AUTH_SECRET);
		},
	);

	it("that was begun and not confirmed is asked for by nobody", async () => {
		const a = await newSignedIn();
		const { secret } = await begun(a.token);
		expect((await signIn(a.email)).body.status).toBe("signed_in");
		const wrong = await auth("two-factor/verify-totp", { code: "000000" }, a.token);
		expectProblem(wrong, "invalid-request", ["/code"]);
		expect(secret).not.toBe("");
		expectProblem(await auth("two-factor/verify-totp", { code: totp(secret, Date.now()) }), "unauthenticated");
	});

	const begun = async (token: string) => {
		const { totp_uri } = (await auth("two-factor/enable", { password: PASSWORD }, token)).body;
		return { secret: new URL(totp_uri).searchParams.get("secret") ?? "" };
	};
});

/** A database in which requests that look for a second factor get what is there once so many have looked. */
function lookedAtTogether(db: D1Database, looks: number): D1Database {
	const { promise, resolve } = Promise.withResolvers<void>();
	let looked = 0;
	const waiting = (statement: D1PreparedStatement) => ({
		bind: (...values: unknown[]) => waiting(statement.bind(...values)),
		first: async () => {
			const row = await statement.first();
			looked++;
			if (looked === looks) resolve();
			await promise;
			return row;
		},
	});
	return {
		prepare: (query: string) => {
			const statement = db.prepare(query);
			return query.includes("FROM second_factors") ? waiting(statement) : statement;
		},
		batch: (statements: D1PreparedStatement[]) => db.batch(statements),
	} as unknown as D1Database;
}

/** As a deployment with other settings answers. */
async function fetchWith(
	env: object,
	path: string,
	body: object,
	headers: Record<string, string> = {},
): Promise<Pick<Answer, "status" | "body" | "headers">> {
	const request = new Request(`https://marksheet.test/v1/auth/${path}`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
	const context = createExecutionContext();
	const response = await worker.fetch(request, env as Env, context);
	await waitOnExecutionContext(context);
	return { status: response.status, headers: response.headers, body: await response.json() };
}

describe("mail", () => {
	it("is kept for a developer to read, and sealed in the table", async () => {
		const { email } = await newPerson();
		const mails = await mailsTo(email);
		expect(mails).toEqual([
			{
				to: email,
				subject: "Confirm your address",
				text: expect.any(String),
				link: expect.any(String),
				created_at: expect.any(Number),
			},
		]);
		const stored = JSON.stringify(await rowsOf("mails"));
		expect(stored).not.toContain(email);
		expect(stored).not.toContain("token=");
	});

	it("is shown by no deployment", async () => {
		for (const ENVIRONMENT of ["staging", "production", "", "Local"]) {
			const env = { ...testEnv, ENVIRONMENT } as unknown as Env;
			const request = new Request("https://marksheet.test/dev/mail");
			const response = await worker.fetch(request, env, createExecutionContext());
			expect([ENVIRONMENT, response.status]).toEqual([ENVIRONMENT, 404]);
		}
		expect(fresh("mail")).toMatch(/^mail_/);
	});
});
