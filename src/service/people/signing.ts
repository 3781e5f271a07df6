import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { acceptedKeys, addFirstSigningKey, replaceSealed, type SigningKey } from "../../accounts/signing-keys.ts";
import { base32 } from "../../domain/ids.ts";
import { ACCESS_TOKEN_LIFE_S, SIGNING_KEYS_MAX } from "../../domain/people/limits.ts";
import type { Role, Scope } from "../../domain/people/roles.ts";
import type { PrincipalClass } from "../../domain/rate-limits.ts";
import { isWrappedWith, unwrap, wrap } from "../../domain/sealing.ts";
import { masterKeysOf, settingsOf } from "../../env.ts";
import { accountsViewOf, type PublishedKey } from "./accounts-view.ts";

/**
 * Tokens of this installation: ES256 (RFC 7518, section 3.4), for a quarter of an hour. Keys are in ACCOUNTS, the private half wrapped with
 * the deployment's master key; the first is made by whoever needs it first.
 */

const ALGORITHM = "ES256";
const KID_CHARS = 16;

const about = (kid: string) => `signing key ${kid}`;

/** A new pair, of which the private half is wrapped. */
export async function makeSigningKey(
	env: Env,
	now: number,
	signs_from: number,
): Promise<Omit<SigningKey, "accepted_until">> {
	const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
	const kid = base32(crypto.getRandomValues(new Uint8Array(KID_CHARS)), KID_CHARS);
	const shown = { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: "sig" };
	const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(privateKey)));
	const sealed = await wrap(masterKeysOf(env), secret, about(kid));
	return { kid, public_jwk: JSON.stringify(shown), sealed, created_at: now, signs_from };
}

/** Private keys that the isolate has unwrapped, by the row that says them. */
const unwrapped = new WeakMap<PublishedKey, Awaited<ReturnType<typeof importJWK>>>();

async function privateKeyOf(env: Env, key: PublishedKey) {
	const known = unwrapped.get(key);
	if (known) return known;
	const jwk: JWK = JSON.parse(new TextDecoder().decode(await unwrap(masterKeysOf(env), key.sealed, about(key.kid))));
	const imported = await importJWK(jwk, ALGORITHM);
	unwrapped.set(key, imported);
	return imported;
}

/** Wraps the private halves anew that are wrapped with another master key than the one that seals now. */
export async function rewrapSigningKeys(env: Env, now: number): Promise<void> {
	const masterKeys = masterKeysOf(env);
	const { results } = await acceptedKeys(env.ACCOUNTS, now, SIGNING_KEYS_MAX).all<SigningKey>();
	for (const { kid, sealed } of results) {
		if (isWrappedWith(masterKeys, sealed)) continue;
		const again = await wrap(masterKeys, await unwrap(masterKeys, sealed, about(kid)), about(kid));
		await replaceSealed(env.ACCOUNTS, kid, sealed, again);
	}
}

/** The key that signs now: of those that have begun, the latest. */
async function currentKey(env: Env, now: number, later: (work: Promise<unknown>) => void): Promise<PublishedKey> {
	const view = accountsViewOf(env);
	await view.refresh(now, later);
	const begun = () => view.keys().find(({ signs_from }) => signs_from <= now);
	const known = begun();
	if (known) return known;
	await addFirstSigningKey(env.ACCOUNTS, await makeSigningKey(env, now, now));
	await view.readNow(now);
	const first = begun();
	if (!first) throw new Error("a signing key that was made is not there");
	return first;
}

/** What a token says. */
export interface TokenClaims {
	subject: string;
	tenant: string;
	scopes: readonly Scope[];
	/** The session, the key or the guest's secret that it is given for. */
	origin: string;
	role: Role | null;
	rate_class: PrincipalClass;
	/** When the person signed in, milliseconds since the epoch; null for a machine. */
	signed_in_at: number | null;
}

export async function signToken(
	env: Env,
	claims: TokenClaims,
	now: number,
	later: (work: Promise<unknown>) => void,
): Promise<string> {
	const { tokenIssuer, tokenAudience } = settingsOf(env);
	const key = await currentKey(env, now, later);
	const { subject, tenant, scopes, origin, role, rate_class, signed_in_at } = claims;
	// Not in whole seconds: a token is told from one that was issued a moment before a revocation.
	const issued_s = now / 1_000;
	return new SignJWT({
		tenant,
		scope: scopes.join(" "),
		sid: origin,
		rate_class,
		...(role !== null && { role }),
		...(signed_in_at !== null && { auth_time: signed_in_at / 1_000 }),
	})
		.setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: "at+jwt" })
		.setSubject(subject)
		.setIssuer(tokenIssuer)
		.setAudience(tokenAudience)
		.setIssuedAt(issued_s)
		.setExpirationTime(issued_s + ACCESS_TOKEN_LIFE_S)
		.setJti(crypto.randomUUID())
		.sign(await privateKeyOf(env, key));
}
