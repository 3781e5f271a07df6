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

/** Tenants of which something waits, by their ids; however much waits of one of them, the others have their turn. */
export async function tenantsWithUntold(db: D1Database, limit: number): Promise<string[]> {
	const query = `WITH RECURSIVE waiting (tenant) AS (
		SELECT min(tenant_id) FROM audit_outbox
		UNION ALL
		SELECT (SELECT min(tenant_id) FROM audit_outbox WHERE tenant_id > tenant) FROM waiting WHERE tenant IS NOT NULL
		LIMIT ?)
		SELECT tenant FROM waiting WHERE tenant IS NOT NULL`;
	return (await db.prepare(query).bind(limit).all<{ tenant: string }>()).results.map(({ tenant }) => tenant);
}

/** The object has them. A number is given again once its row is gone, so it takes the id too to say which row is meant. */
export async function told(db: D1Database, rows: readonly Pick<OutboxRow, "number" | "id">[]): Promise<void> {
	const query = `DELETE FROM audit_outbox WHERE (number, id) IN
		(SELECT value ->> 'number', value ->> 'id' FROM json_each(?))`;
	await db
		.prepare(query)
		.bind(JSON.stringify(rows.map(({ number, id }) => ({ number, id }))))
		.run();
}
