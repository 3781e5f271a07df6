import { createHmac } from "node:crypto";
import { passwordHashes } from "../../src/service/sign-in/password-hashes.ts";
import { type Answer, call, fresh, testEnv } from "./harness.ts";

// The first request that needs the library loads it, which takes longer here than a test may.
await import("../../src/service/sign-in/library.ts");

// Hashes are made with a small part of the work: nothing that tests of people look at depends on it, and
// there are hundreds. password-hashes.test.ts has the real ones.
const { derive } = passwordHashes;
passwordHashes.derive = (password, salt, parameters) => derive(password, salt, { ...parameters, cost: 256 });

/** People who sign up and in as clients do, and what they are written. */

export const PASSWORD = "a long walk to the harbour";

export const freshEmail = () => `${fresh("person")}@example.org`;

/** Of an operation of signing in. @param token of a session */
export const auth = (
	path: string,
	body?: unknown,
	token?: string,
	headers: Record<string, string> = {},
): Promise<Answer> =>
	call(`/v1/auth/${path}`, {
		method: body === undefined ? "GET" : "POST",
		headers: {
			...(body !== undefined && { "Content-Type": "application/json" }),
			...(token !== undefined && { Authorization: `Bearer ${token}` }),
			...headers,
		},
		...(body !== undefined && { body: JSON.stringify(body) }),
	});

export interface KeptMail {
	to: string;
	subject: string;
	text: string;
	link: string | null;
	created_at: number;
}

/** What was written to an address, the newest first. */
export async function mailsTo(email: string): Promise<KeptMail[]> {
	const { status, body } = await call(`/dev/mail?to=${encodeURIComponent(email)}`);
	if (status !== 200) throw new Error(`/dev/mail answers ${status}`);
	return body.items;
}

/** The token in the link of a mail. */
export function tokenIn({ link }: { link: string | null }): string {
	const token = link === null ? null : new URL(link).searchParams.get("token");
	if (token === null) throw new Error("the mail has no link with a token");
	return token;
}

export async function newestMail(email: string): Promise<KeptMail> {
	const [mail] = await mailsTo(email);
	if (!mail) throw new Error(`${email} was not written to`);
	return mail;
}

/** An account whose address is confirmed. */
export async function newPerson(
	email = freshEmail(),
	password = PASSWORD,
): Promise<{ email: string; password: string }> {
	await expectStatus(auth("sign-up/email", { email, password, name: "Ada" }), 200);
	const token = tokenIn(await newestMail(email));
	await expectStatus(auth(`verify-email?token=${encodeURIComponent(token)}`), 200);
	return { email, password };
}

/** Someone who is signed in, and what only they know. */
export interface Person {
	email: string;
	password: string;
	/** Of the session. */
	token: string;
	session: string;
	account: string;
	/** The token of a mail. */
	mailed: string;
	/** Of a second factor, if there is one. */
	secret: string;
	backup_codes: string[];
	/** Of a sign-in that waits for it, with a code that answers it. */
	challenge: string;
	code: string;
}

export const NOBODY: Person = {
	email: "nobody@example.org",
	password: PASSWORD,
	token: "mss_00000000000000000000000000000000",
	session: "ses_000000000000000000000000",
	account: "acc_000000000000000000000000",
	mailed: "none",
	secret: "",
	backup_codes: [],
	challenge: "none",
	code: "000000",
};

export async function newSignedIn(): Promise<Person> {
	const person = await newPerson();
	const { body } = await expectStatus(auth("sign-in/email", person), 200);
	return { ...NOBODY, ...person, token: body.token, session: body.session, account: body.account.id };
}

/** Someone who has a second factor and is signed in. */
export async function newSecondFactor(): Promise<Person> {
	const person = await newSignedIn();
	const { password, token } = person;
	const { totp_uri, backup_codes } = (await expectStatus(auth("two-factor/enable", { password }, token), 200)).body;
	const secret = new URL(totp_uri).searchParams.get("secret") ?? "";
	const now = Date.now();
	// Of the half minute before, which is good too, so that the one of now has not been used.
	const code = totp(secret, now - TOTP_STEP_MS);
	const { body } = await expectStatus(auth("two-factor/verify-totp", { code }, token), 200);
	return { ...person, token: body.token, session: body.session, secret, backup_codes };
}

/** With a sign-in that waits for the second factor. */
export async function challenged(person: Person): Promise<Person> {
	const { email, password, secret } = person;
	const { body } = await expectStatus(auth("sign-in/email", { email, password }), 200);
	return { ...person, challenge: body.challenge, code: totp(secret, Date.now()) };
}

const TOTP_STEP_MS = 30_000;

/** What an authenticator shows at a time (RFC 6238, RFC 4226). @param secret in base 32 */
export function totp(secret: string, at: number): string {
	let bits = "";
	for (const character of secret.replace(/=+$/, "")) {
		bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character).toString(2).padStart(5, "0");
	}
	const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(at / TOTP_STEP_MS)));
	const digest = createHmac("sha1", Buffer.from(bytes)).update(counter).digest();
	const offset = (digest.at(-1) ?? 0) & 15;
	return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function expectStatus(answer: Promise<Answer>, status: number): Promise<Answer> {
	const { status: got, text, ...rest } = await answer;
	if (got !== status) throw new Error(`expected ${status}, got ${got}: ${text}`);
	return { status: got, text, ...rest };
}

/** What is stored of a table of ACCOUNTS. */
export async function rowsOf(table: string): Promise<Record<string, unknown>[]> {
	return (await testEnv.ACCOUNTS.prepare(`SELECT * FROM ${table}`).all()).results;
}
