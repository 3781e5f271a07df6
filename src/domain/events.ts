import { z } from "zod";
import { BUCKETS, type Entry, type EntryKind, LOT_KINDS } from "./ledger.ts";
import { DIFFICULTIES, SOURCES, VISIBILITIES } from "./quiz.ts";

/**
 * What a log row can say. These schemas are the wire format between shards and the catalog, and the shape of every row
 * that a shard ever wrote: fields are added as optional ones, never changed or removed, and unknown ones are ignored.
 */

const count = z.int().min(0);
const time = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const attemptSubmitted = z.object({
	attempt: z.string(),
	quiz: z.string(),
	version: hash,
	version_number: z.int().min(1),
	/** 1 for the user's first attempt at the quiz; so takers can be counted as a sum. */
	number: z.int().min(1),
	score: count,
	max_score: z.int().min(1),
	percentage_bp: z.int().min(0).max(10_000),
	passed: z.boolean(),
	started_at: time.nullable(),
	time_taken_s: count.nullable(),
	/** SHA-256 of the canonical JSON of the answers, which stay in the shard. */
	answers_digest: hash,
	/** `[question id, chosen option or null, score, max, number of options]`, in the order of the version's questions. */
	items: z.array(z.tuple([z.string(), count.nullable(), count, z.int().min(1), count])),
});

const slice = z.tuple([z.string(), z.int().min(1)]);

const entry = z.object({
	/** Log row of the entry before, 0 for the first: the ledger's entries are a list within the log. */
	previous: count,
	balance_before: count,
	balance_after: count,
	postings: z.array(z.tuple([z.string(), z.enum(["granted", ...BUCKETS]), z.enum(BUCKETS), z.int().min(1)])),
	lot: z
		.object({
			id: z.string(),
			kind: z.enum(LOT_KINDS),
			amount: z.int().min(1),
			priority: count,
			effective_at: time,
			expires_at: time.nullable(),
			created_at: time,
			reference: z.string().nullable(),
		})
		.optional(),
	hold: z
		.object({ id: z.string(), amount: z.int().min(1), slices: z.array(slice), opened_at: time, expires_at: time })
		.optional(),
	closes: z.string().optional(),
	detail: z.record(z.string(), z.unknown()),
});

const quizSaved = z.object({ quiz: z.string(), revision: z.int().min(1), title: z.string(), content_hash: hash });

const quizPublished = z.object({
	quiz: z.string(),
	version: hash,
	version_number: z.int().min(1),
	/** Size of the content, which lies in R2 under `version`. */
	bytes: count,
	visibility: z.enum(VISIBILITIES),
	title: z.string(),
	description: z.string(),
	tags: z.array(z.string()),
	difficulty: z.enum(DIFFICULTIES),
	source: z.enum(SOURCES),
	questions: z.int().min(1),
	max_score: z.int().min(1),
	/** Of the first publication. */
	published_at: time,
});

/** Body of every kind of event. The ledger's kinds share one shape, so that any of them can be folded. */
export const EVENT_BODIES = {
	"shard.opened": z.object({ user: z.string(), tenant: z.string() }),
	"attempt.submitted": attemptSubmitted,
	"quiz.created": quizSaved,
	"quiz.revised": quizSaved,
	"quiz.published": quizPublished,
	"quiz.withdrawn": z.object({ quiz: z.string() }),
	"credits.granted": entry,
	"credits.activated": entry,
	"credits.held": entry,
	"credits.settled": entry,
	"credits.released": entry,
	"credits.hold_expired": entry,
	"credits.lot_expired": entry,
} as const satisfies Record<EntryKind, typeof entry> & Record<string, z.ZodType>;

export type EventKind = keyof typeof EVENT_BODIES;
export type EventBody<K extends EventKind> = z.output<(typeof EVENT_BODIES)[K]>;
export type EntryBody = z.output<typeof entry>;

/** An event whose body has been checked. */
export type LogEvent = {
	[K in EventKind]: { seq: number; at: number; actor: string; kind: K; subject: string; body: EventBody<K> };
}[EventKind];

export const isKind = (kind: string): kind is EventKind => Object.hasOwn(EVENT_BODIES, kind);

/** A log row as it travels. Its body is JSON that serialises to the very text that was hashed. */
export const wireRowSchema = z.object({
	seq: z.int().min(1),
	at: time,
	actor: z.string(),
	kind: z.string(),
	subject: z.string(),
	body: z.unknown(),
});
export type WireRow = z.output<typeof wireRowSchema>;

export const MESSAGE_VERSION = 1;

/** A contiguous run of one shard's log: rows `first` to `last`; `hash` is the chain's hash at `last`. */
export const messageSchema = z
	.object({
		v: z.literal(MESSAGE_VERSION),
		shard: z.string().min(1),
		first: z.int().min(1),
		last: z.int().min(1),
		hash,
		rows: z.array(z.unknown()).min(1),
	})
	.refine((message) => message.rows.length === message.last - message.first + 1, "rows are not first..last");
export type Message = z.output<typeof messageSchema>;

/** Reads one row of a message. @throws with the reason if the row, its kind or its body is not known. */
export function parseRow(row: unknown, seq: number): LogEvent {
	const { body, ...head } = wireRowSchema.parse(row);
	if (head.seq !== seq) throw new Error(`row says it is ${head.seq} at place ${seq}`);
	if (!isKind(head.kind)) throw new Error(`unknown kind ${head.kind}`);
	// The schema is the one of this very kind, so kind and body agree.
	return { ...head, body: EVENT_BODIES[head.kind].parse(body) } as LogEvent;
}

/** The ledger entry that a row of the log recorded; the inverse of {@link bodyOf}. */
export function entryOf(kind: EntryKind, subject: string, body: EntryBody): Entry {
	return {
		kind,
		subject,
		postings: body.postings,
		...(body.lot && { opensLot: body.lot }),
		...(body.hold && { opensHold: body.hold }),
		...(body.closes && { closesHold: body.closes }),
		detail: body.detail,
	};
}

/** How an entry stands in the log. */
export function bodyOf(entry: Entry, previous: number, balance_before: number, balance_after: number): EntryBody {
	return {
		previous,
		balance_before,
		balance_after,
		postings: entry.postings,
		...(entry.opensLot && { lot: entry.opensLot }),
		...(entry.opensHold && { hold: entry.opensHold }),
		...(entry.closesHold && { closes: entry.closesHold }),
		detail: entry.detail as Record<string, unknown>,
	};
}
