import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { HonoEnv } from "../../env.ts";
import { rememberedCredential, verifyCredential } from "../../service/people/credentials.ts";
import { newcomerRefusal } from "../../service/people/known-users.ts";
import type { Verified } from "../../service/people/verified.ts";
import { anonymous } from "../../service/principal.ts";
import { ProblemError, refusalProblem } from "./problem.ts";
import { addressOf, countBadCredential, refuseBadAddress } from "./rate-limits.ts";

const NOT_GOOD = "The credential is not valid.";

export const unauthenticated = (detail: string) =>
	new ProblemError("unauthenticated", detail, {}, { "WWW-Authenticate": 'Bearer realm="marksheet"' });

/** What a request sends as `Authorization: Bearer …`; null where it sends nothing of that form. */
export const bearerOf = (c: Context<HonoEnv>): string | null =>
	/^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? null;

/** What may be read without a credential, where the tenant whose it is lets that be. */
const OPEN_READS = /^\/v1\/(quizzes(\/.*)?|slugs\/.*|collections(\/.*)?|shares\/[^/]+)$/;
const READS = new Set(["GET", "HEAD"]);

/**
 * Puts the principal of the bearer credential, a token or an API key, into the context. Without one the request ends here, unless it reads what may be
 * public.
 */
export const authenticate = createMiddleware<HonoEnv>(async function authenticate(c, next) {
	// Who is known by a session has no scopes: the operation asks for the person.
	if (c.get("signed_in") !== undefined) {
		c.set("principal", anonymous(addressOf(c) ?? "here"));
		return next();
	}
	if (c.req.header("Authorization") === undefined && READS.has(c.req.method) && OPEN_READS.test(c.req.path)) {
		c.set("principal", anonymous(addressOf(c) ?? "here"));
		return next();
	}
	const credential = bearerOf(c);
	if (credential === null) throw unauthenticated("Send a credential as Authorization: Bearer <token or API key>.");
	const now = c.get("now");
	const later = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
	const known = await rememberedCredential(c.env, credential, now, later);
	const verified = known ?? (await newlyVerified(c, credential, later));
	const refusal = await newcomerRefusal(c.env, verified, now);
	if (refusal) throw refusalProblem(refusal, now);
	c.set("principal", verified);
	await next();
});

async function newlyVerified(
	c: Context<HonoEnv>,
	credential: string,
	later: (work: Promise<unknown>) => void,
): Promise<Verified> {
	refuseBadAddress(c);
	const result = await verifyCredential(c.env, credential, c.get("now"), later);
	if (result.ok) return result.verified;
	if (result.why === "unavailable") {
		throw new ProblemError("unavailable", "The issuer of the token does not answer.", {}, { "Retry-After": "5" });
	}
	// A client may have forgotten one in a loop that was good once.
	if (result.why === "expired") throw unauthenticated("The credential has expired.");
	await countBadCredential(c);
	throw unauthenticated(NOT_GOOD);
}
