import { readGuest } from "../../accounts/guests.ts";
import { type Membership, noteLogin, readMemberships } from "../../accounts/users.ts";
import { isLikeApiKey, isSecretOf } from "../../domain/people/api-keys.ts";
import { guestOf } from "../../domain/people/guest-secrets.ts";
import { ACCESS_TOKEN_LIFE_S, TENANTS_PER_ACCOUNT_MAX } from "../../domain/people/limits.ts";
import { ROLE_SCOPES, SCOPES, type Scope } from "../../domain/people/roles.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { logLine, reason } from "../../log-line.ts";
import { verifyApiKey } from "./keys-in-use.ts";
import { sessionOf } from "./sessions.ts";
import { signToken, type TokenClaims } from "./signing.ts";

/** Who asks for a token before anybody is a principal. */
export interface TokenCtx {
	env: Env;
	/** Milliseconds since the epoch. */
	now: number;
	later(work: Promise<unknown>): void;
}

interface Input {
	/** A session's token, an API key, or what a guest comes back with. */
	credential: string;
	/** Which user or service a client says that it is (RFC 6749, section 2.3.1). */
	client?: string | undefined;
	/** Of a person with several, which user it is for. */
	user?: string | undefined;
	/** No more than these. */
	scopes?: readonly Scope[] | undefined;
}

/** As RFC 6749, section 5.1, says it, and whose it is. */
export interface IssuedToken {
	access_token: string;
	token_type: "Bearer";
	/** Seconds. */
	expires_in: number;
	scope: string;
	user: string;
	tenant: string;
}

/** What an issuance comes to; `unauthenticated` where the credential is not good. */
export type Issuance = { who: "unknown"; why: "expired" | "invalid" } | { who: "known"; outcome: Outcome<IssuedToken> };

const UNKNOWN = { who: "unknown", why: "invalid" } as const;

type Bearer = Omit<TokenClaims, "scopes"> & { may: readonly Scope[] };

/**
 * Gives a token for a session, an API key or a guest's secret. Gates: the credential is good; the client is who it says; the person has the user
 * that is asked for, and that is active; the scopes are among those that the role or the key has.
 */
export async function issueToken(ctx: TokenCtx, input: Input): Promise<Issuance> {
	const found = await bearerOf(ctx, input);
	if ("who" in found) return found;
	if (!found.ok) return { who: "known", outcome: found };
	const { may, ...bearer } = found.value;
	const { scopes = may } = input;
	const beyond = scopes.filter((scope) => !may.includes(scope));
	if (beyond.length > 0) {
		const detail = `Not ${beyond.join(" ")}; allowed are: ${may.join(" ")}.`;
		return { who: "known", outcome: invalid("/scope", detail) };
	}
	const access_token = await signToken(ctx.env, { ...bearer, scopes }, ctx.now, ctx.later);
	const { subject: user, tenant } = bearer;
	const expires_in = ACCESS_TOKEN_LIFE_S;
	return {
		who: "known",
		outcome: accepted({ access_token, token_type: "Bearer", expires_in, scope: scopes.join(" "), user, tenant }),
	};
}

const invalid = (pointer: string, detail: string) =>
	refused({ code: "invalid-request", detail: "No token can be given for this.", errors: [{ pointer, detail }] });

async function bearerOf(ctx: TokenCtx, input: Input): Promise<Outcome<Bearer> | Extract<Issuance, { who: "unknown" }>> {
	const { credential } = input;
	if (isLikeApiKey(credential)) return ofKey(ctx, input);
	const guest = guestOf(credential);
	return guest === null ? ofSession(ctx, input) : ofGuest(ctx, credential, guest);
}

async function ofKey({ env, now, later }: TokenCtx, { credential, client }: Input) {
	// A token that is signed after the key was revoked would be good beyond the revocation.
	const result = await verifyApiKey(env, credential, now, later, { anew: true });
	if (!result.ok) return { who: "unknown", why: result.why === "expired" ? "expired" : "invalid" } as const;
	const { subject, tenant, origin, scopes, rate_class } = result.verified;
	if (client !== undefined && client !== subject && client !== origin) return UNKNOWN;
	const may = SCOPES.filter((scope) => scopes.has(scope));
	return accepted({ subject, tenant, may, origin: origin ?? "", role: null, rate_class, signed_in_at: null });
}

async function ofSession({ env, now, later }: TokenCtx, { credential, user, client }: Input) {
	const signedIn = client === undefined ? await sessionOf(env, credential, now) : null;
	if (!signedIn) return UNKNOWN;
	const { account, session, signed_in_at } = signedIn;
	const memberships = await readMemberships(env.ACCOUNTS, account, user ?? null, TENANTS_PER_ACCOUNT_MAX);
	const member = chosen(memberships, user);
	if (!member) {
		const others =
			user === undefined ? memberships : await readMemberships(env.ACCOUNTS, account, null, TENANTS_PER_ACCOUNT_MAX);
		const detail = `The person is none of the kind; users of theirs are: ${others.map(({ id }) => id).join(", ") || "none"}.`;
		return invalid("/user", detail);
	}
	if (member.status !== "active") {
		return refused({ code: "forbidden", detail: `The user ${member.id} is ${member.status}.` });
	}
	const noted = noteLogin(env.ACCOUNTS, member.id, now);
	later(noted.catch((error) => logLine("warn", { at: "accounts", error: reason(error) })));
	const { id: subject, tenant_id: tenant, role } = member;
	return accepted({
		subject,
		tenant,
		may: ROLE_SCOPES[role],
		origin: session,
		role,
		rate_class: "standard" as const,
		signed_in_at,
	});
}

/** The one that is named; else the only one, or that of the person's own tenant. */
function chosen(memberships: readonly Membership[], user: string | undefined): Membership | undefined {
	if (user !== undefined) return memberships.find(({ id }) => id === user);
	const active = memberships.filter(({ status }) => status === "active");
	return active.length === 1 ? active[0] : memberships.find(({ tenant_kind }) => tenant_kind === "personal");
}

async function ofGuest({ env, now }: TokenCtx, credential: string, user: string) {
	const guest = await readGuest(env.ACCOUNTS, user);
	if (!guest || !isSecretOf(credential, guest.hash) || guest.status !== "active") return UNKNOWN;
	if (guest.expires_at <= now) return { who: "unknown", why: "expired" } as const;
	return accepted({
		subject: user,
		tenant: guest.tenant_id,
		may: ROLE_SCOPES.guest,
		origin: user,
		role: "guest" as const,
		rate_class: "basic" as const,
		signed_in_at: null,
	});
}
