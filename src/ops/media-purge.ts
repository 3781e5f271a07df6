import { heldAmong, movePurge, purgePosition, unheldAmong } from "../catalog/media/media.ts";
import { ASIDE_PREFIX, MEDIA_PREFIX, putAside, putBack } from "../catalog/media/media-objects.ts";
import { countDead } from "../catalog/replication/dead-letters.ts";
import { isMoreLagging, readLag } from "../catalog/replication/lagging.ts";
import { readRebuild } from "../catalog/replication/rebuilds.ts";
import {
	MEDIA_ASIDE_KEPT_MS,
	MEDIA_FRESH_MS,
	MEDIA_PURGE_MOVES_MAX,
	MEDIA_PURGE_PAGE_OBJECTS,
	MEDIA_PURGE_PAGES_MAX,
} from "../domain/media/limits.ts";
import { logLine, stopwatch } from "../log-line.ts";

interface Parts {
	CATALOG: D1Database;
	CONTENT: R2Bucket;
}

/** What a purge did. */
export interface MediaPurge {
	/** Nothing was done: the catalog is being rebuilt or is known not to have all of the logs, so it does not know who has what. */
	waits: boolean;
	aside: number;
	back: number;
	removed: number;
}

/**
 * Removes the bytes of images that nobody has, in two stages, so that an upload of the same bytes at the same time loses
 * nothing. First they are copied aside and removed from where they are read. A week later they are removed there if still
 * nobody has them, and put back otherwise: whoever uploaded them in the very moment of the first stage, and was told that they
 * are there, is in the catalog by then. A read in between puts them back too. A bounded number of objects in one call.
 */
export async function purgeMedia(env: Parts, now: number): Promise<MediaPurge> {
	const elapsed = stopwatch();
	const purge: MediaPurge = { waits: await isBehind(env.CATALOG), aside: 0, back: 0, removed: 0 };
	if (!purge.waits) {
		await walk(env, ASIDE_PREFIX, (objects) => removeAside(env, objects, now, purge));
		await walk(env, MEDIA_PREFIX, (objects) => putUnheldAside(env, objects, now, purge));
	}
	logLine("log", { at: "media-purge", ...purge, duration_ms: elapsed() });
	return purge;
}

async function isBehind(db: D1Database): Promise<boolean> {
	// A rebuild writes anew who let go of what before it writes who took it again.
	if (await readRebuild(db, "under way")) return true;
	const { shards_behind, shards_diverged } = await readLag(db);
	const isKnown = shards_behind + shards_diverged > 0 || (await isMoreLagging(db));
	return isKnown || (await countDead(db)).letters > 0;
}

/** Goes on under the prefix where the call before stopped, for a bounded number of pages; `work` says whether it may go on. */
async function walk(env: Parts, prefix: string, work: (page: R2Object[]) => Promise<boolean>): Promise<void> {
	let startAfter = await purgePosition(env.CATALOG, prefix);
	for (let pages = 0; pages < MEDIA_PURGE_PAGES_MAX; pages++) {
		const { objects, truncated } = await env.CONTENT.list({
			prefix,
			limit: MEDIA_PURGE_PAGE_OBJECTS,
			include: ["customMetadata"],
			...(startAfter !== "" && { startAfter }),
		});
		const goesOn = await work(objects);
		// A page that was not done whole is looked at again.
		if (!goesOn) break;
		startAfter = truncated ? (objects.at(-1)?.key ?? "") : "";
		if (!truncated) break;
	}
	await movePurge(env.CATALOG, prefix, startAfter);
}

const olderThan = (objects: readonly R2Object[], age_ms: number, now: number) =>
	objects.filter(({ uploaded }) => uploaded.getTime() + age_ms <= now);

async function removeAside(env: Parts, page: R2Object[], now: number, purge: MediaPurge): Promise<boolean> {
	const over = olderThan(page, MEDIA_ASIDE_KEPT_MS, now);
	const hashes = over.map(({ key }) => key.slice(ASIDE_PREFIX.length));
	const held = await heldAmong(env.CATALOG, hashes);
	for (const hash of held) await putBack(env.CONTENT, hash);
	if (over.length > 0) await env.CONTENT.delete(over.map(({ key }) => key));
	purge.back += held.size;
	purge.removed += over.length - held.size;
	return true;
}

async function putUnheldAside(env: Parts, page: R2Object[], now: number, purge: MediaPurge): Promise<boolean> {
	const objects = olderThan(page, MEDIA_FRESH_MS, now).map(({ key, customMetadata }) => ({
		hash: key.slice(MEDIA_PREFIX.length),
		user: customMetadata?.user ?? "",
	}));
	for (const hash of await unheldAmong(env.CATALOG, objects)) {
		if (purge.aside >= MEDIA_PURGE_MOVES_MAX) return false;
		await putAside(env.CONTENT, hash);
		purge.aside++;
	}
	return true;
}
