import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { createLocalJWKSet, errors, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { ID_PATTERNS } from "../../domain/ids.ts";
import {
	PRINCIPAL_CACHE_ENTRIES_MAX,
	TOKEN_CHARS_MAX,
	TOKEN_CLOCK_AHEAD_S_MAX,
	TOKEN_LIFE_S_MAX,
} from "../../domain/limits.ts";
import { PRINCIPAL_CLASSES } from "../../domain/rate-limits.ts";
import { type HonoEnv, type Settings, settingsOf } from "../../env.ts";
import type { Principal } from "../../service/principal.ts";
import { ProblemError } from "./problem.ts";
import { countBadCredential, refuseBadAddress } from "./rate-limits.ts";

/** Who is calling, as a token says it. */
interface Verified extends Principal {
	/** Seconds since the epoch. */
	expires_at_s: number;
}

const subject = z.union([z.string().regex(ID_PATTERNS.user), z.string().regex(ID_PATTERNS.service)]);

const claimsSchema = z.object({
	sub: subject,
	tenant: z.string().regex(ID_PATTERNS.tenant),
	/** Separated by blanks, as in RFC 8693. */
	scope: z.string().default(""),
	act: z.object({ sub: subject }).optional(),
	exp: z.number(),
	iat: z.number().optional(),
	/** One that this release does not know is none. */
	rate_class: z.enum(PRINCIPAL_CLASSES).optional().catch(undefined),
});

/** Whether a token was issued by now and is not good for longer than any may be, be it from now or from when it was issued. */
function hasFairTimes({ exp, iat }: z.output<typeof claimsSchema>, now_s: number): boolean {
	if (iat !== undefined && iat > now_s + TOKEN_CLOCK_AHEAD_S_MAX) return false;
	return exp - Math.min(iat ?? now_s, now_s) <= TOKEN_LIFE_S_MAX;
}

/** Verified tokens until they expire. The key is the token and the settings that it was verified with. */
const verified = new WeakMap<
	Settings,
	{ keys: ReturnType<typeof createLocalJWKSet>; seen: LRUCache<string, Verified> }
>();

function verifierOf(settings: Settings) {
	let verifier = verified.get(settings);
	if (!verifier) {
		const seen = new LRUCache<string, Verified>({ max: PRINCIPAL_CACHE_ENTRIES_MAX });
		verifier = { keys: createLocalJWKSet(settings.tokenKeys), seen };
		verified.set(settings, verifier);
	}
	return verifier;
}

/** The principal of a token that was verified before and has not expired. */
function remembered(token: string, settings: Settings, now: number): Verified | null {
	const known = verifierOf(settings).seen.get(token);
	return known && known.expires_at_s * 1_000 > now ? known : null;
}

/**
 * Verifies a token without a database: EdDSA signature by a key of the set, issuer, audience, expiry, and how long it lives.
 * @param now milliseconds since the epoch
 * @throws ProblemError `unauthenticated`, which does not say what was wrong beyond "expired"
 */
async function verifyToken(token: string, settings: Settings, now: number): Promise<Verified> {
	const { keys, seen } = verifierOf(settings);
	if (token.length > TOKEN_CHARS_MAX) throw unauthenticated("The token is not valid.");
	try {
		const { payload } = await jwtVerify(token, keys, {
			issuer: settings.tokenIssuer,
			audience: settings.tokenAudience,
			algorithms: ["EdDSA"],
			requiredClaims: ["exp", "sub"],
			clockTolerance: 0,
			currentDate: new Date(now),
		});
		const claims = claimsSchema.parse(payload);
		if (!hasFairTimes(claims, now / 1_000)) throw unauthenticated("The token is not valid.");
		const principal: Verified = {
			tenant: claims.tenant,
			subject: claims.sub,
			scopes: new Set(claims.scope.split(" ").filter(Boolean)),
			actor: claims.act?.sub ?? claims.sub,
			rate_class: claims.rate_class ?? (ID_PATTERNS.service.test(claims.sub) ? "high" : "standard"),
			expires_at_s: claims.exp,
		};
		seen.set(token, principal);
		return principal;
	} catch (error) {
		throw error instanceof errors.JWTExpired ? unauthenticated(EXPIRED) : unauthenticated("The token is not valid.");
	}
}

const EXPIRED = "The token has expired.";

const unauthenticated = (detail: string) =>
	new ProblemError("unauthenticated", detail, {}, { "WWW-Authenticate": 'Bearer realm="marksheet"' });

/** Puts the principal of the bearer token into the context; without one the request ends here. */
export const authenticate = createMiddleware<HonoEnv>(async function authenticate(c, next) {
	const [, token] = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(c.req.header("Authorization") ?? "") ?? [];
	if (!token) throw unauthenticated("Send a token as Authorization: Bearer <token>.");
	const [settings, now] = [settingsOf(c.env), c.get("now")];
	c.set("principal", remembered(token, settings, now) ?? (await newcomer(c, token, settings, now)));
	await next();
});

async function newcomer(c: Context<HonoEnv>, token: string, settings: Settings, now: number): Promise<Principal> {
	refuseBadAddress(c);
	try {
		return await verifyToken(token, settings, now);
	} catch (error) {
		if (error instanceof ProblemError && error.message !== EXPIRED) await countBadCredential(c);
		throw error;
	}
}
