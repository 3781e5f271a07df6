import { z } from "zod";
import { LEDGER_BODIES } from "../credits/events.ts";
import type { Account, Entry, EntryKind } from "../credits/ledger.ts";
import { MEDIA_BODIES } from "../media/events.ts";
import { AUTHORING_BODIES, QUIZ_BODIES } from "../quizzes/events.ts";
import { COLLECTION_BODIES, SHARE_BODIES } from "../sharing/events.ts";
import type { LogRow } from "./chain.ts";
import { count, hash, time } from "./event-fields.ts";

/**
 * What a log row can say. These schemas are the wire format between shards and the catalog, and the shape of every row
 * that a shard ever wrote: fields are added as optional ones, never changed or removed, and unknown ones are ignored.
 */

const attemptSubmitted = z.object({
	attempt: z.string(),
	quiz: z.string(),
	version: hash,
	version_number: z.int().min(1),
	/** Of that version, so that the taker's attempts say what they were about whatever becomes of the quiz. Absent in older rows. */
	title: z.string().optional(),
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
	/**
	 * `[question id, choice, score, max, number of options]`, in the order of the version's questions. A choice is the index of
	 * the chosen option, a list of indices where several may be chosen, or null of a blank answer. An answer that is no choice
	 * of options has 0 for its choice and 0 options; what it says is in the shard alone.
	 */
	items: z.array(z.tuple([z.string(), z.union([count, z.array(count)]).nullable(), count, z.int().min(1), count])),
	/**
	 * Which of the user's attempts at the quiz it is among those that count in statistics, 0 where it does not count. Absent: all
	 * of them did, and it is `number`.
	 */
	counted: count.optional(),
	/** Where the taker is not told the marks of each question. */
	question_marks: z.literal("hidden").optional(),
});

const reaction = z.object({ quiz: z.string() });

/** Body of every kind of event. */
export const EVENT_BODIES = {
	"shard.opened": z.object({ user: z.string(), tenant: z.string() }),
	"attempt.submitted": attemptSubmitted,
	...QUIZ_BODIES,
	...LEDGER_BODIES,
	...AUTHORING_BODIES,
	...COLLECTION_BODIES,
	...SHARE_BODIES,
	"quiz.favorited": reaction,
	"quiz.unfavorited": reaction,
	"quiz.liked": reaction,
	"quiz.unliked": reaction,
	...MEDIA_BODIES,
} as const satisfies Record<string, z.ZodType>;

export type EventKind = keyof typeof EVENT_BODIES;
export type EventBody<K extends EventKind> = z.output<(typeof EVENT_BODIES)[K]>;
export type EntryBody = EventBody<EntryKind>;

/** An event whose body has been checked. */
export type LogEvent<K extends EventKind = EventKind> = {
	[P in K]: { seq: number; at: number; actor: string; kind: P; subject: string; body: EventBody<P> };
}[K];

const isKind = (kind: string): kind is EventKind => Object.hasOwn(EVENT_BODIES, kind);

/** A log row as it travels. Its body is JSON that serialises to the very text that was hashed. */
const wireRowSchema = z.object({
	seq: z.int().min(1),
	at: time,
	actor: z.string(),
	kind: z.string(),
	subject: z.string(),
	body: z.unknown(),
});
export type WireRow = z.output<typeof wireRowSchema>;

export const MESSAGE_VERSION = 1;

/**
 * Rows that need a later reader than this one cannot be read yet. A row says in its body, as `reader`, which it needs; most say
 * nothing, and need the first. It stands in the body because that is hashed, stored and sent as it is by every release.
 * docs/replication.md says when a row must say it.
 */
export const READER_VERSION = 1;

/** A contiguous run of one shard's log: rows `first` to `last`; `hash` is the chain's hash at `last`. */
export const messageSchema = z
	.object({
		v: z.literal(MESSAGE_VERSION),
		shard: z.string().min(1),
		first: z.int().min(1),
		last: z.int().min(1),
		hash,
		rows: z.array(z.unknown()).min(1),
		/** The requests that wrote the rows, as far as the sender still knows. For log lines only. */
		request_ids: z.array(z.string()).optional(),
	})
	.refine((message) => message.rows.length === message.last - message.first + 1, "rows are not first..last");
