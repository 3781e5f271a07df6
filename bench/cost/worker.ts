import { SAMPLED_LINES } from "../../src/domain/log-lines.ts";
import worker, { UserShard as Shard } from "../../src/index.ts";
import { Meter } from "./meter.ts";
import { OBJECT_GB } from "./prices.ts";

/** Marksheet as it is, with a meter at every binding that costs something; `/bench/usage` says what was used since it was asked last. */

export { Credits } from "../../src/index.ts";

const QUEUE_CHUNK_BYTES = 64_000;
const OPERATIONS_PER_MESSAGE = 3;

const meter = new Meter();

/** Lines of which production keeps a share; all others it keeps whole. */
let sampled_lines = 0;
const SAMPLED = SAMPLED_LINES.map((at) => `{"at":"${at}"`);

for (const level of ["log", "warn", "error"] as const) {
	// biome-ignore lint/suspicious/noConsole: the lines are counted and written as before.
	const write = console[level];
	console[level] = (...line) => {
		if (SAMPLED.some((begin) => String(line[0]).startsWith(begin))) sampled_lines++;
		else meter.usage.log_lines++;
		write(...line);
	};
}

function usage() {
	const used = { usage: meter.take(), object_bytes: meter.objectBytes(), sampled_lines };
	sampled_lines = 0;
	return used;
}

// A shard that waits before it sends is active meanwhile. Nothing else here waits.
const wait = globalThis.setTimeout;
globalThis.setTimeout = ((work: () => void, ms = 0) => {
	meter.usage.object_gb_s += (ms / 1_000) * OBJECT_GB;
	return wait(work, ms);
}) as typeof setTimeout;

function metered(env: Env): Env {
	const send = (message: object) => {
		const chunks = Math.ceil(JSON.stringify(message).length / QUEUE_CHUNK_BYTES);
		meter.usage.queue_operations += OPERATIONS_PER_MESSAGE * chunks;
		return env.LOG_QUEUE.send(message as never);
	};
	const bindings = {
		CATALOG: meter.meterD1(env.CATALOG),
		ACCOUNTS: meter.meterD1(env.ACCOUNTS),
		CONTENT_CACHE: meter.meterCalls(env.CONTENT_CACHE, { get: "kv_reads", put: "kv_writes" }),
		CONTENT: meter.meterCalls(env.CONTENT, { get: "r2_reads", head: "r2_reads" }),
	};
	// The shard calls nothing else of its queue.
	return { ...env, ...bindings, LOG_QUEUE: { send } as unknown as Env["LOG_QUEUE"] };
}

export class UserShard extends Shard {
	constructor(ctx: DurableObjectState, env: Env) {
		meter.meterObject(ctx);
		super(ctx, metered(env));
	}

	override alarm(): Promise<void> {
		meter.usage.object_requests++;
		return super.alarm();
	}
}

/** Every call of a method is a request to the object. */
function countedShards(namespace: Env["SHARDS"]): Env["SHARDS"] {
	const getByName = (name: string) => {
		meter.usage.object_requests++;
		return namespace.getByName(name);
	};
	// The API takes a stub for one call and no longer, and calls nothing else of the namespace.
	return { getByName } as unknown as Env["SHARDS"];
}

const envs = new WeakMap<Env, Env>();

function countedEnv(env: Env): Env {
	const known = envs.get(env) ?? { ...metered(env), SHARDS: countedShards(env.SHARDS) };
	envs.set(env, known);
	return known;
}

export default {
	fetch(request, env, ctx) {
		if (new URL(request.url).pathname === "/bench/usage") return Response.json(usage());
		meter.usage.worker_requests++;
		return worker.fetch(request, countedEnv(env), ctx);
	},
	queue(batch, env) {
		meter.usage.worker_requests++;
		return worker.queue(batch, countedEnv(env));
	},
} satisfies ExportedHandler<Env>;
