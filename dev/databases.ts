import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { z } from "zod";
import { Failure, reasonOf } from "./failure.ts";
import { ROOT } from "./settings.ts";

export const CONFIG = join(ROOT, "wrangler.toml");

/** Where Miniflare keeps its state in a state folder. wrangler's `--persist-to` adds the same `v3`. */
export const persistRoot = (folder: string) => join(folder, "v3");

export interface Database {
	binding: string;
	name: string;
	id: string;
	migrations: string;
}

const databaseSchema = z.object({
	binding: z.string(),
	database_name: z.string(),
	database_id: z.string(),
	migrations_dir: z.string(),
});
const configSchema = z.object({
	vars: z.looseObject({ PUBLIC_ORIGIN: z.string() }),
	d1_databases: z.array(databaseSchema),
	kv_namespaces: z.array(z.object({ binding: z.string(), id: z.string() })),
});

/** What wrangler.toml has for an environment; the local one without one. */
const configOf = (env: string | undefined) =>
	configSchema.parse(unstable_readConfig({ config: CONFIG, ...(env !== undefined && { env }) }));

/** The key-value stores that wrangler.toml has for an environment. */
export const keyValueStores = (env: string): { binding: string; id: string }[] => configOf(env).kv_namespaces;

/** Where clients reach the service in an environment. */
export const publicOrigin = (env: string): string => configOf(env).vars.PUBLIC_ORIGIN;

/** The D1 databases that wrangler.toml has for an environment; the local ones without one. */
export function databases(env?: string): Database[] {
	return configOf(env).d1_databases.map(({ binding, database_name, database_id, migrations_dir }) => ({
		binding,
		name: database_name,
		id: database_id,
		migrations: resolve(ROOT, migrations_dir),
	}));
}

/**
 * Does to the local databases what `wrangler d1 migrations apply --local` does, with the same table of what was applied
 * and in the same place, but in a quarter of the time: both databases in one process.
 * @param released of each binding, the files that a release has; all of the folder, unless told
 * @returns the files that were applied
 * @throws Failure naming the file; nothing of that file is applied then
 */
export async function migrateLocal(folder: string, released?: Record<string, readonly string[]>): Promise<string[]> {
	const all = databases();
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			name: "migrations",
			modules: true,
			script: "export default {}",
			cf: false,
			logRequests: false,
			log: new Log(LogLevel.NONE),
			telemetry: { enabled: false },
			compatibilityDate: "2026-10-20",
			resourcePersistencePath: persistRoot(folder),
			d1Databases: Object.fromEntries(all.map(({ binding, id }) => [binding, { id }])),
		}),
	);
	try {
		const applied: string[] = [];
		for (const database of all) {
			const files = released ? (released[database.binding] ?? []) : readdirSync(database.migrations);
			applied.push(...(await migrate(await miniflare.getD1Database(database.binding), database, files)));
		}
		return applied;
	} finally {
		await miniflare.dispose();
	}
}

type D1 = Awaited<ReturnType<Miniflare["getD1Database"]>>;

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS "d1_migrations"(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

async function migrate(db: D1, { binding, migrations }: Database, known: readonly string[]): Promise<string[]> {
	await db.prepare(CREATE_TABLE).run();
	const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
	const done = new Set(results.map(({ name }) => name));
	const files = known.filter((name) => name.endsWith(".sql") && !done.has(name));
	for (const name of files.sort()) {
		const statements = unstable_splitSqlQuery(readFileSync(join(migrations, name), "utf8"));
		try {
			// A batch is a transaction: the whole file and its record, or nothing.
			const record = db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
			await db.batch([...statements.map((statement) => db.prepare(statement)), record]);
		} catch (error) {
			const file = relative(ROOT, join(migrations, name));
			const advice = "Nothing of it was applied. Mend the file, or start with a fresh STATE_DIR.";
			throw new Failure(`Migration ${file} fails on ${binding}: ${reasonOf(error)}. ${advice}`);
		}
	}
	return files;
}
