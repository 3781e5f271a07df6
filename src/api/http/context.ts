import type { Context } from "hono";
import { ADDRESS_CHARS_MAX } from "../../domain/limits.ts";
import type { HonoEnv } from "../../env.ts";
import type { CameFrom, Ctx } from "../../service/context.ts";
import { bookmarkOf } from "./bookmarks.ts";
import { idempotencyKey } from "./idempotency-key.ts";

export const cameFrom = (c: Context<HonoEnv>): CameFrom => ({
	address: c.req.header("CF-Connecting-IP")?.slice(0, ADDRESS_CHARS_MAX) ?? null,
	user_agent: c.req.header("User-Agent") ?? null,
});

/** What verbs are told of this request. @throws ProblemError `invalid-request` for an Idempotency-Key that is none */
export function ctxOf(c: Context<HonoEnv>): Ctx {
	return {
		env: c.env,
		principal: c.get("principal"),
		now: c.get("now"),
		request_id: c.get("request_id"),
		idempotency_key: idempotencyKey(c),
		is_member: c.get("is_member"),
		came_from: () => cameFrom(c),
		seen: () => bookmarkOf(c),
		reached: (bookmark) => c.header("x-d1-bookmark", bookmark),
		later: (work) => c.executionCtx.waitUntil(work),
	};
}
