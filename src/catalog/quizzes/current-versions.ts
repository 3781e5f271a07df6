import { LRUCache } from "lru-cache";
import { z } from "zod";
import {
	CATALOG_REST_MS,
	CONTENT_READ_CACHE_S,
	CURRENT_VERSION_STALE_MS_MAX,
	CURRENT_VERSION_WAIT_MS,
	KV_WRITE_INTERVAL_MS,
	PUBLISHED_CACHE_ENTRIES_MAX,
	PUBLISHED_CACHE_LIFE_MS,
} from "../../domain/quizzes/limits.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { Audiences } from "./quizzes.ts";

/** Which version of a published quiz is the current one: what an attempt at it must know. */
export interface CurrentVersion {
	id: string;
	/** Content hash. */
	version: string;
	version_number: number;
	/** Whose it is, and when it was published first; absent where an older release put it near the reader. */
	owner?: string | undefined;
	published_at?: number | undefined;
}

type Row = CurrentVersion & { audience: string };

/** Where it is known: in the catalog, and near the reader for when that does not answer. */
export interface Sources {
	CATALOG: D1Database;
	CONTENT_CACHE: KVNamespace;
}

/** What the isolate read a moment ago, so that a class that submits at once is not as many reads of one row. */
const recent = new LRUCache<string, { row: Row; read_at: number }>({ max: PUBLISHED_CACHE_ENTRIES_MAX });

/** When a read of the catalog last failed or took too long. */
let failed_at = Number.NEGATIVE_INFINITY;

const QUERY = `SELECT id, version, version_number, owner, published_at, audience FROM quizzes
	WHERE id = ? AND audience IS NOT NULL`;

/**
 * The current version of a quiz that these audiences see, as it was at most PUBLISHED_CACHE_LIFE_MS ago or at the bookmark; null
 * if there is none. What a replica does not know yet is asked of the primary. While the catalog does not answer, it is what this
 * isolate knew last, at most CURRENT_VERSION_STALE_MS_MAX old, or else what was put near the reader at the publication.
 * @throws what the catalog's failure was, if nothing else knows of a version for these audiences, or a bookmark is asked for
 */
export async function readCurrentVersion(
	sources: Sources,
	id: string,
	audiences: Audiences,
	{ bookmark, now }: { bookmark: string | null; now: number },
): Promise<CurrentVersion | null> {
	if (bookmark !== null) return shownTo(audiences, await fromCatalog(sources.CATALOG, id, bookmark, now));
	const known = recent.get(id);
	// Nobody is refused out of memory: the quiz may just have been opened to more.
	const remembered = known && shownTo(audiences, known.row);
	const age_ms = known ? Math.abs(now - known.read_at) : Number.POSITIVE_INFINITY;
	if (remembered && age_ms < PUBLISHED_CACHE_LIFE_MS) return remembered;
	const spare = async () =>
		remembered && age_ms < CURRENT_VERSION_STALE_MS_MAX
			? remembered
			: shownTo(audiences, await nearby(sources.CONTENT_CACHE, id));
	const read = async () => shownTo(audiences, await fromCatalog(sources.CATALOG, id, null, now));
	return inTime(read, spare, now);
}

const shownTo = <R extends Row>(audiences: Audiences, row: R | null): R | null =>
	row && audiences.includes(row.audience) ? row : null;

async function fromCatalog(db: D1Database, id: string, bookmark: string | null, now: number): Promise<Row | null> {
	const at = (constraint: string) => db.withSession(constraint).prepare(QUERY).bind(id).first<Row>();
	const row = (await at(bookmark ?? "first-unconstrained")) ?? (await at("first-primary"));
	if (row) recent.set(id, { row, read_at: now });
	else recent.delete(id);
	return row;
}

/**
 * What `read` gives; but what `spare` has, if it has anything, where `read` fails, takes longer than CURRENT_VERSION_WAIT_MS, or did
 * so within the last CATALOG_REST_MS.
 */
async function inTime<R>(
	read: () => Promise<R | null>,
	spare: () => Promise<R | null>,
	now: number,
): Promise<R | null> {
	const rests = Math.abs(now - failed_at) < CATALOG_REST_MS;
	const early = rests ? await spare() : null;
	if (early) return early;
	const reading = read();
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<typeof LATE>((resolve) => {
		timer = setTimeout(() => resolve(LATE), CURRENT_VERSION_WAIT_MS);
	});
	try {
		const first = await Promise.race([reading, late]);
		if (first !== LATE) {
			failed_at = Number.NEGATIVE_INFINITY;
			return first;
		}
		failed_at = now;
		unavailable(`no answer in ${CURRENT_VERSION_WAIT_MS} ms`);
		// It may come yet, or fail when nobody waits any more.
		reading.catch(() => undefined);
		return (await spare()) ?? (await reading);
	} catch (error) {
		failed_at = now;
		const found = await spare();
		if (!found) throw error;
		unavailable(error);
		return found;
	} finally {
		clearTimeout(timer);
	}
}

const LATE = Symbol("late");

const nearbySchema = z.object({
	version: z.string(),
	version_number: z.int(),
	audience: z.string(),
	owner: z.string().optional(),
	published_at: z.int().optional(),
});
const keyOf = (id: string) => `current/${id}`;

/** What the key-value store has of the quiz; null if that is nothing that can be read. */
async function nearby(store: KVNamespace, id: string): Promise<Row | null> {
	try {
		const kept = await store.get(keyOf(id), { type: "json", cacheTtl: CONTENT_READ_CACHE_S });
		const row = nearbySchema.safeParse(kept);
		return row.success ? { id, ...row.data } : null;
	} catch (error) {
		unavailable(error);
		return null;
	}
}

const unavailable = (error: unknown) => logLine("warn", { at: "current version", error: reason(error) });

/** The write of each quiz that began last here, by a token of its own: one that is tried again must not undo a later one. */
const lastWrites = new LRUCache<string, symbol>({ max: PUBLISHED_CACHE_ENTRIES_MAX });

/** Removes what is near the readers of a quiz that is gone for ever. */
export async function forgetCurrentVersion(store: KVNamespace, id: string): Promise<void> {
	recent.delete(id);
	lastWrites.set(id, Symbol(id));
	await store.delete(keyOf(id));
}

/**
 * Puts near the readers which version of a quiz is the current one now; null if none is. The store takes one write a second and key: one
 * that is refused is tried again after that, since what stays there would be read while the catalog does not answer.
 * @param later has what is tried again go on after the answer
 */
export async function keepCurrentVersion(
	store: KVNamespace,
	id: string,
	row: Omit<Row, "id"> | null,
	later: (work: Promise<void>) => void,
): Promise<void> {
	if (!row) recent.delete(id);
	const own = Symbol(id);
	lastWrites.set(id, own);
	const write = () => (row ? store.put(keyOf(id), JSON.stringify(row)) : store.delete(keyOf(id)));
	try {
		await write();
	} catch (error) {
		unavailable(error);
		const again = async () => {
			await new Promise((resolve) => setTimeout(resolve, KV_WRITE_INTERVAL_MS));
			if ((lastWrites.get(id) ?? own) === own) await write();
		};
		later(again().catch((second) => logLine("error", { at: "current version", id: word(id), error: reason(second) })));
	}
}
