import { MEDIA_DROPPED_AT_ONCE_MAX, MEDIA_UNUSED_KEPT_MS } from "../../domain/media/limits.ts";
import { droppedAt, type Image } from "../../domain/media/media.ts";
import type { Identity, Log } from "../engine/log.ts";
import type { Sql } from "../engine/sql.ts";

/** A medium of this user. */
export interface Medium extends Image {
	added_at: number;
}

/** The same with how many drafts and versions name it. */
export interface UsedMedium extends Medium {
	uses: number;
	/** Null while there are uses. */
	unused_since: number | null;
}

type MediumRow = Omit<UsedMedium, "uses"> & { seq: number };

/** The columns of a medium; `media` is its hash, as in the log. */
export const MEDIUM_COLUMNS = "seq, hash AS media, type, bytes, width, height, added_at, unused_since";
const IS_USED = "EXISTS (SELECT 1 FROM media_uses WHERE media_uses.media = media.hash)";

/** The SQL of media, and of what names them. */
export class Media {
	readonly #sql: Sql;
	readonly #log: Log;
	/** When the clock alone drops something next; undefined where it must be looked up anew. A cache. */
	#nextDueAt: number | null | undefined;

	constructor(sql: Sql, log: Log) {
		this.#sql = sql;
		this.#log = log;
	}

	get(hash: string): (Medium & { unused_since: number | null }) | null {
		const row = this.#sql.one<MediumRow>(`SELECT ${MEDIUM_COLUMNS} FROM media WHERE hash = ?`, hash);
		return row && mediumOf(row);
	}

	totals(): { items: number; bytes: number } {
		return this.#sql.one("SELECT items, bytes FROM media_totals") ?? { items: 0, bytes: 0 };
	}

	uses(hash: string): number {
		return this.#sql.one<{ n: number }>("SELECT count(*) AS n FROM media_uses WHERE media = ?", hash)?.n ?? 0;
	}

	/** Newest first, those before row `before`. */
	list(before: number, limit: number): { seq: number; medium: UsedMedium }[] {
		const query = `SELECT ${MEDIUM_COLUMNS} FROM media WHERE seq < ? ORDER BY seq DESC LIMIT ?`;
		return this.#sql
			.all<MediumRow>(query, before, limit)
			.map((row) => ({ seq: row.seq, medium: { ...mediumOf(row), uses: this.uses(row.media) } }));
	}

	insert(seq: number, at: number, { media, type, bytes, width, height }: Image): void {
		this.#sql.run(
			`INSERT INTO media (seq, hash, type, bytes, width, height, added_at, unused_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			seq,
			media,
			type,
			bytes,
			width,
			height,
			at,
			at,
		);
		this.#count(1, bytes);
		this.#nextDueAt = undefined;
	}

	remove({ media, bytes }: Pick<Image, "media" | "bytes">): void {
		this.#sql.run("DELETE FROM media WHERE hash = ?", media);
		this.#count(-1, -bytes);
		this.#nextDueAt = undefined;
	}

	#count(items: number, bytes: number): void {
		const { items: n, bytes: sum } = this.totals();
		const query = "INSERT OR REPLACE INTO media_totals (one, items, bytes) VALUES (1, ?, ?)";
		this.#sql.run(query, n + items, sum + bytes);
	}

	/** Those of the hashes that this user has. */
	known(hashes: readonly string[]): Set<string> {
		if (hashes.length === 0) return new Set();
		const query = `SELECT hash FROM json_each(?) AS item CROSS JOIN media ON media.hash = item.value`;
		return new Set(this.#sql.all<{ hash: string }>(query, JSON.stringify(hashes)).map(({ hash }) => hash));
	}

	/**
	 * Writes down what a draft (version 0) or a version names, instead of what it named before.
	 * @param quiz its row
	 * @returns media that were unused until now, and those that nothing names any more
	 */
	setUses(quiz: number, version: number, hashes: readonly string[]): { used: string[]; unused: string[] } {
		const before = this.#sql
			.all<{ media: string }>("SELECT media FROM media_uses WHERE quiz = ? AND version = ?", quiz, version)
			.map(({ media }) => media);
		const now = new Set(hashes);
		const gone = before.filter((media) => !now.has(media));
		const added = [...now].filter((media) => !before.includes(media));
		for (const media of gone) {
			this.#sql.run("DELETE FROM media_uses WHERE quiz = ? AND version = ? AND media = ?", quiz, version, media);
		}
		for (const media of added) {
			this.#sql.run("INSERT INTO media_uses (quiz, version, media) VALUES (?, ?, ?)", quiz, version, media);
		}
		return {
			used: added.filter((media) => this.get(media)?.unused_since != null),
			unused: gone.filter((media) => this.uses(media) === 0),
		};
	}

	/** Forgets what a quiz that is gone named; gives those that nothing names any more. */
	removeUses(quiz: number): string[] {
		const query = "SELECT DISTINCT media FROM media_uses WHERE quiz = ?";
		const gone = this.#sql.all<{ media: string }>(query, quiz).map(({ media }) => media);
		this.#sql.run("DELETE FROM media_uses WHERE quiz = ?", quiz);
		return gone.filter((media) => this.uses(media) === 0);
	}

	/** @param since null: something names it */
	setUnused(hashes: readonly string[], since: number | null): void {
		for (const hash of hashes) this.#sql.run("UPDATE media SET unused_since = ? WHERE hash = ?", since, hash);
		this.#nextDueAt = undefined;
	}

	nextDueAt(): number | null {
		if (this.#nextDueAt === undefined) {
			const [next] = this.#unusedSince(Number.MAX_SAFE_INTEGER, 1);
			this.#nextDueAt = next?.unused_since == null ? null : droppedAt(next.unused_since);
		}
		return this.#nextDueAt;
	}

	/** Must be called after a transaction was undone. */
	forgetCache(): void {
		this.#nextDueAt = undefined;
	}

	/** Drops what has been unused for its time, in due order, a bounded number at once. */
	advance(user: string, tenant: string, now: number): void {
		const dueAt = this.nextDueAt();
		if (dueAt === null || dueAt > now) return;
		const system: Identity = { user, tenant, actor: "system" };
		for (const row of this.#unusedSince(now - MEDIA_UNUSED_KEPT_MS, MEDIA_DROPPED_AT_ONCE_MAX)) {
			const at = this.#log.clock(droppedAt(row.unused_since ?? now));
			this.#log.append(system, at, "media.removed", row.media, { media: row.media, reason: "unused" });
			this.remove(row);
		}
	}

	/** What nothing names since `since` or before, longest first. */
	#unusedSince(since: number, limit: number): MediumRow[] {
		const query = `SELECT ${MEDIUM_COLUMNS} FROM media INDEXED BY media_by_unused
			WHERE unused_since <= ? AND NOT ${IS_USED} ORDER BY unused_since LIMIT ?`;
		return this.#sql.all<MediumRow>(query, since, limit);
	}
}

function mediumOf({ seq: _, ...medium }: MediumRow): Omit<MediumRow, "seq"> {
	return medium;
}
