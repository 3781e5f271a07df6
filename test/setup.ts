import { applyD1Migrations } from "cloudflare:test";
import { beforeEach, vi } from "vitest";
import { outlook } from "../src/catalog/cursor-reads.ts";
import { testEnv } from "./harness.ts";

await applyD1Migrations(testEnv.CATALOG, testEnv.TEST_MIGRATIONS.CATALOG);
await applyD1Migrations(testEnv.ACCOUNTS, testEnv.TEST_MIGRATIONS.ACCOUNTS);

// How fast this machine is must not decide what a test sees. test/stall.test.ts has outlooks of its own.
beforeEach(() => {
	vi.spyOn(outlook, "mayRead").mockReturnValue(true);
});
