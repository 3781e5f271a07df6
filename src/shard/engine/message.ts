import { utf8Bytes } from "../../domain/canonical.ts";
import { hex, type LogRow } from "../../domain/log/chain.ts";
import { MESSAGE_VERSION, type Message, type WireRow } from "../../domain/log/events.ts";
import { MESSAGE_BYTES_MAX, MESSAGE_EVENTS_MAX, TRACE_BYTES_MAX } from "../../domain/log/limits.ts";

/** A row of the log with the chain's hash at it. */
export type HashedRow = LogRow & { hash: ArrayBuffer | Uint8Array };

/** Of a message, apart from its rows: its envelope, and the requests that wrote the rows. */
const WIRE_OVERHEAD_BYTES = 300 + TRACE_BYTES_MAX;

/** The message of the first of these rows, which follow one another, as many as fit into one. Null if there are none. */
export function messageOf(shard: string, stored: Iterable<HashedRow>): Message | null {
	const rows: WireRow[] = [];
	let hash: HashedRow["hash"] | null = null;
	let bytes = WIRE_OVERHEAD_BYTES;
	for (const row of stored) {
		bytes += wireBytes(row);
		if (rows.length > 0 && (bytes > MESSAGE_BYTES_MAX || rows.length === MESSAGE_EVENTS_MAX)) break;
		const { seq, at, actor, kind, subject, body } = row;
		rows.push({ seq, at, actor, kind, subject, body: JSON.parse(body) });
		hash = row.hash;
	}
	const [first, last] = [rows[0], rows.at(-1)];
	if (!first || !last || !hash) return null;
	return { v: MESSAGE_VERSION, shard, first: first.seq, last: last.seq, hash: hex(new Uint8Array(hash)), rows };
}

/** Length of the row within a message as JSON, whose body is JSON already. */
export function wireBytes({ seq, at, actor, kind, subject, body }: LogRow): number {
	return utf8Bytes(JSON.stringify({ seq, at, actor, kind, subject, body: 0 })) + utf8Bytes(body);
}

/**
 * The last rows of a log as they were written, so that they need not be read again to be sent: without a gap, and no more
 * than fit into a message. Only a cache of the table.
 */
export class Tail {
	#rows: HashedRow[] = [];
	#bytes = 0;

	clear(): void {
		this.#rows = [];
		this.#bytes = 0;
	}

	push(row: HashedRow): void {
		const bytes = wireBytes(row);
		if (this.#rows.length === MESSAGE_EVENTS_MAX || this.#bytes + bytes > MESSAGE_BYTES_MAX) this.clear();
		this.#rows.push(row);
		this.#bytes += bytes;
	}

	/** The rows after row `seq`; null where not all of them are here. */
	after(seq: number): readonly HashedRow[] | null {
		const first = this.#rows[0];
		return first && first.seq <= seq + 1 ? this.#rows.slice(seq + 1 - first.seq) : null;
	}
}
