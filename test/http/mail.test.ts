import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { scheduled } from "../../src/ops/scheduled.ts";
import { recipientHash } from "../../src/service/mail/outbox.ts";
import { testEnv } from "../lib/harness.ts";
import { auth, freshEmail, newSignedIn, PASSWORD } from "../lib/people.ts";

/** How mail leaves: by a service over HTTP or by the platform, behind the answer or by the schedule; and what is over of signing in. */

afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

const MINUTE = 60_000;
const HTTP = {
	MAIL: "http",
	MAIL_FROM: "Marksheet <no-reply@marksheet.test>",
	MAIL_API_KEY: "re_a_key_for_tests",
	ENVIRONMENT: "production",
};

interface Sent {
	url: string;
	method: string;
	headers: Record<string, string>;
	body: { from: string; to: string[]; subject: string; text: string };
}

/** A mail service that answers so, one after the other, and then always as the last. */
function mailService(...answers: (Response | Error)[]): Sent[] {
	const sent: Sent[] = [];
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const request = new Request(input, init);
		const headers = Object.fromEntries(request.headers);
		sent.push({ url: request.url, method: request.method, headers, body: await request.json() });
		const answer = answers.length > 1 ? answers.shift() : answers[0];
		if (answer instanceof Error) throw answer;
		return answer?.clone() ?? new Response();
	});
	return sent;
}

const taken = () => Response.json({ id: "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" });

/** Signs up where mail is sent so, and waits for what is done behind the answer. */
async function signUp(settings: object): Promise<{ email: string; status: number; env: Env }> {
	const email = freshEmail();
	const env = { ...testEnv, ...settings } as unknown as Env;
	const request = new Request("https://marksheet.test/v1/auth/sign-up/email", {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ email, password: PASSWORD }),
	});
	const context = createExecutionContext();
	const { status } = await worker.fetch(request, env, context);
	await waitOnExecutionContext(context);
	return { email, status, env };
}

interface Row {
	id: string;
	sealed: string | null;
	attempts: number;
	due_at: number | null;
	sent_at: number | null;
}

async function rowFor(env: Env, email: string): Promise<Row> {
	const query = "SELECT id, sealed, attempts, due_at, sent_at FROM mails WHERE recipient = ?";
	const row = await testEnv.ACCOUNTS.prepare(query).bind(recipientHash(env, email)).first<Row>();
	if (!row) throw new Error("no mail was written");
	return row;
}

/** The schedule, at a time. */
async function minuteAt(env: Env, now: number): Promise<void> {
	vi.useFakeTimers({ toFake: ["Date"], now });
	await scheduled("* * * * *", env);
	vi.useRealTimers();
}

describe("a mail service over HTTP", () => {
	it("is given the mail as Resend's API takes it, behind the answer, and nothing of it is kept", async () => {
		const sent = mailService(taken());
		const { email, status, env } = await signUp(HTTP);
		expect(status).toBe(200);
		const { id, ...row } = await rowFor(env, email);
		expect(sent).toEqual([
			{
				url: "https://api.resend.com/emails",
				method: "POST",
				headers: {
					authorization: "Bearer re_a_key_for_tests",
					"content-type": "application/json",
					"idempotency-key": id,
				},
				body: {
					from: HTTP.MAIL_FROM,
					to: [email],
					subject: "Confirm your address",
					text: expect.stringContaining("https://marksheet.test/v1/auth/verify-email?token="),
				},
			},
		]);
		expect(row).toEqual({ sealed: null, attempts: 1, due_at: null, sent_at: expect.any(Number) });
	});

	it("is another one where the deployment says so", async () => {
		const sent = mailService(taken());
		await signUp({ ...HTTP, MAIL_URL: "https://mail.example.org/send" });
		expect(sent.map(({ url }) => url)).toEqual(["https://mail.example.org/send"]);
	});

	it.each([
		["answers 500", new Response("no", { status: 500 })],
		["answers 429", new Response("slow down", { status: 429 })],
		["refuses the key", new Response("no", { status: 401 })],
		["does not answer", new TypeError("network")],
	])("that %s loses no sign-up: the schedule sends it, once", async (_, failure) => {
		vi.spyOn(console, "warn").mockImplementation(() => undefined);
		const began = Date.now();
		mailService(failure);
		const { email, status, env } = await signUp(HTTP);
		expect(status).toBe(200);
		const row = await rowFor(env, email);
		expect(row).toMatchObject({ attempts: 1, sent_at: null, sealed: expect.any(String) });
		vi.restoreAllMocks();
		const sent = mailService(taken());
		await minuteAt(env, began);
		expect(sent.filter(({ body }) => body.to[0] === email)).toEqual([]);
		await minuteAt(env, began + 2 * MINUTE);
		await minuteAt(env, began + 4 * MINUTE);
		const ofIt = sent.filter(({ body }) => body.to[0] === email);
		expect(ofIt.map(({ headers }) => headers["idempotency-key"])).toEqual([row.id]);
		expect(await rowFor(env, email)).toMatchObject({ attempts: 2, due_at: null, sealed: null });
	});

	it("is tried eight times at most, with longer and longer pauses", async () => {
		vi.spyOn(console, "warn").mockImplementation(() => undefined);
		const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
		mailService(new Response("no", { status: 500 }));
		const { email, env } = await signUp(HTTP);
		const pauses: number[] = [];
		let row = await rowFor(env, email);
		let at = Date.now();
		for (let n = 0; row.due_at !== null && n < 20; n++) {
			pauses.push(Math.round((row.due_at - at) / MINUTE));
			at = row.due_at;
			await minuteAt(env, at);
			row = await rowFor(env, email);
		}
		expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64]);
		expect(row).toMatchObject({ attempts: 8, sealed: null, sent_at: null });
		expect(told.mock.calls.map(([line]) => JSON.parse(String(line)))).toContainEqual(
			expect.objectContaining({ at: "mail", id: row.id, attempts: 8, given_up: true }),
		);
	});

	it("that refuses the mail itself is not asked again", async () => {
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		mailService(new Response("invalid `to`", { status: 422 }));
		const { email, env } = await signUp(HTTP);
		expect(await rowFor(env, email)).toMatchObject({ attempts: 1, due_at: null, sealed: null, sent_at: null });
	});

	it("is given a mail by one of two who find it due", async () => {
		vi.spyOn(console, "warn").mockImplementation(() => undefined);
		mailService(new Response("no", { status: 500 }));
		const { email, env } = await signUp(HTTP);
		vi.restoreAllMocks();
		const sent = mailService(taken());
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5 * MINUTE });
		await Promise.all([scheduled("* * * * *", env), scheduled("* * * * *", env)]);
		expect(sent.filter(({ body }) => body.to[0] === email).length).toBe(1);
	});
});