export type Message = z.output<typeof messageSchema>;

/** What a message is to this code: one of a later version is not broken, but for the next release. */
export type MessageReading =
	| { status: "read"; message: Message }
	| { status: "ahead"; needs: string }
	| { status: "unreadable"; error: string };

const envelopeSchema = z.object({ v: z.int().min(1) });

export function readMessage(body: unknown): MessageReading {
	const envelope = envelopeSchema.safeParse(body);
	if (envelope.success && envelope.data.v > MESSAGE_VERSION) {
		return { status: "ahead", needs: `message version ${envelope.data.v}` };
	}
	const { success, data, error } = messageSchema.safeParse(body);
	return success ? { status: "read", message: data } : { status: "unreadable", error: z.prettifyError(error) };
}

/** What a row is to this code: an event, a row that a later release wrote and reads, or one that no release will read. */
export type RowReading =
	| { status: "read"; event: LogEvent }
	| { status: "ahead"; needs: string }
	| { status: "poison"; error: string };

const UNKNOWN_KIND = "unknown kind ";

/** Reads the row of a message that must be row `seq`. */
export function readRow(row: unknown, seq: number): RowReading {
	const { success, data, error } = wireRowSchema.safeParse(row);
	if (!success) return { status: "poison", error: String(error) };
	if (data.seq !== seq) return { status: "poison", error: `row says it is ${data.seq} at place ${seq}` };
	return readEvent(data);
}

/** Reads a row of the log. A kind that this code does not know is one of a later release; of those that it knows none is left out. */
export function readEvent({ body, ...head }: WireRow): RowReading {
	const needs = needsOf(head.kind, body);
	if (needs !== null || !isKind(head.kind)) return { status: "ahead", needs: needs ?? head.kind };
	const parsed = EVENT_BODIES[head.kind].safeParse(body);
	if (!parsed.success) return { status: "poison", error: String(parsed.error) };
	// The schema is the one of this very kind, so kind and body agree.
	return { status: "read", event: { ...head, body: parsed.data } as LogEvent };
}

/** What a row needs that this code is not; null if it can be read. */
function needsOf(kind: string, body: unknown): string | null {
	const reader = readerOf(body);
	if (reader > READER_VERSION) return `reader ${reader}`;
	return isKind(kind) ? null : `${UNKNOWN_KIND}${kind}`;
}

/** A row of a message as it was hashed; null if it has not even the shape of one. */
export function rowAsHashed(row: unknown): LogRow | null {
	const { success, data } = wireRowSchema.safeParse(row);
	return success ? { ...data, body: JSON.stringify(data.body) } : null;
}

function readerOf(body: unknown): number {
	const isSaid = typeof body === "object" && body !== null && "reader" in body && typeof body.reader === "number";
	return isSaid ? Number(body.reader) : 1;
}

/** The ledger entry that a row of the log recorded; the inverse of {@link entryBodyOf}. */
export function entryOf<K extends EntryKind>(kind: K, subject: string, body: EventBody<K>): Entry<K> {
	const { previous: _p, balance_before: _b, balance_after: _a, totals: _t, ...entry } = body;
	// zod writes optional members as `T | undefined`; JSON has no undefined, so a member that is there has a value.
	return { kind, subject, ...entry } as Entry<K>;
}

/** How an entry stands in the log: with the entry before it, and the balance and totals around it. */
export function entryBodyOf(
	{ kind: _kind, subject: _subject, ...entry }: Entry,
	before: Account,
	after: Account,
): EntryBody {
	const { granted, available, held, consumed, expired, voided } = after.totals;
	return {
		previous: before.last_entry,
		balance_before: before.totals.available,
		balance_after: available,
		totals: [granted, available, held, consumed, expired, voided],
		...entry,
	};
}
