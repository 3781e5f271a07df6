import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { USER_AGENT_CHARS_MAX } from "../../domain/sign-in/limits.ts";
import { type HonoEnv, signInTracesOf } from "../../env.ts";
import { personKey } from "../../service/sign-in/person-key.ts";
import { type Authorized, signedIn } from "../../service/sign-in/signed-in.ts";
import type { Visit } from "../../service/sign-in/visit.ts";
import { valueIn } from "../http/answer.ts";
import { limitSignIn, networkKept } from "../http/rate-limits.ts";

/** What the use cases of signing in are told of a request. */
export function visitOf(c: Context<HonoEnv>): Visit {
	const isKept = signInTracesOf(c.env) === "truncated";
	const agent = c.req.header("User-Agent");
	return {
		env: c.env,
		now: c.get("now"),
		network: isKept ? networkKept(c) : null,
		user_agent: isKept && agent !== undefined ? agent.slice(0, USER_AGENT_CHARS_MAX) : null,
		later: (work) => c.executionCtx.waitUntil(work),
	};
}

/** For what anybody may ask about an address: counted before anything of it is done. */
export async function visitAbout(c: Context<HonoEnv>, email: string | null): Promise<Visit> {
	await limitSignIn(c, email === null ? null : personKey(c.env, email));
	return visitOf(c);
}

/** Who is signed in by the token that the request brings. @throws ProblemError `unauthenticated` */
export async function signedInNow(c: Context<HonoEnv>): Promise<Authorized> {
	const [, token = null] = /^Bearer ([A-Za-z0-9_]+)$/i.exec(c.req.header("Authorization") ?? "") ?? [];
	return valueIn(c, await signedIn(visitOf(c), token));
}

/** Before anything else is looked at of what only who is signed in may ask. */
export const requireSession = createMiddleware<HonoEnv>(async function requireSession(c, next) {
	c.set("signed_in", await signedInNow(c));
	await next();
});

/** For what takes the password or a code again. */
export async function counted(c: Context<HonoEnv>, who: Authorized): Promise<Authorized> {
	await limitSignIn(c, who.account);
	return who;
}
