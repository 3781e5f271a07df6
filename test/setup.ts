import { applyD1Migrations } from "cloudflare:test";
import { testEnv } from "./harness.ts";

await applyD1Migrations(testEnv.CATALOG, testEnv.TEST_MIGRATIONS.CATALOG);
await applyD1Migrations(testEnv.ACCOUNTS, testEnv.TEST_MIGRATIONS.ACCOUNTS);
