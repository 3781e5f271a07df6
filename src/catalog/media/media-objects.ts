import { LRUCache } from "lru-cache";
import { MEDIA_UNHELD_ENTRIES_MAX, MEDIA_UNHELD_LIFE_MS } from "../../domain/media/limits.ts";
import type { Image } from "../../domain/media/media.ts";
import { heldAmong } from "./media.ts";

/** The bytes of images in R2, under their SHA-256. */

export const MEDIA_PREFIX = "media/";
/** Where the purge keeps bytes for a while that nobody has. */
export const ASIDE_PREFIX = "media-aside/";

const IF_ABSENT = { etagDoesNotMatch: "*" };

/** Puts the bytes where readMedia() finds them, unless they are there. R2 refuses bytes that do not have this hash. */
export async function putMedia(bucket: R2Bucket, { media, type }: Image, bytes: Uint8Array, user: string) {
	const metadata = { httpMetadata: { contentType: type }, customMetadata: { user } };
	await bucket.put(MEDIA_PREFIX + media, bytes, { sha256: media, onlyIf: IF_ABSENT, ...metadata });
}

/** Hashes that nobody had when the catalog was asked. Bytes that somebody uploads now are where they are read, and not aside. */
const unheld = new LRUCache<string, true>({ max: MEDIA_UNHELD_ENTRIES_MAX, ttl: MEDIA_UNHELD_LIFE_MS });

async function isHeld(db: D1Database, hash: string): Promise<boolean> {
	if (unheld.has(hash)) return false;
	if ((await heldAmong(db, [hash])).has(hash)) return true;
	unheld.set(hash, true);
	return false;
}

/**
 * Reads an image, or what is known of it; null if there is none. What the purge put aside although somebody has it is put
 * back. Of a hash that nobody has, which anybody can make up, the bucket is read once: whether to look aside the catalog knows.
 * @param read reads what is at a key of the bucket
 */
export async function readMedia<T>(
	bucket: R2Bucket,
	db: D1Database,
	hash: string,
	read: (key: string) => Promise<T | null>,
): Promise<T | null> {
	const object = await read(MEDIA_PREFIX + hash);
	if (object) return object;
	if (!(await isHeld(db, hash))) return null;
	await putBack(bucket, hash);
	return read(MEDIA_PREFIX + hash);
}

/** Copies the bytes aside, then removes them from where they are read. */
export async function putAside(bucket: R2Bucket, hash: string): Promise<void> {
	await copy(bucket, hash, MEDIA_PREFIX, ASIDE_PREFIX);
	await bucket.delete(MEDIA_PREFIX + hash);
}

/** Takes the name of this user off an image that others have too. */
export async function forgetUploader(bucket: R2Bucket, hash: string, user: string): Promise<void> {
	const object = await bucket.get(MEDIA_PREFIX + hash);
	if (object?.customMetadata?.user !== user) return;
	const { httpMetadata } = object;
	const metadata = httpMetadata && { httpMetadata };
	await bucket.put(MEDIA_PREFIX + hash, await object.arrayBuffer(), { sha256: hash, ...metadata });
}

/** Copies the bytes to where they are read; those aside stay until the purge removes them. */
export async function putBack(bucket: R2Bucket, hash: string): Promise<void> {
	await copy(bucket, hash, ASIDE_PREFIX, MEDIA_PREFIX, IF_ABSENT);
}

/** Images are small enough to be held: a stream that breaks would leave no object. */
async function copy(bucket: R2Bucket, hash: string, from: string, to: string, onlyIf?: R2Conditional): Promise<void> {
	const object = await bucket.get(from + hash);
	if (!object) return;
	const { httpMetadata, customMetadata } = object;
	const metadata = { ...(httpMetadata && { httpMetadata }), ...(customMetadata && { customMetadata }) };
	await bucket.put(to + hash, await object.arrayBuffer(), { sha256: hash, ...metadata, ...(onlyIf && { onlyIf }) });
}
