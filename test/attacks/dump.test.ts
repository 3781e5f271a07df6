import { expect, it } from "vitest";
import { testEnv } from "../lib/harness.ts";
import { auth, challenged, freshEmail, newSecondFactor, newSignedIn, PASSWORD, totp } from "../lib/people.ts";

/** Whoever has all of ACCOUNTS has no credential: of what signing in keeps there, each text is tried as one. Runs in a runtime of its own. */

const TABLES = ["accounts", "credentials", "sessions", "verifications", "second_factors", "mails", "changes"];

/** Texts of rows, and what they are made of. */
async function dumped(): Promise<Set<string>> {
	const texts = new Set<string>();
	for (const table of TABLES) {
		const { results } = await testEnv.ACCOUNTS.prepare(`SELECT * FROM ${table}`).all();
		expect([table, results.length > 0]).toEqual([table, true]);
		for (const value of results.flatMap((row) => Object.values(row))) {
			const text = String(value);
			for (const part of [text, ...text.split(/[\s$.:,;/]+/)]) if (part.length > 3) texts.add(part);
		}
	}
	return texts;
}

it("no text in the tables of signing in is good as a session, a token, a link, a challenge or a password", {
	timeout: 600_000,
}, async () => {
	const person = await newSignedIn();
	await auth("request-password-reset", { email: person.email });
	const unconfirmed = freshEmail();
	await auth("sign-up/email", { email: unconfirmed, password: PASSWORD });
	const ended = await newSignedIn();
	await auth("sign-out", {}, ended.token);
	const factor = await challenged(await newSecondFactor());
	const texts = await dumped();
	// What is tried works where it is the real thing.
	expect((await auth("get-session", undefined, person.token)).status).toBe(200);
	for (const secret of [person.token, factor.challenge, factor.secret, ...factor.backup_codes, PASSWORD]) {
		expect([...texts].some((text) => text.includes(secret))).toBe(false);
	}
	const code = totp(factor.secret, Date.now());
	const accepted: string[] = [];
	for (const text of texts) {
		const encoded = encodeURIComponent(text);
		const asTokens = [text, `mss_${text}`.slice(0, 36)].filter((each) => /^[\x21-\x7e]+$/.test(each));
		const answers = await Promise.all([
			...asTokens.flatMap((each) => [auth("get-session", undefined, each), auth("sign-out", {}, each)]),
			auth(`verify-email?token=${encoded}`),
			auth(`reset-password?token=${encoded}`),
			auth("reset-password", { token: text.slice(0, 2_048), new_password: "another walk to the harbour" }),
			auth("two-factor/verify-totp", { code, challenge: text.slice(0, 2_048) }),
			auth("two-factor/verify-backup-code", { code: text.slice(0, 2_048), challenge: factor.challenge }),
		]);
		for (const { status } of answers) if (![400, 401, 429].includes(status)) accepted.push(`${text}: ${status}`);
	}
	expect(accepted).toEqual([]);
	const { results } = await testEnv.ACCOUNTS.prepare("SELECT password FROM credentials").all<{ password: string }>();
	for (const { password } of results) {
		const tried = await auth("sign-in/email", { email: person.email, password: password.slice(0, 128) });
		expect(tried.status).toBe(401);
	}
	expect((await auth("get-session", undefined, person.token)).status).toBe(200);
	expect(texts.size).toBeGreaterThan(40);
});
