import type { UserShard } from "../../../src/index.ts";
import { CONTROL_PATH, type FaultPlan } from "../plan.ts";
import { faultyDatabase } from "./database.ts";
import { faults } from "./faults.ts";
import { faultyQueue } from "./queue.ts";

/** Stands around the product's own Worker and object, as built, and spoils what they are bound to. */

const spoiled = new WeakMap<Env, Env>();

function faultyEnv(env: Env): Env {
	let faulty = spoiled.get(env);
	if (!faulty) {
		faulty = { ...env, CATALOG: faultyDatabase(env.CATALOG), LOG_QUEUE: faultyQueue(env.LOG_QUEUE) };
		spoiled.set(env, faulty);
	}
	return faulty;
}

type Handlers = Required<Pick<ExportedHandler<Env>, "fetch" | "queue" | "scheduled">>;

export function faultyWorker(worker: Handlers): Handlers {
	return {
		async fetch(request, env, ctx) {
			if (new URL(request.url).pathname === CONTROL_PATH) return control(request);
			return worker.fetch(request, faultyEnv(env), ctx);
		},
		async queue(batch, env, ctx) {
			const fault = faults.takeBatch(batch);
			const handle = () => worker.queue(batch, faultyEnv(env), ctx);
			await Promise.all(fault === "batch_twice_at_once" ? [handle(), handle()] : [handle()]);
			if (fault === "batch_repeated") throw new Error("the batch was handled, and is delivered again all the same");
		},
		scheduled: (controller, env, ctx) => worker.scheduled(controller, faultyEnv(env), ctx),
	};
}

async function control(request: Request): Promise<Response> {
	if (request.method === "POST") faults.begin(await request.json<FaultPlan>());
	return Response.json(faults.borne);
}

export function faultyShard(Shard: typeof UserShard): typeof UserShard {
	return class extends Shard {
		constructor(ctx: DurableObjectState, env: Env) {
			super(ctx, faultyEnv(env));
		}
	};
}
