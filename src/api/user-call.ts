import type { Context } from "hono";
import { ID_PATTERNS } from "../domain/ids.ts";
import { IDEMPOTENCY_KEY_CHARS_MAX } from "../domain/limits.ts";
import type { HonoEnv } from "../env.ts";
import type { Call } from "../shard/runner.ts";
import { isKnownUser } from "./accounts.ts";
import { requireScope, type Scope } from "./principal.ts";
import { invalid, ProblemError } from "./problem.ts";
import { isRepeatable, shardOf } from "./shard-of.ts";

/**
 * The shard of `{user}` and the call that this request makes on it. `me` and one's own id are oneself; another user is
 * only for a service that may act on behalf of users, in the same tenant, and only where that user is known: a name from
 * a path alone never makes an object.
 * @throws ProblemError `forbidden`, `not-found`, `invalid-request`
 */
export async function userCall(c: Context<HonoEnv>, named: string, scope: Scope) {
	const principal = c.get("principal");
	requireScope(principal, scope);
	const user = named === "me" ? principal.subject : named;
	if (!ID_PATTERNS.user.test(user)) {
		throw new ProblemError("not-found", "A service has no shard of its own; name the user on whose behalf it acts.");
	}
	if (user !== principal.subject) {
		const allowed = principal.scopes.has("on-behalf-of") && (await isKnownUser(c.env, user, principal.tenant));
		if (!allowed) throw new ProblemError("not-found", "There is no such user, or you may not know of it.");
	}
	const idempotency_key = idempotencyKey(c);
	const call: Call = {
		user,
		tenant: principal.tenant,
		actor: principal.actor,
		now: c.get("now"),
		request_id: c.get("request_id"),
		...(idempotency_key !== undefined && { idempotency_key }),
	};
	return { call, shard: shardOf(c.env, user, isRepeatable(c)) };
}

export function idempotencyKey(c: Context<HonoEnv>): string | undefined {
	const key = c.req.header("Idempotency-Key");
	if (key === undefined || c.req.method !== "POST") return undefined;
	if (key.length > IDEMPOTENCY_KEY_CHARS_MAX || !/^[\x21-\x7e]+$/.test(key)) {
		const detail = `Must be 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters.`;
		throw invalid("The Idempotency-Key is not valid.", [{ in: "header", pointer: "/Idempotency-Key", detail }]);
	}
	return key;
}

/** @throws ProblemError `idempotency-key-required`; a retry of these without a key could not be told from a new one. */
export function requireIdempotencyKey(c: Context<HonoEnv>): void {
	if (c.req.header("Idempotency-Key") !== undefined) return;
	throw new ProblemError("idempotency-key-required", "This operation needs an Idempotency-Key header.");
}
