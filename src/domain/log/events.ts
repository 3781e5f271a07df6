import { z } from "zod";
import { ATTEMPT_BODIES } from "../attempts/events.ts";
import { LEDGER_BODIES } from "../credits/events.ts";
import { MEDIA_BODIES } from "../media/events.ts";
import { TENANT_BODIES } from "../people/events.ts";
import { AUTHORING_BODIES, QUIZ_BODIES } from "../quizzes/events.ts";
import { REACTION_BODIES } from "../reactions/events.ts";
import { COLLECTION_BODIES, SHARE_BODIES } from "../sharing/events.ts";
import type { LogRow } from "./chain.ts";
import { hash, MARKS_READER, time } from "./event-fields.ts";

/**
 * What a log row can say. These schemas are the wire format between shards and the catalog, and the shape of every row
 * that a shard ever wrote: fields are added as optional ones, never changed or removed, and unknown ones are ignored.
 */

/** Body of every kind of event. */
export const EVENT_BODIES = {
	"shard.opened": z.object({ user: z.string(), tenant: z.string() }),
	/** The one row of the log of a user who was erased. */
	"shard.erased": z.object({ erasure: z.string() }),
	...ATTEMPT_BODIES,
	...QUIZ_BODIES,
	...LEDGER_BODIES,
	...AUTHORING_BODIES,
	...COLLECTION_BODIES,
	...SHARE_BODIES,
	...REACTION_BODIES,
	...MEDIA_BODIES,
	...TENANT_BODIES,
} as const satisfies Record<string, z.ZodType>;

export type EventKind = keyof typeof EVENT_BODIES;
export type EventBody<K extends EventKind> = z.output<(typeof EVENT_BODIES)[K]>;

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
export const READER_VERSION = MARKS_READER;

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
