import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { TOKEN_CHARS_MAX, TOKEN_CLOCK_AHEAD_S_MAX, TOKEN_LIFE_S_MAX } from "../../domain/limits.ts";
import { foreignIdentity, type Issuer } from "../../domain/people/issuers.ts";
import { ACCESS_TOKEN_LIFE_S, ISSUER_TOKEN_LIFE_S_MAX } from "../../domain/people/limits.ts";
import { ROLE_SCOPES } from "../../domain/people/roles.ts";
import { PRINCIPAL_CLASSES } from "../../domain/rate-limits.ts";
import { type Settings, settingsOf } from "../../env.ts";
import { type AccountsView, accountsViewOf } from "./accounts-view.ts";
import { KeysUnavailable, keysOf } from "./issuer-keys.ts";
import { EXPIRED, INVALID, UNAVAILABLE, type Verification, type Verified } from "./verified.ts";

/**
 * Tokens: JSON Web Tokens (RFC 7519) of this installation, of the key of a developer's machine, and of other issuers. Verified without a
 * database, by signature, algorithm, issuer, audience, times, and what the isolate knows of revocations.
 */

const subject = z.union([z.string().regex(ID_PATTERNS.user), z.string().regex(ID_PATTERNS.service)]);

/** What tokens say whose subjects are ids of this installation. */
const claimsSchema = z.object({
	sub: subject,
	tenant: z.string().regex(ID_PATTERNS.tenant),
	/** Separated by blanks, as in RFC 8693. */
	scope: z.string().default(""),
	act: z.object({ sub: subject }).optional(),
	exp: z.number(),
	iat: z.number().optional(),
	/** The session or the key that it was given for. */
	sid: z.string().optional(),
	auth_time: z.number().optional(),
	/** Of a user of this installation; nothing but whether it is a guest's is asked of it. */
	role: z.string().optional(),
	/** One that this release does not know is none. */
	rate_class: z.enum(PRINCIPAL_CLASSES).optional().catch(undefined),
});
type Claims = z.output<typeof claimsSchema>;

const foreignSchema = z.looseObject({ exp: z.number(), iat: z.number().optional() });

/** Whether a token was issued by now and is not good for longer than `life_s`, be it from now or from when it was issued. */
function hasFairTimes({ exp, iat }: { exp: number; iat?: number | undefined }, life_s: number, now_s: number): boolean {
	if (iat !== undefined && iat > now_s + TOKEN_CLOCK_AHEAD_S_MAX) return false;
	return exp - Math.min(iat ?? now_s, now_s) <= life_s;
}

/** What a token claims of itself, before anything of it is believed. */
function readToken(token: string): { issuer: string; kid: string } | null {
	if (token.length > TOKEN_CHARS_MAX) return null;
	try {
		const { kid = "" } = decodeProtectedHeader(token);
		const { iss = "" } = decodeJwt(token);
		return typeof kid === "string" && typeof iss === "string" ? { issuer: iss, kid } : null;
	} catch {
		return null;
	}
}

/**
 * @param now milliseconds since the epoch
 * @param later lets work go on after the answer
 * @throws where nothing of ACCOUNTS is known and it does not answer
 */
export async function verifyToken(
	env: Env,
	token: string,
	now: number,
	later: (work: Promise<unknown>) => void,
): Promise<Verification> {
	const settings = settingsOf(env);
	const read = readToken(token);
	if (!read) return INVALID;
	const issuer = settings.issuers.get(read.issuer);
	if (issuer) return verifyForeign(issuer, token, now);
	const local = settings.localKeys?.keys.some(({ kid }) => kid === read.kid) ? settings.localKeys : null;
	if (local) return verifyLocal(settings, local, token, now);
	const view = accountsViewOf(env);
	await view.refresh(now, later);
	return verifyOwn(settings, view, read.kid, token, now);
}

