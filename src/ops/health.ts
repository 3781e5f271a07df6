/** Whether every database answers a query. */
export async function databasesAnswer(databases: readonly D1Database[]): Promise<boolean> {
	const answers = await Promise.allSettled(databases.map((db) => db.prepare("SELECT 1").first()));
	return answers.every((answer) => answer.status === "fulfilled");
}
