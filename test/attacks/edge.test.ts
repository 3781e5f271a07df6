import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, call, expectProblem, newClient } from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";
import { fill, NOBODYS, OPERATIONS, type Operation, send, type Things, WITH_BODY } from "../lib/operations.ts";
import { auth, newSignedIn, type Person } from "../lib/people.ts";

/** What browsers are told, and what they cannot be made to do: over every operation, whether it succeeds or not. */

/** What may be kept for a while, as it is said there: what everybody may see, and has no secret in it. */
const KEPT: Record<string, RegExp> = {
	"GET /v1/auth/jwks": /^public, max-age=\d+$/,
	"GET /v1/media/{media}": /^public, max-age=31536000, immutable$/,
	...Object.fromEntries(
		OPERATIONS.filter(({ name }) => /^GET \/v1\/(quizzes|slugs)(\/|$)/.test(name)).map(({ name }) => [
			name,
			/^private, max-age=\d{1,3}$/,
		]),
	),
};

function expectGuarded({ name }: Operation, { status, headers }: Answer): void {
	const told = Object.fromEntries(headers);
	expect(told, `${name}: ${status}`).toMatchObject({
		"x-content-type-options": "nosniff",
		"strict-transport-security": expect.stringMatching(/^max-age=\d{8,}/),
		"x-request-id": expect.any(String),
	});
	// Pages of other origins show images; nothing else is shown by any page but one's own, nor in a frame.
	if (name !== "GET /v1/media/{media}") {
		expect(told, name).toMatchObject({ "cross-origin-resource-policy": "same-origin" });
		expect(told["x-frame-options"], name).toMatch(/^(DENY|SAMEORIGIN)$/);
	}
	for (const header of ["set-cookie", "server", "x-powered-by", "access-control-allow-credentials"]) {
		expect(told, name).not.toHaveProperty(header);
	}
	const kept = told["cache-control"] ?? "";
	if (kept !== "no-store") expect(kept, name).toMatch(KEPT[name] ?? /^no-store$/);
	if (status >= 400) expect(kept, name).toBe("no-store");
}

describe("an answer", () => {
	it.each(OPERATIONS)(
		"of $name is guarded and kept by nobody, without a credential, with a wrong one and with a right one",
		async (operation) => {
			const client = await newClient({ scope: operation.scope ?? "" });
			const a: Things = { client, ...NOBODYS, media: await uploaded(await newClient(), png(2, 2)) };
			const { method, path } = operation;
			const address = fill(path, { user: "me", ...NOBODYS });
			expectGuarded(operation, await call(address, { method }));
			expectGuarded(operation, await call(address, { method, headers: { Authorization: "Bearer a.b.c" } }));
			expectGuarded(operation, await send(client, operation, a, "me"));
		},
	);

	it("to a method or an address that is not there is guarded too", async () => {
		for (const [method, path] of [
			["GET", "/v1/nope"],
			["GET", "/nope"],
			["PATCH", "/v1/quizzes"],
			["POST", "/health"],
		] as const) {
			const answer = await call(path, { method });
			expect([401, 404, 405]).toContain(answer.status);
			expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
			expect(answer.headers.get("Cache-Control")).toBe("no-store");
		}
	});
});

describe("a page of another site cannot act for who is signed in", () => {
	let person: Person;
	let token: string;
	beforeAll(async () => {
		person = await newSignedIn();
		token = (await auth("token", {}, person.token)).body.access_token;
	});

	/** Names that sessions and tokens have in cookies elsewhere, with the library's own. */
	const COOKIES = [
		"better-auth.session_token",
		"__Secure-better-auth.session_token",
		"session",
		"token",
		"Authorization",
	];

	it("because nothing is read from cookies", async () => {
		for (const value of [person.token, token, `${person.token}.signature`]) {
			const Cookie = COOKIES.map((name) => `${name}=${encodeURIComponent(value)}`).join("; ");
			for (const path of ["/v1/auth/get-session", "/v1/auth/list-sessions", "/v1/users/me", "/v1/users/me/credits"]) {
				expectProblem(await call(path, { headers: { Cookie } }), "unauthenticated");
			}
			for (const path of ["/v1/auth/sign-out", "/v1/auth/token", "/v1/auth/revoke-other-sessions", "/v1/tenants"]) {
				const headers = { Cookie, "Content-Type": "application/json", Origin: "https://evil.example" };
				expectProblem(await call(path, { method: "POST", headers, body: "{}" }), "unauthenticated");
			}
		}
		expect((await auth("get-session", undefined, person.token)).status).toBe(200);
	});

	it("because no sign-in, nor anything else, leaves one", async () => {
		const answers = [
			await auth("sign-in/email", { email: person.email, password: "not the password" }),
			await auth("get-session", undefined, person.token),
			await auth("token", {}, person.token),
			await newSignedIn().then(({ token: fresh }) => auth("sign-out", {}, fresh)),
		];
		for (const { headers } of answers) expect(headers.get("Set-Cookie")).toBeNull();
	});

	/** What a form can send without asking first. `token` takes forms, as OAuth has it, with the secret in it. */
	const FORMS = ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"];
	const JSON_ONLY = WITH_BODY.filter(({ name, image }) => image === undefined && name !== "POST /v1/auth/token");

	it.each(JSON_ONLY)("by a form: $name takes JSON and nothing that is sent without asking first", async (operation) => {
		const client = await newClient({ scope: operation.scope ?? "" });
		const a: Things = { client, ...NOBODYS };
		for (const type of FORMS) {
			const { method, path } = operation;
			const headers = {
				Authorization: `Bearer ${operation.session ? person.token : client.token}`,
				"Content-Type": type,
				"Idempotency-Key": "form",
				"If-Match": "*",
			};
			const body = JSON.stringify(operation.body?.(a));
			const answer = await call(fill(path, { user: "me", ...NOBODYS, tenant: client.tenant }), {
				method,
				headers,
				body,
			});
			expectProblem(answer, "unsupported-media-type");
		}
	});
});
