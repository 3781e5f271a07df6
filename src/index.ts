import { app } from "./api/app.ts";

export { Credits } from "./api/credits-entrypoint.ts";

import { consume } from "./catalog/consumer.ts";
import { readCursor } from "./catalog/shards.ts";
import { optimize } from "./ops/optimize.ts";
import { Shard } from "./shard/user-shard.ts";

/** One per user. What the shard must know of the catalog, its cursor, comes in here; shard/ knows nothing of catalog/. */
export class UserShard extends Shard {
	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env, (user) => readCursor(env.CATALOG, user));
	}
}

export default {
	fetch: app.fetch,
	async queue(batch, env) {
		const report = await consume(env.CATALOG, batch, Date.now());
		console.log(JSON.stringify({ at: "queue", queue: batch.queue, ...report }));
	},
	async scheduled(_controller, env) {
		await optimize([env.CATALOG, env.ACCOUNTS]);
	},
} satisfies ExportedHandler<Env>;
