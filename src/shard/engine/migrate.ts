import shard from "../../../do-migrations/0001_shard.sql";
import answers from "../../../do-migrations/0002_answers.sql";
import authoring from "../../../do-migrations/0003_authoring.sql";
import media from "../../../do-migrations/0004_media.sql";
import sharing from "../../../do-migrations/0005_sharing.sql";
import favorites from "../../../do-migrations/0006_favorites.sql";
import attempts from "../../../do-migrations/0007_attempts.sql";
import secrets from "../../../do-migrations/0008_secrets.sql";
import numbers from "../../../do-migrations/0009_numbers.sql";
import parties from "../../../do-migrations/0010_parties.sql";
import standstill from "../../../do-migrations/0011_standstill.sql";
import tenants from "../../../do-migrations/0012_tenants.sql";
import hundredths from "../../../do-migrations/0014_hundredths.sql";
import erasure from "../../../do-migrations/0015_erasure.sql";
import retention from "../../../do-migrations/0016_retention.sql";
import sittings from "../../../do-migrations/0017_sittings.sql";
import { Sql } from "./sql.ts";

/** Every file of do-migrations/, in order; a test compares this list with the folder. Files are never changed once released. */
export const MIGRATIONS: readonly { name: string; sql: string }[] = [
	{ name: "0001_shard", sql: shard },
	{ name: "0002_answers", sql: answers },
	{ name: "0003_authoring", sql: authoring },
	{ name: "0004_media", sql: media },
	{ name: "0005_sharing", sql: sharing },
	{ name: "0006_favorites", sql: favorites },
	{ name: "0007_attempts", sql: attempts },
	{ name: "0008_secrets", sql: secrets },
	{ name: "0009_numbers", sql: numbers },
	{ name: "0010_parties", sql: parties },
	{ name: "0011_standstill", sql: standstill },
	{ name: "0012_tenants", sql: tenants },
	{ name: "0014_hundredths", sql: hundredths },
	{ name: "0015_erasure", sql: erasure },
	{ name: "0016_retention", sql: retention },
	{ name: "0017_sittings", sql: sittings },
];

/**
 * Brings the object's schema up to date: forward only, one transaction per file, each file once, by its name: two that were written
 * side by side may reach an object in either order.
 * Runs in the constructor, before any command.
 */
export function migrate(storage: DurableObjectStorage, migrations = MIGRATIONS): void {
	const sql = new Sql(storage.sql);
	sql.run("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
	const applied = sql.all<{ name: string }>("SELECT name FROM migrations ORDER BY number").map(({ name }) => name);
	const missing = migrations.filter(({ name }) => !applied.includes(name));
	for (const [index, migration] of missing.entries()) {
		storage.transactionSync(() => {
			// A text that ends in a comment is refused, so comments go.
			sql.run(migration.sql.replace(/^--.*$/gm, ""));
			const number = applied.length + index + 1;
			sql.run("INSERT INTO migrations (number, name) VALUES (?, ?)", number, migration.name);
		});
	}
}
