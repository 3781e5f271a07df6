import { applyD1Migrations } from "cloudflare:test";
import { beforeEach, vi } from "vitest";
import { outlook } from "../../src/catalog/replication/cursor-reads.ts";
import { nameCapabilities } from "./capabilities.ts";
import { testEnv } from "./harness.ts";

nameCapabilities();

await applyD1Migrations(testEnv.CATALOG, testEnv.TEST_MIGRATIONS.CATALOG);
await applyD1Migrations(testEnv.ACCOUNTS, testEnv.TEST_MIGRATIONS.ACCOUNTS);

// Files share a runtime: what an earlier one left for an operator to see is not this one's.
await testEnv.CATALOG.batch(
	["dead_letters", "dead_messages", "lagging", "rebuilds", "replication_minutes", "rows_ahead", "sweep"].map((table) =>
		testEnv.CATALOG.prepare(`DELETE FROM ${table}`),
	),
);

// How fast this machine is must not decide what a test sees. test/replication/stall.test.ts has outlooks of its own.
beforeEach(() => {
	vi.spyOn(outlook, "mayRead").mockReturnValue(true);
});
