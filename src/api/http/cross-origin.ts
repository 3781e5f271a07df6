import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { CORS_MAX_AGE_S } from "../../domain/limits.ts";
import { corsOriginsOf, type HonoEnv } from "../../env.ts";
import type { MethodsAt } from "./methods-at.ts";
import { ProblemError } from "./problem.ts";

/** What scripts of other origins may read of an answer besides its body. */
const EXPOSED = [
	"ETag",
	"Idempotent-Replayed",
	"Link",
	"Preference-Applied",
	"RateLimit",
	"RateLimit-Policy",
	"Retry-After",
	"Sync-Seq",
	"X-Request-Id",
	"x-d1-bookmark",
];

/** What they may send. */
const ALLOWED = [
	"Authorization",
	"Content-Type",
	"Idempotency-Key",
	"If-Match",
	"If-None-Match",
	"Prefer",
	"X-Request-Id",
	"x-d1-bookmark",
];

/**
 * Answers OPTIONS on every path, without a credential and before anything is counted for a principal: 204 with `Allow`, and 404 where
 * there is nothing. Lets pages of the origins that are set call the service; never with cookies, which it does not look at.
 */
export function crossOrigin(methodsAt: MethodsAt): MiddlewareHandler<HonoEnv> {
	const options = {
		allowMethods: (_: string, c: Context) => methodsAt(c.req.path),
		allowHeaders: ALLOWED,
		exposeHeaders: EXPOSED,
		maxAge: CORS_MAX_AGE_S,
	};
	const ofAny = cors({ ...options, origin: "*" });
	const ofListed = cors({
		...options,
		origin: (origin, c: Context<HonoEnv>) => (corsOriginsOf(c.env).includes(origin) ? origin : null),
	});
	return async function crossOrigin(c, next) {
		const origins = corsOriginsOf(c.env);
		if (c.req.method === "OPTIONS") {
			const methods = methodsAt(c.req.path);
			if (methods.length === 0) throw new ProblemError("not-found", "There is nothing at this address.");
			c.header("Allow", methods.join(", "));
			if (origins.length === 0) return c.body(null, 204);
		}
		if (origins.length === 0) return next();
		return (origins.includes("*") ? ofAny : ofListed)(c, next);
	};
}
