import { expect, vi } from "vitest";
import { mintPeopleId } from "../../src/domain/ids.ts";
import { hashOfSecret } from "../../src/domain/people/api-keys.ts";
import { makeInvitationCode } from "../../src/domain/people/invitation-codes.ts";
import { INVITATION_LIFE_MS } from "../../src/domain/people/limits.ts";
import { ROLE_SCOPES, type Role } from "../../src/domain/people/roles.ts";
import { handOverEvents } from "../../src/ops/hand-over-events.ts";
import { type Answer, type Client, call, newClient, testEnv } from "./harness.ts";

/** Tenants with members of every role. */

const random = () => crypto.getRandomValues(new Uint8Array(20));

export const minted = (kind: Parameters<typeof mintPeopleId>[0], suffix = "") =>
	mintPeopleId(kind, Date.now(), random()) + suffix;

export interface Made {
	tenant?: string;
	role?: Role;
	/** Of the person, if there is one. */
	account?: string | null;
	kind?: "personal" | "organization";
	plan?: "free" | "premium" | "enterprise";
	/** In place of those of the role. */
	scope?: string;
	settings?: object;
	suffix?: string;
}

/** A user with a row, in a tenant with a row, and a token with what the role gives. */
export async function newMember(options: Made = {}): Promise<Client> {
	const { role = "owner", account = minted("account"), kind = "organization", plan = "free", suffix = "" } = options;
	const { tenant = minted("tenant", suffix), scope = ROLE_SCOPES[role].join(" "), settings = {} } = options;
	const user = minted("user", suffix);
	const db = testEnv.ACCOUNTS;
	await db.batch([
		db
			.prepare(
				`INSERT INTO tenants (id, name, kind, plan, settings, revision, created_at) VALUES (?, 'Riverside', ?, ?, ?, 1, 0)
				ON CONFLICT DO NOTHING`,
			)
			.bind(tenant, kind, plan, JSON.stringify(settings)),
		db
			.prepare("INSERT INTO users (id, tenant_id, account_id, role, name, created_at) VALUES (?, ?, ?, ?, 'Ada', 0)")
			.bind(user, tenant, account, role),
	]);
	return newClient({ user, tenant, scope });
}

export const at = ({ tenant }: Client, rest = "") => `/v1/tenants/${tenant}${rest}`;

export const patch = (client: Client, path: string, body: unknown, headers: Record<string, string> = {}) =>
	client.request("PATCH", path, { body, headers });

export const remove = (client: Client, path: string) => client.request("DELETE", path);

/** A client that calls with an API key. */
export function withCredential(client: Client, user: string, credential: string): Client {
	const request: Client["request"] = (method, path, { body, raw, headers } = {}) => {
		const all: Record<string, string> = { Authorization: `Bearer ${credential}`, ...headers };
		if (body !== undefined) all["Content-Type"] ??= "application/json";
		return call(path, { method, headers: all, body: raw ?? (body === undefined ? null : JSON.stringify(body)) });
	};
	return {
		...client,
		user,
		token: credential,
		request,
		get: (path) => request("GET", path),
		post: (path, body, headers) =>
			request("POST", path, { body, headers: { "Idempotency-Key": crypto.randomUUID(), ...headers } }),
		put: (path, body, headers = {}) => request("PUT", path, { body, headers }),
	};
}

/** A service with a key of these scopes, which calls with the key. */
export async function newService(owner: Client, scopes: string[]): Promise<Client> {
	const service = await owner.post(at(owner, "/services"), { name: "Generator" });
	expect(service.status).toBe(201);
	const key = await owner.post(at(owner, "/api-keys"), { service: service.body.id, name: "Key", scopes });
	expect(key.status).toBe(201);
	return withCredential(owner, service.body.id, key.body.secret);
}

/** After which every isolate has looked at ACCOUNTS again, and goes by no key that it has read. */
export const aMinutePasses = () => void vi.setSystemTime(Date.now() + 60_000);

/** Every event of the tenant, oldest first. */
export async function eventsOf(reader: Client, query = ""): Promise<Answer["body"][]> {
	await handOverEvents(testEnv, Date.now());
	const { status, body } = await reader.get(at(reader, `/audit?limit=100${query}`));
	expect(status).toBe(200);
	return body.items.reverse();
}

/** What waits to be recorded of a tenant. */
export async function waiting(tenant: string): Promise<number> {
	const query = "SELECT count(*) AS n FROM audit_outbox WHERE tenant_id = ?";
	return (await testEnv.ACCOUNTS.prepare(query).bind(tenant).first<number>("n")) ?? 0;
}

/** An invitation by somebody of a tenant, as it is sent. @returns the code in the mail */
export async function newInvitation({ tenant, user }: Client, email: string, role = "author"): Promise<string> {
	const id = minted("invitation");
	const code = makeInvitationCode(id, random());
	const query = `INSERT INTO invitations (id, tenant_id, email, role, hash, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
	const now = Date.now();
	await testEnv.ACCOUNTS.prepare(query)
		.bind(id, tenant, email, role, hashOfSecret(code), user, now, now + INVITATION_LIFE_MS)
		.run();
	return code;
}
