import { LRUCache } from "lru-cache";
import { type KeyInUse, noteKeyUse, readKeyInUse } from "../../accounts/api-keys.ts";
import { isYounger } from "../../domain/freshness.ts";
import { idOfApiKey, isSecretOf } from "../../domain/people/api-keys.ts";
import { API_KEY_AGE_MS_MAX, API_KEY_USE_NOTED_MS, API_KEYS_REMEMBERED_MAX } from "../../domain/people/limits.ts";
import { logLine, reason } from "../../log-line.ts";
import { hearOfChanges, onChange } from "./accounts-view.ts";
import { EXPIRED, INVALID, type Verification } from "./verified.ts";

/**
 * API keys that are used as credentials themselves. An isolate goes by what it read of a key for less than a minute, so a key costs it at
 * most one read in that time, and one that is revoked is refused everywhere within it. What is no key by its check costs no read.
 */
const remembered = new LRUCache<string, { key: KeyInUse; read_at: number }>({ max: API_KEYS_REMEMBERED_MAX });

onChange((subject) => {
	if (subject === null) remembered.clear();
	else remembered.delete(subject);
});

/**
 * @param now milliseconds since the epoch
 * @param later lets work go on after the answer
 * @param options.anew whatever is remembered, the key is read: for what outlives it
 * @throws where ACCOUNTS does not answer and nothing is remembered
 */
export async function verifyApiKey(
	env: Pick<Env, "ACCOUNTS">,
	credential: string,
	now: number,
	later: (work: Promise<unknown>) => void,
	{ anew = false } = {},
): Promise<Verification> {
	const { ACCOUNTS } = env;
	const id = idOfApiKey(credential);
	const key = id === null ? null : await keyOf(env, id, now, later, anew);
	if (!key || !isSecretOf(credential, key.hash)) return INVALID;
	if (key.revoked_at !== null || key.service_disabled_at !== null || key.tenant_deleted_at !== null) return INVALID;
	if (key.expires_at !== null && key.expires_at <= now) return EXPIRED;
	noteUse(ACCOUNTS, key, now, later);
	const { tenant_id: tenant, service_id: subject, scopes, rate_class } = key;
	const until = Math.min(now + API_KEY_AGE_MS_MAX, key.expires_at ?? Number.POSITIVE_INFINITY);
	return {
		ok: true,
		verified: {
			tenant,
			subject,
			actor: subject,
			scopes: new Set(scopes.split(" ")),
			is_guest: false,
			rate_class,
			is_vouched_for: true,
			origin: key.id,
			signed_in_at: null,
			good_until: until,
			issued_at: null,
			newcomer: null,
		},
	};
}

/** An isolate that sees keys alone hears of changes, as of users on whose behalf they act, as often as it reads one anew. */
async function keyOf(
	env: Pick<Env, "ACCOUNTS">,
	id: string,
	now: number,
	later: (work: Promise<unknown>) => void,
	anew: boolean,
): Promise<KeyInUse | null> {
	const known = remembered.get(id);
	if (!anew && known && isYounger(known.read_at, API_KEY_AGE_MS_MAX, now)) return known.key;
	await hearOfChanges(env, now, later);
	const key = await readKeyInUse(env.ACCOUNTS, id);
	if (key) remembered.set(id, { key, read_at: now });
	return key;
}

function noteUse(db: D1Database, key: KeyInUse, now: number, later: (work: Promise<unknown>) => void): void {
	if (key.last_used_at !== null && isYounger(key.last_used_at, API_KEY_USE_NOTED_MS, now)) return;
	key.last_used_at = now;
	const noted = noteKeyUse(db, key.id, now, API_KEY_USE_NOTED_MS);
	later(noted.catch((error) => logLine("warn", { at: "accounts", error: reason(error) })));
}
