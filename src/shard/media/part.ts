import type { MediaKind } from "../../domain/media/events.ts";
import { type Image, mediaIn } from "../../domain/media/media.ts";
import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import { type Part, partOf } from "../engine/part.ts";
import type { Sql } from "../engine/sql.ts";
import { values } from "../engine/table.ts";
import { Difference, same, sameColumns, sameJson } from "../verification/difference.ts";
import { MEDIUM_COLUMNS, Media } from "./store.ts";

interface MediumRecord extends Image {
	seq: number;
	added_at: number;
	unused_since: number | null;
}

/** By hash. */
type MediaState = Map<string, MediumRecord>;

function use(known: MediaState, media: readonly string[], unused_since: number | null): void {
	for (const hash of media) Object.assign(known.get(hash) ?? {}, { unused_since });
}

export const mediaPart: Part<MediaKind, MediaState, { media: Media }> = partOf({
	tables: {
		media: {
			key: ["seq"],
			columns: values("seq", "hash", "type", "bytes", "width", "height", "added_at", "unused_since"),
		},
		media_uses: { key: ["quiz", "version", "media"], columns: values("quiz", "version", "media") },
		media_totals: { key: ["one"], columns: values("one", "items", "bytes") },
	},
	stores: (sql, log) => ({ media: new Media(sql, log) }),
	timed: ({ media }) => media,
	begin: () => new Map(),
	rows: {
		"media.added": (known, { body, seq, at }) =>
			void known.set(body.media, { ...body, seq, added_at: at, unused_since: at }),
		"media.used": (known, { body }) => use(known, body.media, null),
		"media.unused": (known, { body, at }) => use(known, body.media, at),
		"media.removed": (known, { body }) => void known.delete(body.media),
	},
	compare: ({ sql }, known) => compareMedia(sql, known),
});

/**
 * Media against the log, and their uses against the contents of drafts and versions, which have been compared before.
 * @throws Difference
 */
function compareMedia(sql: Sql, known: MediaState): void {
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
