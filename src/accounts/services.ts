import { onlyIf } from "./guards.ts";

/** Machines of a tenant. */
export interface Service {
	id: string;
	tenant_id: string;
	name: string;
	created_by: string;
	created_at: number;
	disabled_at: number | null;
}

const COLUMNS = "id, tenant_id, name, created_by, created_at, disabled_at";

export function readService(db: D1Database, tenant: string, id: string): Promise<Service | null> {
	return db.prepare(`SELECT ${COLUMNS} FROM services WHERE id = ? AND tenant_id = ?`).bind(id, tenant).first<Service>();
}

/** Those after an id, which are in the order in which they were made. */
export async function listServices(db: D1Database, tenant: string, after: string, limit: number): Promise<Service[]> {
	const query = `SELECT ${COLUMNS} FROM services WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?`;
	return (await db.prepare(query).bind(tenant, after, limit).all<Service>()).results;
}

/** How many are not disabled, counted up to `max`; both are parameters of the statement. */
const enabled = (tenant: string, max: string) =>
	`(SELECT count(*) FROM (SELECT 1 FROM services WHERE tenant_id = ${tenant} AND disabled_at IS NULL LIMIT ${max}))`;

/** Undone where the tenant has `max` already. */
export const insertService = (
	db: D1Database,
	service: Omit<Service, "disabled_at">,
	max: number,
): D1PreparedStatement => {
	const { id, tenant_id, name, created_by, created_at } = service;
	const query = `INSERT INTO services (id, tenant_id, name, created_by, created_at)
		VALUES (?1, ?2, ?3, ?4, ${onlyIf(`${enabled("?2", "?6")} < ?6`, "?5")})`;
	return db.prepare(query).bind(id, tenant_id, name, created_by, created_at, max);
};

/** How many services of the tenant are not disabled, counted up to `max`. */
export async function countServices(db: D1Database, tenant: string, max: number): Promise<number> {
	return (
		(await db
			.prepare(`SELECT ${enabled("?1", "?2")} AS n`)
			.bind(tenant, max)
			.first<number>("n")) ?? 0
	);
}

/** Undone where it has been disabled meanwhile. */
export function disableService(db: D1Database, id: string, now: number): D1PreparedStatement {
	const isEnabled = onlyIf("disabled_at IS NULL", "created_at");
	return db.prepare(`UPDATE services SET disabled_at = ?2, created_at = ${isEnabled} WHERE id = ?1`).bind(id, now);
}

/** Undone where it has been restored meanwhile, and where the tenant has `max` that are not disabled. */
export function restoreService(db: D1Database, { id, tenant_id }: Service, max: number): D1PreparedStatement {
	const hasRoom = onlyIf(`disabled_at IS NOT NULL AND ${enabled("?2", "?3")} < ?3`, "created_at");
	const query = `UPDATE services SET disabled_at = NULL, created_at = ${hasRoom} WHERE id = ?1`;
	return db.prepare(query).bind(id, tenant_id, max);
}
