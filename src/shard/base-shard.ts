import { DurableObject } from "cloudflare:workers";
import type { Message } from "../domain/events.ts";
import { migrate } from "./migrate.ts";
import type { Replication } from "./replicator.ts";
import { Runner } from "./runner.ts";

interface ShardEnv {
	LOG_QUEUE: Queue<Message>;
}

/**
 * What every part of a shard's class stands on. The class is a chain of parts, one for each group of calls, because only
 * methods of prototypes can be called from outside.
 */
export class BaseShard extends DurableObject<ShardEnv> {
	protected readonly run: Runner;

	constructor(ctx: DurableObjectState, env: ShardEnv, replication: Replication) {
		super(ctx, env);
		migrate(ctx.storage);
		this.run = new Runner(ctx, (message) => env.LOG_QUEUE.send(message), replication);
	}
}