describe("the platform's binding", () => {
	it("is given the mail", async () => {
		const send = vi.fn(async () => ({ messageId: "1" }));
		const settings = { ...HTTP, MAIL: "binding", EMAIL: { send } };
		const { email, env } = await signUp(settings);
		expect(send.mock.calls).toEqual([
			[{ from: HTTP.MAIL_FROM, to: email, subject: "Confirm your address", text: expect.stringContaining("token=") }],
		]);
		expect(await rowFor(env, email)).toMatchObject({ due_at: null, sealed: null, sent_at: expect.any(Number) });
	});

	it("that fails, or is not there, leaves it to the schedule", async () => {
		vi.spyOn(console, "warn").mockImplementation(() => undefined);
		const send = () => Promise.reject(new Error("E_RATE_LIMIT_EXCEEDED"));
		for (const EMAIL of [{ send }, undefined]) {
			const { email, env } = await signUp({ ...HTTP, MAIL: "binding", EMAIL });
			expect(await rowFor(env, email)).toMatchObject({ attempts: 1, due_at: expect.any(Number), sent_at: null });
		}
	});
});

it("a deployment cannot keep its mail for a developer instead of sending it", async () => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	for (const settings of [
		{ MAIL: "outbox", ENVIRONMENT: "production" },
		{ ...HTTP, MAIL_API_KEY: undefined },
	]) {
		const { email, status, env } = await signUp(settings);
		expect(status).toBe(500);
		await expect(rowFor(env, email)).rejects.toThrow();
		const accounts = "SELECT count(*) AS n FROM accounts WHERE email = ?";
		expect(await testEnv.ACCOUNTS.prepare(accounts).bind(email).first("n")).toBe(0);
	}
});

it("what is over of signing in is removed by the schedule, and what is not stays", async () => {
	const [over, open] = [await newSignedIn(), await newSignedIn()];
	await auth("request-password-reset", { email: open.email });
	const day = 24 * 60 * MINUTE;
	const age = "UPDATE sessions SET expires_at = ? WHERE id = ?";
	await testEnv.ACCOUNTS.prepare(age)
		.bind(Date.now() - 1, over.session)
		.run();
	const count = (query: string, ...values: unknown[]) =>
		testEnv.ACCOUNTS.prepare(query)
			.bind(...values)
			.first<number>("n");
	const sessions = (id: string) => count("SELECT count(*) AS n FROM sessions WHERE id = ?", id);
	const resets = () => count("SELECT count(*) AS n FROM verifications WHERE value = ?", open.account);
	const mails = (email: string) =>
		count("SELECT count(*) AS n FROM mails WHERE recipient = ?", recipientHash(testEnv, email));
	await scheduled("* * * * *", testEnv);
	expect([await sessions(over.session), await sessions(open.session)]).toEqual([0, 1]);
	expect([await resets(), await mails(open.email)]).toEqual([1, 2]);
	const began = Date.now();
	await minuteAt(testEnv, began + 2 * 60 * MINUTE);
	expect([await resets(), await mails(open.email)]).toEqual([0, 2]);
	await minuteAt(testEnv, began + 8 * day);
	expect([await sessions(open.session), await mails(open.email)]).toEqual([1, 0]);
});