async function verifyOwn(
	settings: Settings,
	view: AccountsView,
	kid: string,
	token: string,
	now: number,
): Promise<Verification> {
	const key = view.key(kid) ?? (await view.lookedUp(kid, now));
	if (!key) return INVALID;
	return verify(
		token,
		() => key.verifying,
		[key.jwk.alg ?? ""],
		settings,
		now,
		(payload) => {
			const claims = claimsSchema.parse(payload);
			const issued_at = (claims.iat ?? 0) * 1_000;
			if (!hasFairTimes(claims, ACCESS_TOKEN_LIFE_S, now / 1_000)) return INVALID;
			if (view.isRevoked([claims.sub, claims.tenant, claims.sid ?? null], issued_at)) return INVALID;
			return { ok: true, verified: { ...principalOf(claims), is_vouched_for: true, issued_at } };
		},
	);
}

/** Of the key of this machine, whose tokens live as long as its developer says; their users are whoever they name. */
function verifyLocal(
	settings: Settings,
	keys: Parameters<typeof createLocalJWKSet>[0],
	token: string,
	now: number,
): Promise<Verification> {
	return verify(token, createLocalJWKSet(keys), ["EdDSA"], settings, now, (payload) => {
		const claims = claimsSchema.parse(payload);
		if (!hasFairTimes(claims, TOKEN_LIFE_S_MAX, now / 1_000)) return INVALID;
		const newcomer = { role: "learner", issuer: null, subject: null } as const;
		return { ok: true, verified: { ...principalOf(claims), is_vouched_for: false, newcomer, issued_at: null } };
	});
}

function verifyForeign(issuer: Issuer, token: string, now: number): Promise<Verification> {
	const of = { tokenIssuer: issuer.issuer, tokenAudience: issuer.audience };
	return verify(token, keysOf(issuer, now), issuer.algorithms, of, now, (payload) => {
		const claims = foreignSchema.parse(payload);
		const identity = foreignIdentity(issuer, claims);
		if (!identity || !hasFairTimes(claims, ISSUER_TOKEN_LIFE_S_MAX, now / 1_000)) return INVALID;
		const { user, tenant, role, subject: named } = identity;
		const verified: Verified = {
			tenant,
			subject: user,
			actor: user,
			scopes: new Set(ROLE_SCOPES[role]),
			is_guest: false,
			rate_class: "standard",
			is_vouched_for: false,
			newcomer: { role, issuer: issuer.issuer, subject: named },
			origin: null,
			signed_in_at: typeof claims.auth_time === "number" ? claims.auth_time * 1_000 : null,
			good_until: claims.exp * 1_000,
			issued_at: null,
		};
		return { ok: true, verified };
	});
}

/** Signature, algorithm, issuer, audience and expiry; then what the claims come to. */
async function verify(
	token: string,
	key: Parameters<typeof jwtVerify>[1],
	algorithms: string[],
	{ tokenIssuer: issuer, tokenAudience: audience }: { tokenIssuer: string; tokenAudience: string | string[] },
	now: number,
	judge: (payload: JWTPayload) => Verification,
): Promise<Verification> {
	try {
		const options = {
			issuer,
			audience,
			algorithms,
			requiredClaims: ["exp"],
			// Of `nbf`, as of `iat`: two clocks differ. The end is what the token says, below.
			clockTolerance: TOKEN_CLOCK_AHEAD_S_MAX,
			currentDate: new Date(now),
		};
		const { payload } = await jwtVerify(token, key, options);
		if (payload.exp === undefined || payload.exp <= Math.floor(now / 1_000)) return EXPIRED;
		return judge(payload);
	} catch (error) {
		if (error instanceof errors.JWTExpired) return EXPIRED;
		if (error instanceof KeysUnavailable) return UNAVAILABLE;
		// What is wrong with a token is one of these; anything else is wrong with what keys are fetched from.
		if (error instanceof errors.JOSEError || error instanceof z.ZodError || error instanceof TypeError) return INVALID;
		throw error;
	}
}

function principalOf({ tenant, sub, act, scope, exp, sid, auth_time, rate_class, role }: Claims) {
	return {
		tenant,
		subject: sub,
		scopes: new Set(scope.split(" ").filter(Boolean)),
		actor: act?.sub ?? sub,
		rate_class: rate_class ?? (ID_PATTERNS.service.test(sub) ? ("high" as const) : ("standard" as const)),
		is_guest: role === "guest",
		newcomer: null,
		origin: sid ?? null,
		signed_in_at: auth_time === undefined ? null : auth_time * 1_000,
		good_until: exp * 1_000,
	};
}
