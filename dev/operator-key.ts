import { mintPeopleId } from "../src/domain/ids.ts";
import { hashOfSecret, makeApiKey } from "../src/domain/people/api-keys.ts";
import type { TenantEvent } from "../src/domain/people/events.ts";
import { INSTALLATION, OPERATOR_SERVICE, OPERATOR_TENANT } from "../src/domain/people/installation.ts";
import type { Scope } from "../src/domain/people/roles.ts";
import { DAY_MS } from "../src/domain/units.ts";

/**
 * An operator's way into a deployment in which nobody can sign in as one: a key with the scope `admin`, which no tenant can give, written into
 * ACCOUNTS by whoever may write there. What is written has the key's hash alone.
 */

const SCOPES: readonly Scope[] = ["admin"];
const MAKER = "npm run ops";

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The statement that has an event of the installation wait to be recorded. */
function told(now: number, { kind, subject, body }: Pick<TenantEvent, "kind" | "subject"> & { body: object }): string {
	const id = mintPeopleId("event", now, crypto.getRandomValues(new Uint8Array(10)));
	const event = JSON.stringify({ kind, at: now, actor: MAKER, subject, body: { id, request_id: MAKER, ...body } });
	return `INSERT INTO audit_outbox (tenant_id, id, event, at) VALUES (${quoted(INSTALLATION)}, ${quoted(id)}, ${quoted(event)}, ${now});`;
}

export interface OperatorKey {
	id: string;
	/** What calls are made with; it is nowhere else. */
	secret: string;
	expires_at: number;
	/** What is to be written into ACCOUNTS. */
	statements: string[];
}

/** @param now milliseconds since the epoch */
export function newOperatorKey({ name, days }: { name: string; days: number }, now: number): OperatorKey {
	const id = mintPeopleId("key", now, crypto.getRandomValues(new Uint8Array(10)));
	const secret = makeApiKey(id, crypto.getRandomValues(new Uint8Array(20)));
	const expires_at = now + days * DAY_MS;
	const scopes = SCOPES.join(" ");
	const after = { name, service: OPERATOR_SERVICE, scopes: SCOPES, rate_class: "high", expires_at };
	return {
		id,
		secret,
		expires_at,
		statements: [
			`INSERT INTO tenants (id, name, kind, plan, settings, revision, created_at)
				VALUES (${quoted(OPERATOR_TENANT)}, 'Operator', 'organization', 'enterprise', '{}', 1, ${now}) ON CONFLICT DO NOTHING;`,
			`INSERT INTO services (id, tenant_id, name, created_by, created_at)
				VALUES (${quoted(OPERATOR_SERVICE)}, ${quoted(OPERATOR_TENANT)}, 'Operator', ${quoted(MAKER)}, ${now}) ON CONFLICT (id) DO UPDATE SET disabled_at = NULL;`,
			`INSERT INTO api_keys (id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at)
				VALUES (${[id, OPERATOR_TENANT, OPERATOR_SERVICE, name, hashOfSecret(secret), scopes, "high", MAKER].map(quoted).join(", ")}, ${now}, ${expires_at});`,
			told(now, { kind: "key.created", subject: id, body: { after } }),
		],
	};
}

/** What ends such a key: it is refused everywhere within a minute. */
export const endOfOperatorKey = (id: string, now: number): string[] => [
	`UPDATE api_keys SET revoked_at = ${now} WHERE id = ${quoted(id)} AND tenant_id = ${quoted(OPERATOR_TENANT)} AND revoked_at IS NULL;`,
	`INSERT INTO changes (subject, revokes, at) VALUES (${quoted(id)}, 1, ${now});`,
	told(now, { kind: "key.revoked", subject: id, body: {} }),
];
