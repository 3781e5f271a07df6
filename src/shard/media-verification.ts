import type { LogEvent } from "../domain/events.ts";
import type { Image } from "../domain/media.ts";
import { mediaIn } from "../domain/media.ts";
import type { MediaKind } from "../domain/media-events.ts";
import type { QuizContent } from "../domain/quiz.ts";
import { unreachable } from "../domain/unreachable.ts";
import { Difference, same, sameColumns, sameJson } from "./difference.ts";
import { MEDIUM_COLUMNS } from "./media.ts";
import type { Sql } from "./sql.ts";

interface MediumRecord extends Image {
	seq: number;
	added_at: number;
	unused_since: number | null;
}

/** The media that the log gives. */
export class MediaReplay {
	readonly known = new Map<string, MediumRecord>();

	row({ kind, body, seq, at }: LogEvent<MediaKind>): void {
		switch (kind) {
			case "media.added":
				this.known.set(body.media, { ...body, seq, added_at: at, unused_since: at });
				break;
			case "media.used":
				this.#use(body.media, null);
				break;
			case "media.unused":
				this.#use(body.media, at);
				break;
			case "media.removed":
				this.known.delete(body.media);
				break;
			default:
				unreachable(kind);
		}
	}

	#use(media: readonly string[], unused_since: number | null): void {
		for (const hash of media) Object.assign(this.known.get(hash) ?? {}, { unused_since });
	}
}

/**
 * Media against the log, and their uses against the contents of drafts and versions, which have been compared before.
 * @throws Difference
 */
export function compareMedia({ sql }: { sql: Sql }, { known }: MediaReplay): void {
	let bytes = 0;
	let rows = 0;
	for (const row of sql.each<MediumRecord>(`SELECT ${MEDIUM_COLUMNS} FROM media ORDER BY seq`)) {
		sameColumns("media", row.media, row, known.get(row.media));
		bytes += row.bytes;
		rows++;
	}
	same("media", "all", "number of rows", rows, known.size);
	const used = compareUses(sql);
	for (const { media, unused_since } of known.values()) {
		same("media_uses", media, "whether something names it", used.has(media), unused_since === null);
	}
	const totals = sql.one<{ items: number; bytes: number }>("SELECT items, bytes FROM media_totals");
	sameJson("media_totals", 1, totals ?? { items: 0, bytes: 0 }, { items: rows, bytes });
}

interface Contents {
	quiz: number;
	version: number;
	content: string;
}

const DRAFTS = "SELECT seq AS quiz, 0 AS version, draft AS content FROM quizzes ORDER BY seq";
const VERSIONS = "SELECT quiz, number AS version, content FROM quiz_versions ORDER BY quiz, number";

/** @returns the media that something names */
function compareUses(sql: Sql): Set<string> {
	const expected = new Set<string>();
	const used = new Set<string>();
	for (const query of [DRAFTS, VERSIONS]) {
		for (const { quiz, version, content } of sql.each<Contents>(query)) {
			// The text has the hash that the log has of it, so it is the content that was checked when it was saved.
			for (const { media } of mediaIn(JSON.parse(content) as QuizContent)) {
				expected.add(`${quiz} ${version} ${media}`);
				used.add(media);
			}
		}
	}
	let rows = 0;
	for (const { quiz, version, media } of sql.each<{ quiz: number; version: number; media: string }>(
		"SELECT quiz, version, media FROM media_uses ORDER BY quiz, version, media",
	)) {
		const key = `${quiz} ${version} ${media}`;
		if (!expected.has(key)) throw new Difference("media_uses", media, `${key}: nothing names it there`);
		rows++;
	}
	same("media_uses", "all", "number of rows", rows, expected.size);
	return used;
}
