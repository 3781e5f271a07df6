import type { PrincipalClass } from "../domain/rate-limits.ts";
import { onlyIf } from "./guards.ts";

/** API keys of services. */
export interface ApiKey {
	id: string;
	tenant_id: string;
	service_id: string;
	name: string;
	hash: string;
	/** Separated by blanks. */
	scopes: string;
	rate_class: PrincipalClass;
	created_by: string;
	created_at: number;
	expires_at: number | null;
	last_used_at: number | null;
	revoked_at: number | null;
	successor: string | null;
}

const COLUMNS =
	"id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at, last_used_at, revoked_at, successor";

/** A key with what it depends on. */
export interface KeyInUse extends ApiKey {
	service_disabled_at: number | null;
	tenant_deleted_at: number | null;
}

export function readKeyInUse(db: D1Database, id: string): Promise<KeyInUse | null> {
	const columns = COLUMNS.split(", ").map((name) => `k.${name}`);
	const query = `SELECT ${columns.join(", ")}, s.disabled_at AS service_disabled_at, t.deleted_at AS tenant_deleted_at
		FROM api_keys AS k JOIN services AS s ON s.id = k.service_id JOIN tenants AS t ON t.id = k.tenant_id WHERE k.id = ?`;
	return db.prepare(query).bind(id).first<KeyInUse>();
}

export function readApiKey(db: D1Database, tenant: string, id: string): Promise<ApiKey | null> {
	return db.prepare(`SELECT ${COLUMNS} FROM api_keys WHERE id = ? AND tenant_id = ?`).bind(id, tenant).first<ApiKey>();
}

/** Those after an id, which are in the order in which they were made. */
export async function listApiKeys(db: D1Database, tenant: string, after: string, limit: number): Promise<ApiKey[]> {
	const query = `SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?`;
	return (await db.prepare(query).bind(tenant, after, limit).all<ApiKey>()).results;
}

/** Written at most once in `pause` milliseconds, whatever isolates know. */
export async function noteKeyUse(db: D1Database, id: string, now: number, pause: number): Promise<void> {
	const query =
		"UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at <= ?2 - ?3)";
	await db.prepare(query).bind(id, now, pause).run();
}

/**
 * How many keys can be used and have not been succeeded, which is what there may be so many of; counted up to `max`. All three are parameters
 * of the statement.
 */
const usable = (tenant: string, now: string, max: string) => `(SELECT count(*) FROM (SELECT 1 FROM api_keys
	WHERE tenant_id = ${tenant} AND revoked_at IS NULL AND successor IS NULL AND (expires_at IS NULL OR expires_at > ${now}) LIMIT ${max}))`;

export async function countApiKeys(db: D1Database, tenant: string, now: number, max: number): Promise<number> {
	const query = `SELECT ${usable("?1", "?2", "?3")} AS n`;
	return (await db.prepare(query).bind(tenant, now, max).first<number>("n")) ?? 0;
}

/** Undone where the tenant has `max` that can be used, and where the service is disabled. */
export function insertApiKey(
	db: D1Database,
	key: Omit<ApiKey, "last_used_at" | "revoked_at" | "successor">,
	max: number,
): D1PreparedStatement {
	const isEnabled = "EXISTS (SELECT 1 FROM services WHERE id = ?3 AND tenant_id = ?2 AND disabled_at IS NULL)";
	const mayBe = onlyIf(`${usable("?2", "?9", "?11")} < ?11 AND ${isEnabled}`, "?9");
	const query = `INSERT INTO api_keys (id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ${mayBe}, ?10)`;
	const { id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at } = key;
	return db
		.prepare(query)
		.bind(id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at, max);
}

/** Undone where it has been revoked meanwhile. */
export const revokeApiKey = (db: D1Database, id: string, now: number): D1PreparedStatement =>
	db
		.prepare(
			`UPDATE api_keys SET revoked_at = ?2, created_at = ${onlyIf("revoked_at IS NULL", "created_at")} WHERE id = ?1`,
		)
		.bind(id, now);

/** Another has taken its place; it is good until then. Undone where it has been revoked or succeeded meanwhile. */
export const succeedApiKey = (db: D1Database, id: string, successor: string, until: number): D1PreparedStatement =>
	db
		.prepare(
			`UPDATE api_keys SET successor = ?2, expires_at = min(coalesce(expires_at, ?3), ?3),
			created_at = ${onlyIf("revoked_at IS NULL AND successor IS NULL", "created_at")} WHERE id = ?1`,
		)
		.bind(id, successor, until);

/** Keys of these classes get another one. */
export const setRateClass = (
	db: D1Database,
	tenant: string,
	classes: readonly PrincipalClass[],
	rate_class: PrincipalClass,
): D1PreparedStatement =>
	db
		.prepare(
			"UPDATE api_keys SET rate_class = ?3 WHERE tenant_id = ?1 AND rate_class IN (SELECT value FROM json_each(?2))",
		)
		.bind(tenant, JSON.stringify(classes), rate_class);
