import { rmSync } from "node:fs";
import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { CONFIG } from "../../dev/databases.ts";
import { ROOT } from "../../dev/settings.ts";
import { bundleIn } from "../../dev/worker.ts";
import { quietWrangler } from "../../dev/wrangler.ts";
import { ConsumerLog } from "../lib/consumer-log.ts";
import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { publishQuizzes, userHeaders } from "../lib/marksheet.ts";
import { processorMs } from "../lib/processes.ts";
import { startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import { CREDITS } from "../systems/system.ts";
import { type Callee, generation, submission } from "../workloads/writes.ts";
import { ITEMS, OBJECT_GB, type Usage } from "./prices.ts";

/** What Marksheet uses for each operation, counted while the whole of it runs. */

const CLIENTS = 32;
const EVENTS_S_MAX = 120;
/** Longer than an alarm waits; so that those of a scenario are counted with it. */
const ALARMS_MS = 12_000;
/** Seconds that an object is active for one call: the commit to several places and the send to the queue. An assumption. */
const ACTIVE_S_PER_CALL = 0.02;

export interface Scenario {
	name: string;
	users: number;
	/** Of each user. */
	operations: number;
	/** Messages in a batch of the queue. */
	batch: number;
	/** Callers at a time. */
	clients: number;
}

/** From everybody alone, which is dearest, to many at once. */
export const SCENARIOS: readonly Scenario[] = [
	{ name: "alone: a batch of the queue for each", users: 50, operations: 1, batch: 1, clients: 1 },
	{ name: "busy: batches of up to 100, each user once", users: 500, operations: 1, batch: 100, clients: CLIENTS },
	{ name: "exam: each user ten times within seconds", users: 200, operations: 10, batch: 100, clients: CLIENTS },
];

export const KINDS = ["attempt", "generation"] as const;
export type Kind = (typeof KINDS)[number];

/** Builds the metered Worker. @returns the folder of the bundle */
export async function bundleMetered(): Promise<string> {
	const folder = temporaryFolder();
	const target = bundleIn(folder);
	rmSync(target, { recursive: true, force: true });
	const main = join(ROOT, "bench/cost/worker.ts");
	await quietWrangler(
		["deploy", main, "--dry-run", "--env=", "--outdir", target],
		"The metered Worker cannot be built",
	);
	return folder;
}

/** What one operation used and what it left in storage, as means over the scenario. */
export interface Measured {
	usage: Usage;
	object_bytes: number;
	d1_bytes: number;
}

export async function marksheetUsage(bundle: string, kind: Kind, scenario: Scenario): Promise<Measured> {
	const consumer = new ConsumerLog();
	const settings = { bundle, folder: temporaryFolder(), onLog: consumer.read };
	const queue = { maxBatchSize: scenario.batch, maxBatchTimeout: 1, maxRetries: 10, retryDelay: 2 };
	const server = await startMarksheet({
		...settings,
		changes: { queueConsumers: { "marksheet-log": queue } },
		main: "worker.js",
	});
	const connections = new Connections(server.url, CLIENTS);
	try {
		const [quiz = ""] = await publishQuizzes(server.url, server.signer, 1);
		const users = await Promise.all(
			Array.from({ length: scenario.users }, (_, n) => userHeaders(server.signer, `usr_cost${n}`)),
		);
		const system: Callee = { quiz, headers: (n) => users[n] ?? {}, settled_status: 200 };
		await prepare(connections, users, system);
		await settled(consumer);
		const catalog = await server.miniflare.getD1Database("CATALOG");
		const operations = scenario.users * scenario.operations;
		const [empty, d1_before] = [await usageOf(connections), await sizeOf(catalog)];
		const before = processorMs([server.pid]);
		await runAll(scenario.clients, operations, async (index) => {
			const n = index % scenario.users;
			if (kind === "generation") await generation(system, connections, n);
			else await connections.expect(201, submission(system, n, index));
		});
		const after = processorMs([server.pid]);
		await settled(consumer);
		const { usage, object_bytes, sampled_lines } = await usageOf(connections);
		usage.worker_cpu_ms = before === null || after === null ? 0 : after - before;
		usage.log_lines += sampled_lines * sampledInProduction();
		usage.object_gb_s += usage.object_requests * ACTIVE_S_PER_CALL * OBJECT_GB;
		return {
			usage: perOperation(usage, operations),
			object_bytes: (object_bytes - empty.object_bytes) / operations,
			d1_bytes: ((await sizeOf(catalog)) - d1_before) / operations,
		};
	} finally {
		connections.close();
		await server.stop();
	}
}

/** The share that production keeps of lines that say that all went well. */
function sampledInProduction(): number {
	const { vars, observability } = unstable_readConfig({ config: CONFIG, env: "production" });
	const rates = [observability?.head_sampling_rate, observability?.logs?.head_sampling_rate];
	if (rates.some((rate) => rate !== 1)) throw new Error("wrangler.toml has the platform drop lines of production");
	return Number(vars.LOG_SUCCESS_SHARE);
}

/** Opens everybody's shard, which happens once in a user's life, and gives them credits. */
async function prepare(
	connections: Connections,
	users: readonly Record<string, string>[],
	system: Callee,
): Promise<void> {
	await runAll(CLIENTS, users.length, async (n) => {
		const headers = { ...users[n], "Idempotency-Key": "grant" };
		const body = { amount: CREDITS, kind: "plan" };
		await connections.expect(201, { method: "POST", path: "/v1/users/me/credits/grants", headers, body });
		await connections.expect(201, submission(system, n, n));
	});
}

/** Waits until the alarms of what was done have come and the catalog has it all. */
async function settled(consumer: ConsumerLog): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ALARMS_MS));
	const applied = consumer.applied;
	await consumer.reaches(applied, EVENTS_S_MAX);
}

async function usageOf(
	connections: Connections,
): Promise<{ usage: Usage; object_bytes: number; sampled_lines: number }> {
	return JSON.parse(await connections.expect(200, { method: "GET", path: "/bench/usage" }));
}

/** A database's size, which D1 says with every answer. */
export async function sizeOf(db: Pick<D1Database, "prepare">): Promise<number> {
	return (await db.prepare("SELECT 1").all()).meta.size_after;
}

export function perOperation(usage: Usage, operations: number): Usage {
	const mean = { ...usage };
	for (const item of ITEMS) mean[item] = usage[item] / operations;
	return mean;
}
