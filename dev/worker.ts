import { readdirSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, MiniflareCoreError } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { z } from "zod";
import { RATE_CLASSES } from "../src/domain/rate-limits.ts";
import { bundle } from "./bundle.ts";
import { CONFIG, persistRoot } from "./databases.ts";
import { Failure, reasonOf } from "./failure.ts";
import { HOST, portFailure } from "./port.ts";
import type { Secrets } from "./signer.ts";
import type { WorkerLog } from "./worker-log.ts";

/** Where bundleWorker() puts the bundle. */
export const bundleIn = (folder: string) => join(folder, "bundle");

/** Puts the Worker's bundle where it runs from. */
export const bundleWorker = (folder: string): Promise<void> =>
	bundle("wrangler.toml", bundleIn(folder), "The Worker cannot be built");

const varsSchema = z.looseObject({ TOKEN_ISSUER: z.string(), TOKEN_AUDIENCE: z.string() });

/** wrangler.toml's settings as Miniflare takes them. Its module rules are for sources; the bundle needs none. */
export function workerOptions() {
	const { modulesRules: _, bindings, ...options } = unstable_getMiniflareWorkerOptions(CONFIG).workerOptions;
	const vars = varsSchema.safeParse(bindings);
	if (!vars.success) throw new Failure("wrangler.toml needs TOKEN_ISSUER and TOKEN_AUDIENCE in [vars].");
	return { options, vars: vars.data };
}

/** For what sends more than any caller should: everything is counted as usual, and let through. */
export const UNLIMITED = {
	RATE_LIMITS: Object.fromEntries(RATE_CLASSES.map((name) => [name, { limit: Number.MAX_SAFE_INTEGER, period: 60 }])),
};

export interface WorkerSettings {
	folder: string;
	port: number;
	secrets: Secrets;
	log: WorkerLog;
	/** ES modules around the bundle: the first is what runs, and imports the bundle as `./index.js`. */
	around?: readonly { name: string; contents: string }[];
	/** Settings in place of those of wrangler.toml. */
	vars?: Record<string, unknown>;
	/** How messages come together in batches; what wrangler.toml says, unless told. */
	batching?: Batching | undefined;
}

export interface Batching {
	maxBatchSize: number;
	/** Seconds. */
	maxBatchTimeout: number;
}

/** Runs the bundle as the platform would: its object, databases, bucket, queue with its consumer. */
export async function startWorker(settings: WorkerSettings): Promise<Miniflare> {
	const { folder, port, secrets, log, around = [], batching, vars: own = {} } = settings;
	const { options, vars } = workerOptions();
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			...options,
			...(batching && { queueConsumers: consumersWith(batching, options.queueConsumers) }),
			name: "marksheet",
			modulesRoot: bundleIn(folder),
			modules: modulesIn(bundleIn(folder), around),
			bindings: { ...vars, PUBLIC_ORIGIN: `http://${HOST}:${port}`, ...own, ...secrets },
			host: HOST,
			port,
			resourcePersistencePath: persistRoot(folder),
			// Nothing is fetched from outside, and no request is announced.
			cf: false,
			telemetry: { enabled: false },
			logRequests: false,
			log: new Log(LogLevel.NONE),
			unsafeTriggerHandlers: true,
			handleStructuredLogs: ({ level, message }) => log.write(level, message),
		}),
	);
	try {
		await miniflare.ready;
		return miniflare;
	} catch (error) {
		if (error instanceof MiniflareCoreError && error.code === "ERR_ADDRESS_IN_USE") throw portFailure(port, error.code);
		throw new Failure(`The Worker does not start: ${reasonOf(error)} Its log: ${log.file}`);
	}
}

const consumersSchema = z.record(z.string(), z.looseObject({ maxBatchSize: z.number(), maxBatchTimeout: z.number() }));

function consumersWith(batching: Batching, consumers: unknown) {
	const all = Object.entries(consumersSchema.parse(consumers));
	return Object.fromEntries(all.map(([queue, consumer]) => [queue, { ...consumer, ...batching }]));
}

function modulesIn(folder: string, around: readonly { name: string; contents: string }[]) {
	return [
		...around.map(({ name, contents }) => ({ type: "ESModule" as const, path: join(folder, name), contents })),
		{ type: "ESModule" as const, path: join(folder, "index.js") },
		...modulesBeside(folder),
	];
}

/** What a bundle's code imports from its folder: texts and bytes, told apart by their names as wrangler does. */
export function modulesBeside(folder: string) {
	const text = readdirSync(folder).filter((name) => name.endsWith(".sql"));
	const bytes = readdirSync(folder).filter((name) => name.endsWith(".bin"));
	return [
		...text.map((name) => ({ type: "Text" as const, path: join(folder, name) })),
		...bytes.map((name) => ({ type: "Data" as const, path: join(folder, name) })),
	];
}
