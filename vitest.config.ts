import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { exportJWK, generateKeyPair } from "jose";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Everything that runs inside the Workers runtime, against its real SQLite, D1, queue and R2. */
export default defineConfig(async (): Promise<ViteUserConfig> => {
	const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
	const jwk = { ...(await exportJWK(publicKey)), kid: "test", alg: "EdDSA", use: "sig" };
	return {
		plugins: [
			cloudflareTest({
				wrangler: { configPath: "./wrangler.toml" },
				miniflare: {
					// As in wrangler.toml, but without the second that a batch waits for company.
					queueConsumers: { "marksheet-log": { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 10, retryDelay: 1 } },
					bindings: {
						TOKEN_JWKS: JSON.stringify({ keys: [jwk] }),
						...(process.env.TEST_SEED && { TEST_SEED: process.env.TEST_SEED }),
						...(process.env.LEDGER_RUNS && { TEST_LEDGER_RUNS: process.env.LEDGER_RUNS }),
						TEST_PRIVATE_JWK: JSON.stringify({ ...(await exportJWK(privateKey)), kid: "test", alg: "EdDSA" }),
						TEST_MIGRATIONS: {
							CATALOG: await readD1Migrations("./migrations/catalog"),
							ACCOUNTS: await readD1Migrations("./migrations/accounts"),
						},
					},
				},
			}),
		],
		test: {
			include: ["test/*.test.ts"],
			testTimeout: 30_000,
			setupFiles: ["test/setup.ts"],
			reporters: ["default", ["json", { outputFile: "test-results/workers.json" }]],
		},
	};
});
