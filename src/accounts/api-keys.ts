import type { PrincipalClass } from "../domain/rate-limits.ts";

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

export function insertApiKey(
	db: D1Database,
	key: Omit<ApiKey, "last_used_at" | "revoked_at" | "successor">,
): D1PreparedStatement {
	const query = `INSERT INTO api_keys (id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
	const { id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at } = key;
	return db
		.prepare(query)
		.bind(id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, expires_at);
}

export const revokeApiKey = (db: D1Database, id: string, now: number): D1PreparedStatement =>
	db.prepare("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL").bind(id, now);

/** Another has taken its place; it is good until then. */
export const succeedApiKey = (db: D1Database, id: string, successor: string, until: number): D1PreparedStatement =>
	db
		.prepare("UPDATE api_keys SET successor = ?2, expires_at = min(coalesce(expires_at, ?3), ?3) WHERE id = ?1")
		.bind(id, successor, until);
