import { app } from "./api/app.ts";

export { Credits } from "./api/rpc/credits.ts";

import { CursorReads, outlook } from "./catalog/replication/cursor-reads.ts";
import { receive } from "./catalog/replication/receiver.ts";
import { shareCode } from "./domain/sharing/share-codes.ts";
import { sendIntervalOf, shareCodeKeyOf, successShareOf } from "./env.ts";
import { scheduled } from "./ops/scheduled.ts";
import { UserShard as Shard } from "./shard/user-shard.ts";

/** One per user. What the shard must know of the catalog, its cursor, comes in here; shard/ knows nothing of catalog/. */
export class UserShard extends Shard {
	constructor(ctx: DurableObjectState, env: Env) {
		const codeOf = (share: string) => shareCode(shareCodeKeyOf(env), share);
		const clock = () => Date.now();
		const cursors = new CursorReads(outlook, clock);
		const readCursor = async (user: string) => (await cursors.read(env.CATALOG, user))?.seq ?? null;
		const draw = () => Math.random();
		const settings = { sendIntervalMs: sendIntervalOf(env), successShare: successShareOf(env) };
		super(ctx, env, { replication: { ...settings, readCursor, clock, draw }, codeOf });
	}
}

export default {
	fetch: app.fetch,
	queue: (batch, env) => receive(env.CATALOG, batch, Date.now(), successShareOf(env)),
	scheduled: ({ cron }, env) => scheduled(cron, env),
} satisfies ExportedHandler<Env>;
