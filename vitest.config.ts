import { readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { exportJWK, generateKeyPair } from "jose";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { buildReference } from "./dev/reference.ts";
import { dumpOf } from "./test/record/dump.ts";

const SHARD_V1 = "test/fixtures/shard-v1";

/** The examples of the API's document, which are no fixture. */
const EXAMPLES = "src/api/examples.json";

/** Keeps what a recorder of test/record sends, since nothing inside the runtime can write a file. */
async function writeFixture(request: { url: string; text(): Promise<string> }): Promise<Response> {
	const { pathname } = new URL(request.url);
	writeFileSync(pathname === "/examples.json" ? EXAMPLES : `test/fixtures${pathname}`, await request.text());
	return new Response("kept");
}

/** Files that look at the whole service, or change its schema: each has a runtime of its own, in which it is alone. */
const ALONE = [
	"replication/dead-letters",
	"catalog/media-purge",
	"replication/rebuild",
	"shard/recorded-log",
	"replication/rollouts",
	"catalog/schemas",
	"catalog/search-bounds",
	"replication/sweep",
	"http/visibility",
].map((name) => `test/${name}.test.ts`);

/** Everything that runs inside the Workers runtime, against its real SQLite, D1, queue and R2. */
export default defineConfig(async (): Promise<ViteUserConfig> => {
	// The plugin builds the Worker without wrangler's [build].
	buildReference();
	const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
	const jwk = { ...(await exportJWK(publicKey)), kid: "test", alg: "EdDSA", use: "sig" };
	const options = {
		wrangler: { configPath: "./wrangler.toml" },
		miniflare: {
			// As in wrangler.toml, but without the second that a batch waits for company.
			queueConsumers: { "marksheet-log": { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 10, retryDelay: 1 } },
			// The platform's limiter, which no other test is bound to; three in ten seconds.
			ratelimits: { TEST_RATE: { namespace_id: "1", simple: { limit: 3, period: 10 as const } } },
			...(process.env.RECORD && { serviceBindings: { FIXTURES: writeFixture } }),
			bindings: {
				PUBLIC_ORIGIN: "https://marksheet.test",
				TOKEN_JWKS: JSON.stringify({ keys: [jwk] }),
				// Messages go at once; test/shard/publisher.test.ts has the interval between them.
				SEND_INTERVAL_MS: "0",
				SHARE_CODE_KEY: "a key of share codes that is for tests only",
				...(process.env.TEST_SEED && { TEST_SEED: process.env.TEST_SEED }),
				...(process.env.TEST_LONG && { TEST_LONG: process.env.TEST_LONG }),
				TEST_PRIVATE_JWK: JSON.stringify({ ...(await exportJWK(privateKey)), kid: "test", alg: "EdDSA" }),
				TEST_SHARD_V1: dumpOf(
					join(SHARD_V1, readdirSync(SHARD_V1).find((name) => name.endsWith(".sqlite")) ?? "no shard"),
				),
				TEST_MIGRATIONS: {
					CATALOG: await readD1Migrations("./migrations/catalog"),
					ACCOUNTS: await readD1Migrations("./migrations/accounts"),
				},
			},
		},
	};
	const project = (test: NonNullable<ViteUserConfig["test"]>): ViteUserConfig => ({
		plugins: [cloudflareTest(options)],
		test: { testTimeout: process.env.TEST_LONG ? 600_000 : 30_000, setupFiles: ["test/lib/setup.ts"], ...test },
	});
	return {
		test: {
			projects: process.env.RECORD
				? [project({ name: "record", include: [`test/record/${process.env.RECORD}.ts`] })]
				: [
						// A runtime for each processor, which its files share: to start one takes longer than most files do.
						project({
							name: "together",
							include: ["domain", "shard", "catalog", "replication", "http", "attacks"].map(
								(folder) => `test/${folder}/*.test.ts`,
							),
							exclude: ALONE,
							isolate: false,
						}),
						project({ name: "alone", include: ALONE }),
					],
			// One more than there are processors: files wait for the disk and for the queue.
			maxWorkers: availableParallelism() + 1,
			reporters: ["default", ["json", { outputFile: "test-results/workers.json" }]],
		},
	};
});
