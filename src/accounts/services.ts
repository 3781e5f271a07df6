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

export const insertService = (db: D1Database, service: Omit<Service, "disabled_at">): D1PreparedStatement => {
	const { id, tenant_id, name, created_by, created_at } = service;
	const query = "INSERT INTO services (id, tenant_id, name, created_by, created_at) VALUES (?, ?, ?, ?, ?)";
	return db.prepare(query).bind(id, tenant_id, name, created_by, created_at);
};

export const setServiceDisabled = (db: D1Database, id: string, disabled_at: number | null): D1PreparedStatement =>
	db.prepare("UPDATE services SET disabled_at = ?2 WHERE id = ?1").bind(id, disabled_at);
