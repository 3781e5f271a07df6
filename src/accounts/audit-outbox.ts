/** An event of a tenant that waits to be in the log of the tenant's object. */
export interface OutboxRow {
	number: number;
	tenant_id: string;
	/** By which the object knows it again. */
	id: string;
	/** JSON of what the log says. */
	event: string;
	at: number;
}

/** To be committed with what it tells of. */
export const toldLater = (
	db: D1Database,
	{ tenant_id, id, event, at }: Omit<OutboxRow, "number">,
): D1PreparedStatement =>
	db.prepare("INSERT INTO audit_outbox (tenant_id, id, event, at) VALUES (?, ?, ?, ?)").bind(tenant_id, id, event, at);

/** Of one tenant, in the order in which they were committed. */
export async function untoldOf(db: D1Database, tenant: string, limit: number): Promise<OutboxRow[]> {
	const query = "SELECT number, tenant_id, id, event, at FROM audit_outbox WHERE tenant_id = ? ORDER BY number LIMIT ?";
	return (await db.prepare(query).bind(tenant, limit).all<OutboxRow>()).results;
}

/** Tenants of which something waits, those that wait longest first. */
export async function tenantsWithUntold(db: D1Database, limit: number): Promise<string[]> {
	const query = "SELECT DISTINCT tenant_id FROM (SELECT tenant_id FROM audit_outbox ORDER BY number LIMIT ?)";
	return (await db.prepare(query).bind(limit).all<{ tenant_id: string }>()).results.map(({ tenant_id }) => tenant_id);
}

/** The object has them. */
export async function told(db: D1Database, tenant: string, until: number): Promise<void> {
	await db.prepare("DELETE FROM audit_outbox WHERE tenant_id = ? AND number <= ?").bind(tenant, until).run();
}
