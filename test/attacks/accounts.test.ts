import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { passwordHashes } from "../../src/service/sign-in/password-hashes.ts";
import { countedDatabase } from "../lib/counted-database.ts";
import { testEnv } from "../lib/harness.ts";
import { auth, freshEmail, mailsTo, newestMail, newPerson, newSignedIn, PASSWORD, tokenIn } from "../lib/people.ts";

/** What a stranger may try at signing in: to learn who has an account, to guess, and to make the service work. */

afterEach(() => {
	vi.restoreAllMocks();
});

const NEW_PASSWORD = "another walk to the harbour";

interface Seen {
	status: number;
	body: unknown;
	/** Without what every answer has another of. */
	headers: [string, string][];
	hashes: number;
	/** How many statements went in each round trip to ACCOUNTS before the answer. */
	trips: number[];
}

/** What somebody sees of a request from outside, and what the service did before it answered. */
async function seen(
	path: string,
	body: object,
	settings: object = {},
	headers: Record<string, string> = {},
): Promise<Seen> {
	const derived = vi.spyOn(passwordHashes, "derive");
	const { db, trips } = countedDatabase(testEnv.ACCOUNTS);
	const env = { ...testEnv, ...settings, ACCOUNTS: db } as unknown as Env;
	const request = new Request(`https://marksheet.test/v1/auth/${path}`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
	const context = createExecutionContext();
	const response = await worker.fetch(request, env, context);
	const before = trips.map(({ statements }) => statements);
	const answer = await response.json<{ request_id?: string }>();
	await waitOnExecutionContext(context);
	const hashes = derived.mock.calls.length;
	derived.mockRestore();
	delete answer.request_id;
	const shown = [...response.headers].filter(([name]) => name !== "x-request-id");
	return { status: response.status, body: answer, headers: shown, hashes, trips: before };
}

/** The same, but for how many rows of mail and accounts are written in the one transaction that either takes. */
const roundTrips = ({ trips, ...rest }: Seen) => ({ ...rest, trips: trips.length });

describe("nobody learns which addresses have an account", () => {
	it("by signing up: a known address is answered as a new one, after as many hashes and round trips", async () => {
		const known = await newPerson();
		const unconfirmed = freshEmail();
		await auth("sign-up/email", { email: unconfirmed, password: PASSWORD });
		const attempts = [];
		for (const email of [freshEmail(), known.email, unconfirmed]) {
			attempts.push(roundTrips(await seen("sign-up/email", { email, password: PASSWORD, name: "Ada" })));
		}
		const [ofNew, ...ofKnown] = attempts;
		expect(ofNew).toMatchObject({ status: 200, body: { status: "verification_sent" }, hashes: 1, trips: 2 });
		for (const attempt of ofKnown) expect(attempt).toEqual(ofNew);
		// The owner hears of it, and nobody else.
		expect((await newestMail(known.email)).subject).toBe("You have an account already");
		expect((await newestMail(unconfirmed)).subject).toBe("Confirm your address");
		expect((await auth("sign-in/email", known)).status).toBe(200);
	});

	it("by signing in: an unknown address takes the same hash and the same query as a wrong password", async () => {
		const known = await newPerson();
		const unconfirmed = freshEmail();
		await auth("sign-up/email", { email: unconfirmed, password: PASSWORD });
		const attempts = [];
		for (const email of [freshEmail(), known.email, unconfirmed]) {
			attempts.push(await seen("sign-in/email", { email, password: NEW_PASSWORD }));
		}
		const [ofUnknown, ...ofKnown] = attempts;
		expect(ofUnknown).toMatchObject({ status: 401, hashes: 1, trips: [2] });
		for (const attempt of ofKnown) expect(attempt).toEqual(ofUnknown);
	});

	it("by asking for a new password: one transaction of the same statements does either", async () => {
		const known = await newPerson();
		const ofKnown = await seen("request-password-reset", { email: known.email });
		const ofUnknown = await seen("request-password-reset", { email: freshEmail() });
		expect(ofUnknown).toMatchObject({ status: 200, body: { status: "accepted" }, hashes: 0, trips: [2] });
		expect(ofKnown).toEqual(ofUnknown);
		expect((await newestMail(known.email)).subject).toBe("Choose a new password");
	});

	it("by asking for the confirming mail again: one statement does either", async () => {
		const known = await newPerson();
		const unconfirmed = freshEmail();
		await auth("sign-up/email", { email: unconfirmed, password: PASSWORD });
		const attempts = [];
		for (const email of [freshEmail(), known.email, unconfirmed]) {
			attempts.push(await seen("send-verification-email", { email }));
		}
		const [ofUnknown, ...others] = attempts;
		expect(ofUnknown).toMatchObject({ status: 200, body: { status: "accepted" }, hashes: 0, trips: [1] });
		for (const attempt of others) expect(attempt).toEqual(ofUnknown);
	});

	it("by asking for another's address as one's own", async () => {
		const [a, known] = [await newSignedIn(), await newPerson()];
		const headers = { Authorization: `Bearer ${a.token}` };
		const attempts = [];
		for (const new_email of [freshEmail(), known.email]) {
			attempts.push(roundTrips(await seen("change-email", { new_email, password: PASSWORD }, {}, headers)));
		}
		expect(attempts[0]).toMatchObject({ status: 200, body: { status: "verification_sent" }, hashes: 1 });
		expect(attempts[1]).toEqual(attempts[0]);
	});
});

describe("requests are counted before anything is hashed or anybody is written to", () => {
	const OPERATIONS: [path: string, body: (email: string) => object][] = [
		["sign-up/email", (email) => ({ email, password: PASSWORD })],
		["sign-in/email", (email) => ({ email, password: PASSWORD })],
		["request-password-reset", (email) => ({ email })],
		["send-verification-email", (email) => ({ email })],
	];
	/** The next one: what came before counts in it no longer. */
	const inMinuteOfItsOwn = () => vi.spyOn(Date, "now").mockReturnValue(60_000 * Math.ceil(Date.now() / 60_000));
	const settings = (rateClass: string) => ({ RATE_LIMITS: { [rateClass]: { limit: 2, period: 60 } } });

	it.each(OPERATIONS)("%s by the person, whether there is one or not, and from wherever", async (path, body) => {
		const people = [await newPerson(), { email: freshEmail() }];
		inMinuteOfItsOwn();
		for (const { email } of people) {
			const answers = [];
			for (const address of ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) {
				answers.push(await seen(path, body(email), settings("sign-ins-of-one"), { "CF-Connecting-IP": address }));
			}
			const [, , third] = answers;
			expect(answers.map(({ status }) => status === 429)).toEqual([false, false, true]);
			expect(third).toMatchObject({ body: { code: "rate-limited", rule: "sign-ins-of-one" }, hashes: 0, trips: [] });
			// In another case it is the same address.
			expect((await seen(path, body(email.toUpperCase()), settings("sign-ins-of-one"))).status).toBe(429);
		}
	});

	it.each(OPERATIONS)("%s by the address that they come from, whomever they are about", async (path, body) => {
		inMinuteOfItsOwn();
		const from = { "CF-Connecting-IP": `198.51.100.${OPERATIONS.findIndex(([each]) => each === path)}` };
		const answers = [];
		for (let n = 0; n < 3; n++) answers.push(await seen(path, body(freshEmail()), settings("sign-ins"), from));
		expect(answers.map(({ status }) => status === 429)).toEqual([false, false, true]);
		expect(answers[2]).toMatchObject({ body: { rule: "sign-ins" }, hashes: 0, trips: [] });
	});

	it("the password of who is signed in, by the account", async () => {
		const a = await newSignedIn();
		const headers = { Authorization: `Bearer ${a.token}` };
		const paths = ["change-password", "two-factor/enable", "change-email"];
		const bodies = [
			{ current_password: "not the password", new_password: NEW_PASSWORD },
			{ password: "not the password" },
			{ password: "not the password", new_email: freshEmail() },
		];
		inMinuteOfItsOwn();
		const answers = [];
		for (const [n, path] of paths.entries()) {
			answers.push(await seen(path, bodies[n] ?? {}, settings("sign-ins-of-one"), headers));
		}
		expect(answers.map(({ status }) => status)).toEqual([400, 400, 429]);
		expect(answers[2]?.hashes).toBe(0);
	});

	it("no address is written to more than twenty times an hour, and nobody is told so", async () => {
		const { email } = await newPerson();
		const answers = [];
		for (let n = 0; n < 22; n++) answers.push(await seen("request-password-reset", { email }, { RATE_LIMITS: {} }));
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
		expect((await mailsTo(email)).length).toBe(20);
	});
});

describe("what a sign-in is made of is bound to where it was made", () => {
	it("a token of a mail confirms only the address that it was sent to", async () => {
		const [a, b] = [freshEmail(), freshEmail()];
		for (const email of [a, b]) await auth("sign-up/email", { email, password: PASSWORD });
		const token = tokenIn(await newestMail(a));
		expect((await auth(`verify-email?token=${encodeURIComponent(token)}`)).status).toBe(200);
		expect((await auth("sign-in/email", { email: a, password: PASSWORD })).status).toBe(200);
		expect((await auth("sign-in/email", { email: b, password: PASSWORD })).status).toBe(401);
	});

	it("tokens of mails do not take one another's place, and are good for nothing once they are old", async () => {
		const { email } = await newPerson();
		const confirming = tokenIn(await newestMail(email));
		await auth("request-password-reset", { email });
		const resetting = tokenIn(await newestMail(email));
		const verify = (token: string) => auth(`verify-email?token=${encodeURIComponent(token)}`);
		const reset = (token: string) => auth("reset-password", { token, new_password: NEW_PASSWORD });
		expect((await verify(resetting)).status).toBe(400);
		expect((await reset(confirming)).status).toBe(400);
		const later = Date.now() + 25 * 3_600_000;
		vi.useFakeTimers({ toFake: ["Date"], now: later });
		try {
			expect((await verify(confirming)).status).toBe(400);
			expect((await reset(resetting)).status).toBe(400);
		} finally {
			vi.useRealTimers();
		}
		expect((await reset(resetting)).status).toBe(200);
	});
});
