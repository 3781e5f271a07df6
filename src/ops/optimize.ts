/** Lets SQLite bring the statistics that its query planner uses up to date; it looks only at tables that changed much. */
export async function optimize(databases: readonly D1Database[]): Promise<void> {
	for (const db of databases) await db.prepare("PRAGMA optimize").run();
}
