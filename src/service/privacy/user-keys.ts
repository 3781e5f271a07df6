import { LRUCache } from "lru-cache";
import { USER_KEY_LIFE_MS, USER_KEYS_ENTRIES_MAX } from "../../domain/privacy/limits.ts";
import { type UserKey, userKeyOf } from "../../domain/privacy/private-texts.ts";
import { isWrappedWith, type MasterKeys, SEALING_KEY_BYTES, unwrap, wrap } from "../../domain/sealing.ts";
import { masterKeysOf } from "../../env.ts";

/**
 * The key of each user, in R2, wrapped by the deployment's master keys: one small object in each of two buckets, and nowhere else, so that
 * with these two goes all that it has sealed, in any backup too. Who is erased has an object that says so, and gets no key any more.
 */

type Buckets = Pick<Env, "KEYS" | "KEYS_COPY">;

/** What the buckets hold under their prefix and the user's id. */
export const KEY_PREFIX = "keys/";
export const ERASED_PREFIX = "erased/";

const IF_ABSENT = { etagDoesNotMatch: "*" };

/** What this isolate used last, for a short time: what is erased must not open for long, wherever. */
const known = new LRUCache<string, UserKey>({ max: USER_KEYS_ENTRIES_MAX, ttl: USER_KEY_LIFE_MS });

const aboutKey = (user: string) => `marksheet user key 1 ${user}`;

/** The user's key, made at the first use; null where the user is erased. */
export async function userKey(env: Env, user: string): Promise<UserKey | null> {
	const remembered = known.get(user);
	if (remembered) return remembered;
	const masterKeys = masterKeysOf(env);
	const stored = await textAt(env.KEYS, KEY_PREFIX + user);
	const wrapped = stored ?? (await newKey(env, masterKeys, user));
	if (wrapped === null) return null;
	const key = await userKeyOf(user, await unwrap(masterKeys, wrapped, aboutKey(user)));
	known.set(user, key);
	return key;
}

/** The key of a user who has something sealed with it. @throws if there is none */
export async function requiredKey(env: Env, user: string): Promise<UserKey> {
	const key = await userKey(env, user);
	if (!key) throw new Error("what was sealed for a user has no key any more");
	return key;
}

/**
 * Makes the key, or finds the one that another isolate has just made: the copy decides between two, since it is written first, so a key that
 * can be used has its copy. Whoever was erased meanwhile is asked for after that, because an erasure first says so and then removes keys.
 */
async function newKey(env: Env, masterKeys: MasterKeys, user: string): Promise<string | null> {
	if (await isErased(env, user)) return null;
	const secret = crypto.getRandomValues(new Uint8Array(SEALING_KEY_BYTES));
	const mine = await wrap(masterKeys, secret, aboutKey(user));
	const copied = await agreed(env.KEYS_COPY, user, mine);
	const wrapped = copied && (await agreed(env.KEYS, user, copied));
	if (wrapped !== null && !(await isErased(env, user))) return wrapped;
	await removeKey(env, user);
	return null;
}

/** The key that lies in the bucket from now on, the given one if none did; null where it is being removed. */
async function agreed(bucket: R2Bucket, user: string, wrapped: string): Promise<string | null> {
	const isPut = await bucket.put(KEY_PREFIX + user, wrapped, { onlyIf: IF_ABSENT });
	return isPut ? wrapped : textAt(bucket, KEY_PREFIX + user);
}

async function textAt(bucket: R2Bucket, name: string): Promise<string | null> {
	const object = await bucket.get(name);
	return object ? object.text() : null;
}

export async function isErased({ KEYS, KEYS_COPY }: Buckets, user: string): Promise<boolean> {
	const said = await Promise.all([KEYS, KEYS_COPY].map((bucket) => bucket.head(ERASED_PREFIX + user)));
	return said.some((object) => object !== null);
}

/** Says in both buckets that the user is erased, for ever, and removes the key from both. Again, it changes nothing. */
export async function eraseKey(env: Buckets, user: string): Promise<void> {
	for (const bucket of [env.KEYS_COPY, env.KEYS]) await bucket.put(ERASED_PREFIX + user, "", { onlyIf: IF_ABSENT });
	await removeKey(env, user);
}

/** The copy goes last: a key that is missing is looked for there. */
async function removeKey({ KEYS, KEYS_COPY }: Buckets, user: string): Promise<void> {
	for (const bucket of [KEYS, KEYS_COPY]) await bucket.delete(KEY_PREFIX + user);
	known.delete(user);
}

/** What a step of a rotation came to. */
export interface Rewrapping {
	keys: number;
	/** Of them, those that were wrapped with another master key. */
	rewrapped: number;
	/** The user to go on after; null at the end. */
	next: string | null;
}

/**
 * Wraps the keys of the next users with the master key that seals now, in both buckets, and copies those that have no copy. It can stop
 * anywhere and begin again; what another has changed or removed meanwhile is left alone.
 */
export async function rewrapKeys(env: Env, after: string | null, limit: number): Promise<Rewrapping> {
	const startAfter = after === null ? {} : { startAfter: KEY_PREFIX + after };
	const { objects, truncated } = await env.KEYS.list({ prefix: KEY_PREFIX, limit, ...startAfter });
	const users = objects.map(({ key }) => key.slice(KEY_PREFIX.length));
	const changes = await Promise.all(users.map((user) => rewrapKey(env, user)));
	const next = truncated ? (users.at(-1) ?? null) : null;
	return { keys: users.length, rewrapped: changes.filter(Boolean).length, next };
}

/** @returns whether anything had to be done */
async function rewrapKey(env: Env, user: string): Promise<boolean> {
	const changed = [
		await rewrapIn(env, env.KEYS, user),
		await rewrapIn(env, env.KEYS_COPY, user),
		await addCopy(env, user),
	];
	return changed.includes(true);
}

async function rewrapIn(env: Env, bucket: R2Bucket, user: string): Promise<boolean> {
	const masterKeys = masterKeysOf(env);
	const object = await bucket.get(KEY_PREFIX + user);
	const wrapped = await object?.text();
	if (!object || wrapped === undefined || isWrappedWith(masterKeys, wrapped)) return false;
	const again = await wrap(masterKeys, await unwrap(masterKeys, wrapped, aboutKey(user)), aboutKey(user));
	return (await bucket.put(KEY_PREFIX + user, again, { onlyIf: { etagMatches: object.etag } })) !== null;
}

async function addCopy(env: Env, user: string): Promise<boolean> {
	if ((await env.KEYS_COPY.head(KEY_PREFIX + user)) !== null) return false;
	const wrapped = await textAt(env.KEYS, KEY_PREFIX + user);
	if (wrapped === null) return false;
	const isPut = await env.KEYS_COPY.put(KEY_PREFIX + user, wrapped, { onlyIf: IF_ABSENT });
	if (isPut && (await isErased(env, user))) await removeKey(env, user);
	return isPut !== null;
}

/** For tests of what another isolate would do. */
export const forgetUserKeys = (): void => known.clear();
