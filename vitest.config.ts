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

/** The folders of what runs inside the Workers runtime, against its real SQLite, D1, queue and R2. */
const IN_WORKERS = ["domain", "shard", "catalog", "replication", "http", "attacks"].map(
	(folder) => `test/${folder}/*.test.ts`,
);

/** Files that look at the whole service, or change its schema: each has a runtime of its own, in which it is alone. */
const ALONE = [
	"attacks/dump",
	"catalog/media-purge",
	"catalog/schemas",
	"catalog/search-bounds",
	"http/answers",
	"http/mail",
	"http/password-hashes",
	"http/visibility",
	"replication/dead-letters",
	"replication/erasure",
	"replication/rebuild",
	"replication/rollouts",
	"replication/sweep",
	"shard/recorded-log",
].map((name) => `test/${name}.test.ts`);

const PROCESSORS = availableParallelism();
const IS_LONG = process.env.TEST_LONG !== undefined;

/**
 * What runs on Node. Groups come one after the other.
 * @param name of the project, and of its folder
 */
const onNode = (name: string, groupOrder: number, more: NonNullable<ViteUserConfig["test"]>): ViteUserConfig => ({
	test: {
		name,
		include: [`test/${name}/*.test.ts`],
		sequence: { groupOrder },
		testTimeout: 60_000,
		hookTimeout: 60_000,
		...more,
	},
});

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
				// Two, so that what the older one has sealed is opened too.
				MASTER_KEYS: [2, 1].map((number) => `${number}:${Buffer.alloc(32, number).toString("base64url")}`).join(),
				AUTH_SECRET: "2:a secret of sign-ins that is for tests only,1:the one before it which is for tests too",
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
	const inWorkers = (test: NonNullable<ViteUserConfig["test"]>): ViteUserConfig => ({
		plugins: [cloudflareTest(options)],
		test: {
			setupFiles: ["test/lib/setup.ts"],
			testTimeout: IS_LONG ? 600_000 : 30_000,
			// One more than there are processors: files wait for the disk and for the queue.
			maxWorkers: PROCESSORS + 1,
			...test,
		},
	});
	return {
		test: {
			// Transforms are kept between runs: most of a run of one file is else the reading of everything that the Worker is made of.
			fsModuleCache: true,
			projects: process.env.RECORD
				? [inWorkers({ name: "record", include: [`test/record/${process.env.RECORD}.ts`] })]
				: [
						// A runtime for each processor, which its files share: to start one takes longer than most files do.
						inWorkers({ name: "together", include: IN_WORKERS, exclude: ALONE, isolate: false }),
						inWorkers({ name: "alone", include: ALONE }),
						// The commands, against real servers that they start.
						onNode("node", 1, { maxWorkers: PROCESSORS, testTimeout: IS_LONG ? 1_200_000 : 60_000 }),
						// What a browser sees of a real server: the system's own Chromium, or the one that CHROMIUM_PATH names.
						onNode("browser", 2, { maxWorkers: PROCESSORS }),
						// What needs more of the system than a user has: root on Linux, to mount a small disk.
						onNode("system", 3, { maxWorkers: 1 }),
						// Clients that `npm run test:clients` has generated; each looks for its own quiz as the newest.
						onNode("clients", 4, { maxWorkers: 1, globalSetup: ["test/clients/server.ts"] }),
					],
			reporters: ["default", ["json", { outputFile: "test-results/report.json" }]],
		},
	};
});
