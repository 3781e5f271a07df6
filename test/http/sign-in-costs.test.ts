import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { expect, it } from "vitest";
import worker from "../../src/index.ts";
import { sessionOf } from "../../src/service/people/sessions.ts";
import { countedDatabase } from "../lib/counted-database.ts";
import { testEnv } from "../lib/harness.ts";
import { machine, member, tokenBy } from "../lib/machines.ts";
import { freshEmail, newestMail, newPerson, newSignedIn, PASSWORD, tokenIn } from "../lib/people.ts";

/** What signing in costs in ACCOUNTS, in rows and round trips: docs/people.md has the same numbers. */

/** An isolate that has not asked ACCOUNTS for anything: what each request costs there, behind its answer too. */
function newIsolate() {
	const { db, total } = countedDatabase(testEnv.ACCOUNTS);
	const env = { ...testEnv, ACCOUNTS: db } as unknown as Env;
	return async function costOf(path: string, body?: object, token?: string) {
		const before = total();
		const request = new Request(`https://marksheet.test/v1/${path}`, {
			method: body ? "POST" : "GET",
			headers: {
				...(body && { "Content-Type": "application/json" }),
				...(token !== undefined && { Authorization: `Bearer ${token}` }),
			},
			...(body && { body: JSON.stringify(body) }),
		});
		const context = createExecutionContext();
		const response = await worker.fetch(request, env, context);
		await waitOnExecutionContext(context);
		expect([path, response.status]).toEqual([path, 200]);
		const { trips, rows_read, rows_written } = total();
		return {
			trips: trips - before.trips,
			rows_read: rows_read - before.rows_read,
			rows_written: rows_written - before.rows_written,
		};
	};
}

const costOf = (path: string, body?: object, token?: string) => newIsolate()(`auth/${path}`, body, token);

it("a sign-up, a confirmation, a sign-in and a session's look cost what the docs say", async () => {
	const email = freshEmail();
	const costs: Record<string, unknown> = {};
	costs["sign-up"] = await costOf("sign-up/email", { email, password: PASSWORD });
	const token = tokenIn(await newestMail(email));
	costs["verify-email"] = await costOf(`verify-email?token=${encodeURIComponent(token)}`);
	costs["sign-in"] = await costOf("sign-in/email", { email, password: PASSWORD });
	const person = await newSignedIn();
	costs["get-session"] = await costOf("get-session", undefined, person.token);
	costs["request-password-reset"] = await costOf("request-password-reset", { email: person.email });
	costs["sign-out"] = await costOf("sign-out", {}, person.token);
	expect(costs).toEqual({
		"sign-up": { trips: 2, rows_read: 2, rows_written: 6 },
		"verify-email": { trips: 3, rows_read: 8, rows_written: 6 },
		"sign-in": { trips: 2, rows_read: 10, rows_written: 3 },
		"get-session": { trips: 1, rows_read: 2, rows_written: 0 },
		"request-password-reset": { trips: 1, rows_read: expect.any(Number), rows_written: 4 },
		"sign-out": { trips: 2, rows_read: 4, rows_written: 3 },
	});
});

it("a token, and a call with a token or a key, cost what the docs say", async () => {
	const person = await newSignedIn();
	const { key, tenant } = await machine();
	const balance = `users/${await member(tenant)}/credits`;
	const { access_token } = (await tokenBy(key)).body;
	const ask = newIsolate();
	// It knows what was revoked, the keys that sign, and this machine, as after its first requests.
	await ask(balance, undefined, access_token);
	await ask("auth/token", {}, key);
	await ask(balance, undefined, key);
	const other = (await machine({ tenant })).key;
	expect({
		"token for a session": await ask("auth/token", {}, person.token),
		"token for a key": await ask("auth/token", {}, key),
		"call with a token": await ask(balance, undefined, access_token),
		"first call with a key": await ask(balance, undefined, other),
		"call with a key": await ask(balance, undefined, other),
	}).toEqual({
		"token for a session": { trips: 3, rows_read: 6, rows_written: 1 },
		"token for a key": { trips: 1, rows_read: 3, rows_written: 0 },
		"call with a token": { trips: 0, rows_read: 0, rows_written: 0 },
		"first call with a key": { trips: 2, rows_read: 4, rows_written: 1 },
		"call with a key": { trips: 0, rows_read: 0, rows_written: 0 },
	});
});

it("what has not the form of a session's token reads nothing", async () => {
	const { db, total } = countedDatabase(testEnv.ACCOUNTS);
	await newPerson();
	for (const token of [null, "", "mss_", "x".repeat(36), "mss_0000000000000000000000000000000_", "a.b.c"]) {
		expect(await sessionOf({ ACCOUNTS: db }, token, Date.now())).toBeNull();
	}
	expect(total()).toEqual({ trips: 0, rows_read: 0, rows_written: 0 });
});
