import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { exportJWK, generateKeyPair } from "jose";
import { defineConfig } from "vitest/config";

/** Everything that runs inside the Workers runtime, against its real SQLite, D1, queue and R2. */
export default defineConfig(async () => {
	const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
	const jwk = { ...(await exportJWK(publicKey)), kid: "test", alg: "EdDSA", use: "sig" };
	return {
		plugins: [
			cloudflareTest({
				wrangler: { configPath: "./wrangler.toml" },
				miniflare: {
					bindings: {
						TOKEN_JWKS: JSON.stringify({ keys: [jwk] }),
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
			setupFiles: ["test/setup.ts"],
			reporters: ["default", ["json", { outputFile: "test-results/workers.json" }]],
		},
	};
});
