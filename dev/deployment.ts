import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databases, keyValueStores, publicOrigin } from "./databases.ts";
import { Failure } from "./failure.ts";
import { wrangler } from "./wrangler.ts";

const ENVIRONMENTS = ["staging", "production"];
/** The ids in wrangler.toml before anyone has created databases begin like this. */
const PLACEHOLDER = "00000000-0000-4000-8000-";
/** The same of key-value stores. */
const STORE_PLACEHOLDER = "0".repeat(24);

/** The same of origins: a name that nobody can have (RFC 2606). */
const ORIGIN_PLACEHOLDER = /\.example$/;

/** @throws Failure unless the environment is one of wrangler.toml's, its databases and stores exist, and it has an address */
export function requireEnvironment(env: string | undefined): string {
	if (env === undefined || !ENVIRONMENTS.includes(env)) {
		throw new Failure(`Say where to: --env ${ENVIRONMENTS.join(" or --env ")}.`);
	}
	const missing = databases(env).filter(({ id }) => id.startsWith(PLACEHOLDER));
	if (missing.length > 0) {
		const commands = missing.map(({ name }) => `npx wrangler d1 create ${name}`).join(" and ");
		throw new Failure(
			`wrangler.toml has no real database ids in [env.${env}]. Run ${commands}, and put the ids there.`,
		);
	}
	const stores = keyValueStores(env).filter(({ id }) => id.startsWith(STORE_PLACEHOLDER));
	if (stores.length > 0) {
		const commands = stores
			.map(({ binding }) => `npx wrangler kv namespace create ${binding} --env ${env}`)
			.join(" and ");
		throw new Failure(
			`wrangler.toml has no real id of a key-value store in [env.${env}]. Run ${commands}, and put it there.`,
		);
	}
	if (ORIGIN_PLACEHOLDER.test(publicOrigin(env))) {
		throw new Failure(
			`wrangler.toml has no real PUBLIC_ORIGIN in [env.${env}]. Put there where clients will reach the service, like https://api.your-domain.org.`,
		);
	}
	return env;
}

export async function migrateRemote(env: string): Promise<void> {
	requireEnvironment(env);
	for (const { binding } of databases(env)) {
		await wrangler(["d1", "migrations", "apply", binding, "--remote", "--env", env], `Migrating ${binding} failed`);
	}
}

/** Executes statements on a database of a deployment: all of them, or none. */
export async function executeRemote(binding: string, env: string, statements: readonly string[]): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), "marksheet-sql-"));
	try {
		const file = join(folder, "statements.sql");
		writeFileSync(file, `${statements.join("\n")}\n`, { mode: 0o600 });
		const args = ["d1", "execute", binding, "--remote", "--env", env, "--file", file, "--yes"];
		await wrangler(args, `Writing into ${binding} failed`);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
