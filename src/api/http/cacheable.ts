import type { Context, Next } from "hono";
import { sha256Hex } from "../../domain/canonical.ts";
import { CATALOG_MAX_AGE_S } from "../../domain/limits.ts";
import type { HonoEnv } from "../../env.ts";

/** What an answer depends on besides its address: who asks, and how new it must be. */
const VARY = "Authorization, x-d1-bookmark";
const ETAG_HEX_DIGITS = 32;

/**
 * Lets clients and caches keep what was read from the catalog for a moment, and ask later whether it is still the same: 304 with
 * no body. Only the caller's own caches may keep it, since what is seen depends on who asks.
 */
export async function cacheable(c: Context<HonoEnv>, next: Next): Promise<void> {
	await next();
	if (c.req.method !== "GET" || c.res.status !== 200) return;
	const etag = `"${sha256Hex(await c.res.clone().text()).slice(0, ETAG_HEX_DIGITS)}"`;
	c.res.headers.set("ETag", etag);
	c.res.headers.set("Cache-Control", `private, max-age=${CATALOG_MAX_AGE_S}`);
	c.res.headers.set("Vary", VARY);
	if (isKnown(c.req.header("If-None-Match"), etag)) c.res = new Response(null, { status: 304, headers: c.res.headers });
}

/** Whether the `If-None-Match` header names the entity tag, by the weak comparison that RFC 9110 asks for. */
export const isKnown = (header: string | undefined, etag: string): boolean =>
	header?.split(",").some((each) => ["*", etag, `W/${etag}`].includes(each.trim())) ?? false;
