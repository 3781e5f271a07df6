import { LRUCache } from "lru-cache";
import { PUBLISHED_CACHE_ENTRIES_MAX, PUBLISHED_CACHE_LIFE_MS } from "../domain/limits.ts";
import type { Audiences } from "./quizzes.ts";

/** Which version of a published quiz is the current one: what an attempt at it must know. */
export interface CurrentVersion {
	id: string;
	/** Content hash. */
	version: string;
	version_number: number;
}

type Row = CurrentVersion & { audience: string };

/** What the isolate read a moment ago, so that a class that submits at once is not as many reads of one row. */
const recent = new LRUCache<string, { row: Row; read_at: number }>({ max: PUBLISHED_CACHE_ENTRIES_MAX });

const QUERY = "SELECT id, version, version_number, audience FROM quizzes WHERE id = ? AND audience IS NOT NULL";

/**
 * The current version of a quiz that these audiences see, as it was at most PUBLISHED_CACHE_LIFE_MS ago or at the bookmark; null
 * if there is none. What a replica does not know yet is asked of the primary.
 */
export async function readCurrentVersion(
	db: D1Database,
	id: string,
	audiences: Audiences,
	{ bookmark, now }: { bookmark: string | null; now: number },
): Promise<CurrentVersion | null> {
	const known = bookmark === null ? recent.get(id) : undefined;
	// Nobody is refused out of memory: the quiz may just have been opened to more.
	const isShown = known !== undefined && audiences.includes(known.row.audience);
	const isRecent = isShown && Math.abs(now - known.read_at) < PUBLISHED_CACHE_LIFE_MS;
	const row = isRecent ? known.row : await read(db, id, bookmark);
	if (!row || !audiences.includes(row.audience)) return null;
	if (!isRecent) recent.set(id, { row, read_at: now });
	return row;
}

async function read(db: D1Database, id: string, bookmark: string | null): Promise<Row | null> {
	const at = (constraint: string) => db.withSession(constraint).prepare(QUERY).bind(id).first<Row>();
	return (await at(bookmark ?? "first-unconstrained")) ?? at("first-primary");
}
