import { LRUCache } from "lru-cache";
import { PRINCIPAL_CACHE_ENTRIES_MAX } from "../../domain/limits.ts";
import { isLikeApiKey } from "../../domain/people/api-keys.ts";
import { accountsViewOf, hearOfChanges } from "./accounts-view.ts";
import { verifyApiKey } from "./keys-in-use.ts";
import { verifyToken } from "./tokens.ts";
import type { Verification, Verified } from "./verified.ts";

/** Credentials that were verified before, until they expire. A key is remembered by its id alone: keys-in-use.ts. */
const seen = new WeakMap<object, LRUCache<string, Verified>>();

function seenBy(env: Env): LRUCache<string, Verified> {
	let cache = seen.get(env);
	if (!cache) {
		cache = new LRUCache<string, Verified>({ max: PRINCIPAL_CACHE_ENTRIES_MAX });
		seen.set(env, cache);
	}
	return cache;
}

/**
 * The principal of a credential that was verified before, has not expired and was not revoked since, as far as the isolate knows; null
 * where it must be verified.
 * @param now milliseconds since the epoch
 * @param later lets work go on after the answer
 */
export async function rememberedCredential(
	env: Env,
	credential: string,
	now: number,
	later: (work: Promise<unknown>) => void,
): Promise<Verified | null> {
	const known = seenBy(env).get(credential);
	if (!known || known.good_until <= now) return null;
	const view = accountsViewOf(env);
	// Every credential is subject to changes of its user's row, also one that another issuer has signed.
	await view.refresh(now, later);
	const { subject, tenant, origin, issued_at } = known;
	return issued_at !== null && view.isRevoked([subject, tenant, origin], issued_at) ? null : known;
}

/** Verifies a token or an API key. @throws where ACCOUNTS is needed and does not answer */
export async function verifyCredential(
	env: Env,
	credential: string,
	now: number,
	later: (work: Promise<unknown>) => void,
): Promise<Verification> {
	if (isLikeApiKey(credential)) return verifyApiKey(env, credential, now, later);
	// Also before one of another issuer, of which this may be the only use.
	await hearOfChanges(env, now, later);
	const result = await verifyToken(env, credential, now, later);
	if (result.ok) seenBy(env).set(credential, result.verified);
	return result;
}
