import { insertApiKey } from "../../src/accounts/api-keys.ts";
import { insertService } from "../../src/accounts/services.ts";
import { makeKnown } from "../../src/accounts/users.ts";
import { mintPeopleId } from "../../src/domain/ids.ts";
import { hashOfSecret, makeApiKey } from "../../src/domain/people/api-keys.ts";
import { API_KEYS_PER_TENANT_MAX, SERVICES_PER_TENANT_MAX } from "../../src/domain/people/limits.ts";
import type { Scope } from "../../src/domain/people/roles.ts";
import { type Answer, call, fresh, testEnv } from "./harness.ts";

/** Tenants, machines and keys, put where they are kept as the operations put them there. */

export const random = () => crypto.getRandomValues(new Uint8Array(20));

export interface Machine {
	tenant: string;
	service: string;
	id: string;
	key: string;
}

/** A tenant with a service that has a key. */
export async function machine(
	options: { tenant?: string; scopes?: Scope[]; expires_at?: number } = {},
): Promise<Machine> {
	const {
		tenant = fresh("ten"),
		scopes = ["credits:grant", "credits:read", "on-behalf-of"],
		expires_at = null,
	} = options;
	const now = Date.now();
	await makeKnown(testEnv.ACCOUNTS, { id: fresh("usr"), tenant, role: "owner", issuer: null, subject: null }, now);
	const [service, id] = [mintPeopleId("service", now, random()), mintPeopleId("key", now, random())];
	const key = makeApiKey(id, random());
	const made = { tenant_id: tenant, name: "test", created_by: "usr_test", created_at: now };
	await testEnv.ACCOUNTS.batch([
		insertService(testEnv.ACCOUNTS, { ...made, id: service }, SERVICES_PER_TENANT_MAX),
		insertApiKey(
			testEnv.ACCOUNTS,
			{
				...made,
				id,
				service_id: service,
				hash: hashOfSecret(key),
				scopes: scopes.join(" "),
				rate_class: "standard",
				expires_at,
			},
			API_KEYS_PER_TENANT_MAX,
		),
	]);
	return { tenant, service, id, key };
}

export const by = (credential: string) => ({ Authorization: `Bearer ${credential}` });

/** A token for a session, a key, or a guest's secret. */
export function tokenBy(credential: string, body: object = {}): Promise<Answer> {
	const headers = { ...by(credential), "Content-Type": "application/json" };
	return call("/v1/auth/token", { method: "POST", headers, body: JSON.stringify(body) });
}

/** An active user of a tenant, made as provisioning does. */
export async function member(tenant: string): Promise<string> {
	const id = mintPeopleId("user", Date.now(), random());
	await makeKnown(testEnv.ACCOUNTS, { id, tenant, role: "learner", issuer: null, subject: null }, Date.now());
	return id;
}

/** What is asked of ACCOUNTS meanwhile: the text of each statement. */
export function watchAccounts(): { statements: string[]; restore(): void } {
	const statements: string[] = [];
	const { ACCOUNTS } = testEnv;
	const prepare = ACCOUNTS.prepare.bind(ACCOUNTS);
	ACCOUNTS.prepare = (query) => {
		statements.push(query);
		return prepare(query);
	};
	return {
		statements,
		restore() {
			ACCOUNTS.prepare = prepare;
		},
	};
}
