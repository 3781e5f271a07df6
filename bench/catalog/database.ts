import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { databases, migrateLocal, persistRoot } from "../../dev/databases.ts";
import { Failure } from "../../dev/failure.ts";
import { consume } from "../../src/catalog/replication/consumer.ts";
import { parseSearch, type Search } from "../../src/domain/search/search.ts";
import type { LocalD1 } from "./meter.ts";

/** A catalog of its own, as the migrations make it, in a folder that goes when the process ends. */
export async function newCatalog(): Promise<{ db: LocalD1; dispose: () => Promise<void> }> {
	const folder = mkdtempSync(join(tmpdir(), "marksheet-catalog-"));
	process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
	await migrateLocal(folder);
	const { binding, id } = databases().find((database) => database.binding === "CATALOG") ?? { binding: "", id: "" };
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			name: "bench",
			modules: true,
			script: "export default {}",
			cf: false,
			logRequests: false,
			log: new Log(LogLevel.NONE),
			telemetry: { enabled: false },
			compatibilityDate: "2026-10-20",
			resourcePersistencePath: persistRoot(folder),
			d1Databases: { [binding]: { id } },
		}),
	);
	return { db: await miniflare.getD1Database(binding), dispose: () => miniflare.dispose() };
}

/** The local database, which has all that the catalog uses of the platform's. */
export function asD1(db: LocalD1): D1Database {
	return db as unknown as D1Database;
}

/** @returns rows written. @throws Failure unless all of it was applied */
export async function deliver(db: LocalD1, bodies: readonly object[]): Promise<number> {
	const ignored = { ack: () => {}, retry: () => {} };
	const messages = bodies.map((body, n) => ({
		id: `m${n}`,
		timestamp: new Date(0),
		attempts: 1,
		body,
		...ignored,
	}));
	const batch = { queue: "marksheet-log", messages, ackAll: () => {}, retryAll: () => {} };
	// What the consumer uses of a batch.
	const report = await consume(asD1(db), batch as unknown as MessageBatch, Date.now());
	if (report.failed + report.poisoned + report.gaps > 0)
		throw new Failure(`The fold refused: ${JSON.stringify(report)}`);
	return report.rows_written;
}

/** @throws Failure where it is none */
export function searchOf(q: string): Search {
	const parsed = parseSearch(q);
	if (!parsed.ok) throw new Failure(parsed.detail);
	return parsed.search;
}
