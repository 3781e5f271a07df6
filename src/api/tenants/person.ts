import type { Context } from "hono";
import type { HonoEnv } from "../../env.ts";
import type { Asker } from "../../service/tenants/asker.ts";
import { cameFrom } from "../http/context.ts";
import { idempotencyKey } from "../http/idempotency-key.ts";

/** A person who asks for a change by a session. */
export const personOf = (c: Context<HonoEnv>, account: string): Asker => ({
	env: c.env,
	now: c.get("now"),
	request_id: c.get("request_id"),
	idempotency_key: idempotencyKey(c),
	actor: account,
	on_behalf_of: null,
	came_from: () => cameFrom(c),
	later: (work) => c.executionCtx.waitUntil(work),
});
